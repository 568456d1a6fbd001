-- +goose Up
-- Flights that somebody still waits for, however old they are.
CREATE INDEX flights_unfinished ON flights (std) WHERE stage IN ('open', 'closed');
