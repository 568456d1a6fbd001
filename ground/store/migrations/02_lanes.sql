-- +goose Up
CREATE TABLE ops (
    flight_id   ${BYTES} NOT NULL REFERENCES flights DEFERRABLE INITIALLY DEFERRED,
    author      BIGINT NOT NULL,
    seq         BIGINT NOT NULL,
    kind        BIGINT NOT NULL,
    traveller   BIGINT NOT NULL,
    head        ${BYTES} NOT NULL,
    body        ${BYTES},
    commit_hash ${BYTES} NOT NULL,
    PRIMARY KEY (flight_id, author, seq)
);

CREATE TABLE flight_state (
    flight_id ${BYTES} PRIMARY KEY REFERENCES flights DEFERRABLE INITIALLY DEFERRED,
    state     ${BYTES} NOT NULL
);

CREATE TABLE crossings (
    flight_id   ${BYTES} NOT NULL,
    author      BIGINT NOT NULL,
    tablet_id   ${UUID} NOT NULL,
    incarnation ${BYTES} NOT NULL,
    first_at    ${TS},
    last_at     ${TS},
    issued      BIGINT NOT NULL,
    on_ground   BIGINT NOT NULL,
    have        ${BYTES},
    PRIMARY KEY (flight_id, author)
);

CREATE TABLE gestures (
    flight_id ${BYTES} NOT NULL,
    author    BIGINT NOT NULL,
    seq       BIGINT NOT NULL,
    loop_id   ${UUID} NOT NULL,
    person_id ${UUID} NOT NULL,
    code      ${TEXT} NOT NULL,
    quantity  BIGINT NOT NULL,
    at        ${TS},
    voided    BOOLEAN NOT NULL,
    PRIMARY KEY (flight_id, author, seq)
);
CREATE INDEX gestures_loop ON gestures (loop_id);
