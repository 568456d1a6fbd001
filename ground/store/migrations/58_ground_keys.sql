-- +goose Up
-- The public keys of the ground whose database this is: tablets trust no others. One row.
CREATE TABLE ground_keys (
    n         BIGINT PRIMARY KEY CHECK (n = 1),
    sign_key  ${BYTES} NOT NULL,
    agree_key ${BYTES} NOT NULL,
    at        ${TS} NOT NULL
);
