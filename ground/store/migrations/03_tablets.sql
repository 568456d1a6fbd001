-- +goose Up
CREATE TABLE tablets (
    id           ${UUID} PRIMARY KEY,
    name         ${TEXT} NOT NULL UNIQUE,
    public_key   ${BYTES},
    token_hash   ${BYTES},
    created_at   ${TS},
    enrolled_at  ${TS},
    revoked_at   ${TS},
    lost_at      ${TS},
    last_seen_at ${TS}
);
CREATE UNIQUE INDEX tablets_token ON tablets (token_hash) WHERE token_hash IS NOT NULL;

CREATE TABLE enrol_codes (
    hash       ${BYTES} PRIMARY KEY,
    tablet_id  ${UUID} NOT NULL REFERENCES tablets DEFERRABLE INITIALLY DEFERRED,
    expires_at ${TS},
    used_at    ${TS}
);

CREATE TABLE roster (
    flight_id ${BYTES} NOT NULL REFERENCES flights DEFERRABLE INITIALLY DEFERRED,
    tablet_id ${UUID} NOT NULL REFERENCES tablets DEFERRABLE INITIALLY DEFERRED,
    role      ${TEXT} NOT NULL,
    zone      ${TEXT} NOT NULL,
    removed   BOOLEAN NOT NULL,
    at        ${TS},
    PRIMARY KEY (flight_id, tablet_id)
);
CREATE INDEX roster_tablet ON roster (tablet_id);
