-- +goose Up
-- Which message each movement and part of the schedule is from. Empty for what was written before.
ALTER TABLE flights ADD COLUMN told ${JSON};
