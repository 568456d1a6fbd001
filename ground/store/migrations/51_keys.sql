-- +goose Up
-- The old column held another form of the key: a tablet enrols again.
ALTER TABLE tablets RENAME COLUMN public_key TO sign_key;
UPDATE tablets SET sign_key = NULL;
ALTER TABLE tablets ADD COLUMN agree_key ${BYTES};

CREATE TABLE flight_keys (
    flight_id ${BYTES} PRIMARY KEY REFERENCES flights DEFERRABLE INITIALLY DEFERRED,
    key       ${BYTES} NOT NULL
);
