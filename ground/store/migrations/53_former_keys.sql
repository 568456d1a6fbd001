-- +goose Up
-- The sign keys that devices had before: what they signed still comes home.
CREATE TABLE former_keys (
    sign_key  ${BYTES} PRIMARY KEY,
    tablet_id ${UUID} NOT NULL REFERENCES tablets DEFERRABLE INITIALLY DEFERRED,
    why       ${TEXT} NOT NULL,
    ended_at  ${TS}
);
CREATE INDEX tablets_sign_key ON tablets (sign_key);

ALTER TABLE crossings ADD COLUMN settled_at ${TS};
ALTER TABLE crossings ADD COLUMN settled_why ${TEXT} NOT NULL DEFAULT '';
ALTER TABLE crossings ADD COLUMN reviewed BIGINT NOT NULL DEFAULT 0;
