-- +goose Up
CREATE TABLE flights (
    id          ${BYTES} PRIMARY KEY,
    carrier     ${TEXT} NOT NULL,
    number      INTEGER NOT NULL,
    suffix      ${TEXT} NOT NULL,
    date        ${TEXT} NOT NULL,
    departure   ${TEXT} NOT NULL,
    attempt     INTEGER NOT NULL,
    arrival     ${TEXT} NOT NULL,
    std         ${TS},
    sta         ${TS},
    stage       ${TEXT} NOT NULL,
    movement    ${TEXT} NOT NULL,
    moved_at    ${TS},
    on_block_at ${TS},
    closed_at   ${TS},
    sealed_at   ${TS},
    list_at     ${TS},
    list_doubt  ${TEXT} NOT NULL,
    ana         BIGINT NOT NULL,
    revision    BIGINT NOT NULL,
    UNIQUE (carrier, number, suffix, date, departure, attempt)
);
CREATE INDEX flights_std ON flights (std);
CREATE INDEX flights_number ON flights (carrier, number, std);

CREATE TABLE travellers (
    flight_id  ${BYTES} NOT NULL REFERENCES flights DEFERRABLE INITIALLY DEFERRED,
    no         BIGINT NOT NULL,
    person_id  ${UUID} NOT NULL,
    source_key ${TEXT} NOT NULL,
    surname    ${TEXT} NOT NULL,
    given      ${TEXT} NOT NULL,
    title      ${TEXT} NOT NULL,
    seat       ${TEXT} NOT NULL,
    tier       ${TEXT} NOT NULL,
    cabin      ${TEXT} NOT NULL,
    minor      BOOLEAN NOT NULL,
    unsure     BOOLEAN NOT NULL,
    removed    BOOLEAN NOT NULL,
    no_show    BOOLEAN NOT NULL,
    assistance ${JSON},
    onward     ${TEXT} NOT NULL,
    PRIMARY KEY (flight_id, no)
);
CREATE INDEX travellers_person ON travellers (person_id);

CREATE TABLE receipts (
    key ${TEXT} PRIMARY KEY,
    at  ${TS} NOT NULL
);

CREATE TABLE event_notes (
    flight_id ${BYTES} NOT NULL REFERENCES flights DEFERRABLE INITIALLY DEFERRED,
    author    BIGINT NOT NULL,
    seq       BIGINT NOT NULL,
    origin    ${TEXT} NOT NULL,
    loops     ${JSON},
    PRIMARY KEY (flight_id, author, seq)
);
