-- +goose Up
-- Each row is one restore of this database from a backup.
CREATE TABLE restores (
    n  ${SERIAL},
    at ${TS} NOT NULL
);

ALTER TABLE flights ADD COLUMN restores BIGINT NOT NULL DEFAULT 0;
ALTER TABLE flights ADD COLUMN author_floor BIGINT NOT NULL DEFAULT 0;
