-- +goose Up
CREATE TABLE followups (
    id        ${SERIAL},
    loop_id   ${UUID} NOT NULL,
    case_id   ${UUID} NOT NULL,
    flight_id ${BYTES} NOT NULL,
    cause     ${TEXT} NOT NULL,
    queue     ${TEXT} NOT NULL,
    group_key ${TEXT} NOT NULL,
    deadline  ${TS},
    escalated BOOLEAN NOT NULL,
    evidence  ${TEXT} NOT NULL,
    opened_at ${TS},
    closed_at ${TS},
    closed_by ${TEXT} NOT NULL,
    result    ${TEXT} NOT NULL,
    UNIQUE (loop_id, flight_id, cause)
);
CREATE INDEX followups_open ON followups (deadline) WHERE closed_at IS NULL;
CREATE INDEX followups_flight ON followups (flight_id);
