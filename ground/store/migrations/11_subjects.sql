-- +goose Up
ALTER TABLE travellers ADD COLUMN erased BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX travellers_erased ON travellers (flight_id) WHERE erased;

CREATE TABLE holds (
    person_id ${UUID} PRIMARY KEY,
    reason    ${TEXT} NOT NULL,
    set_by    ${TEXT} NOT NULL,
    at        ${TS}
);

CREATE TABLE ledger (
    id  INTEGER PRIMARY KEY,
    key ${BYTES} NOT NULL
);

CREATE TABLE erasures (
    hash       ${BYTES} PRIMARY KEY,
    kind       ${TEXT} NOT NULL,
    ordered_by ${TEXT} NOT NULL,
    at         ${TS}
);

CREATE TABLE erasure_flights (
    erasure    ${BYTES} NOT NULL,
    flight_id  ${BYTES} NOT NULL,
    travellers ${JSON},
    notes      ${JSON},
    author     BIGINT NOT NULL,
    seq        BIGINT NOT NULL,
    done_at    ${TS},
    PRIMARY KEY (erasure, flight_id)
);
CREATE INDEX erasure_flights_open ON erasure_flights (flight_id) WHERE done_at IS NULL;

CREATE TABLE tombstones (
    kind      ${TEXT} NOT NULL,
    hash      ${BYTES} NOT NULL,
    flight_id ${BYTES} NOT NULL,
    PRIMARY KEY (kind, hash)
);
CREATE INDEX tombstones_flight ON tombstones (flight_id);

CREATE INDEX posts_author ON posts (channel, author_id);
CREATE INDEX posts_raw ON posts (arrived_at) WHERE raw IS NOT NULL;
