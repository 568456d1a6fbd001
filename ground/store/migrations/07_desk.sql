-- +goose Up
CREATE TABLE desk_items (
    id        ${SERIAL},
    loop_id   ${UUID} NOT NULL,
    case_id   ${UUID} NOT NULL,
    reason    ${TEXT} NOT NULL,
    detail    ${JSON},
    deadline  ${TS},
    opened_at ${TS},
    done_at   ${TS},
    decision  ${TEXT} NOT NULL,
    decided_by ${TEXT} NOT NULL
);
CREATE INDEX desk_items_open ON desk_items (deadline) WHERE done_at IS NULL;
CREATE INDEX desk_items_loop ON desk_items (loop_id);
