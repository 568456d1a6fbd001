-- +goose Up
-- An index by three letters, where the server has the module and lets this user create it (it is
-- part of PostgreSQL's contrib); elsewhere a search reads all words.
-- +goose StatementBegin
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX post_words_search ON post_words USING gin (words gin_trgm_ops);
EXCEPTION WHEN undefined_file OR feature_not_supported OR insufficient_privilege OR invalid_schema_name OR undefined_object THEN
    RAISE NOTICE 'pg_trgm is not to be had; searches read all words';
END;
$$;
-- +goose StatementEnd
