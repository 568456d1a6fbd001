-- +goose Up
-- Which message each fact of a list is from. Empty for what was written before.
ALTER TABLE flights ADD COLUMN list_facts ${JSON};
ALTER TABLE travellers ADD COLUMN facts ${JSON};
