-- +goose Up
CREATE TABLE users (
    id          ${SERIAL},
    name        ${TEXT} NOT NULL UNIQUE,
    roles       ${JSON},
    hash        ${TEXT} NOT NULL,
    lang        ${TEXT} NOT NULL,
    must_change BOOLEAN NOT NULL,
    disabled    BOOLEAN NOT NULL,
    created_at  ${TS}
);

CREATE TABLE sessions (
    token_hash ${BYTES} PRIMARY KEY,
    data       ${BYTES} NOT NULL,
    expires_at ${TS} NOT NULL
);
CREATE INDEX sessions_expires ON sessions (expires_at);
