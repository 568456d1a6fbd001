-- +goose Up
CREATE TABLE changes (
    seq   ${SERIAL},
    topic ${TEXT} NOT NULL,
    ref   ${TEXT} NOT NULL,
    at    ${TS} NOT NULL
);
CREATE INDEX changes_at ON changes (at);

CREATE TABLE audit (
    seq    ${SERIAL},
    at     ${TS} NOT NULL,
    actor  ${TEXT} NOT NULL,
    role   ${TEXT} NOT NULL,
    act    ${TEXT} NOT NULL,
    object ${TEXT} NOT NULL,
    result ${TEXT} NOT NULL
);
CREATE INDEX audit_object ON audit (object, seq);
