-- +goose Up
-- Each row is one running program of this ground and the time by its clock, milliseconds since 1970.
CREATE TABLE nodes (
    node ${TEXT} PRIMARY KEY,
    at   BIGINT NOT NULL,
    n    BIGINT NOT NULL, -- beats so far
    seq  BIGINT NOT NULL  -- the lower, the longer its clock has stood
);
