-- +goose Up
CREATE TABLE loops (
    id         ${UUID} PRIMARY KEY,
    case_id    ${UUID} NOT NULL,
    person_id  ${UUID} NOT NULL,
    state      ${TEXT} NOT NULL,
    flagged_by ${TEXT} NOT NULL,
    flagged_at ${TS},
    expires_at ${TS},
    flight_id  ${BYTES} NOT NULL,
    event      BOOLEAN NOT NULL,
    edits      ${JSON} NOT NULL,
    outcome    ${JSON} NOT NULL,
    end_reason ${TEXT} NOT NULL,
    ended_at   ${TS}
);
CREATE INDEX loops_case ON loops (case_id, flagged_at);
CREATE INDEX loops_person ON loops (person_id, flagged_at);
CREATE INDEX loops_state ON loops (state, flagged_at);
CREATE INDEX loops_flagged ON loops (flagged_at);

CREATE TABLE loop_flights (
    loop_id    ${UUID} NOT NULL REFERENCES loops DEFERRABLE INITIALLY DEFERRED,
    flight_id  ${BYTES} NOT NULL,
    traveller  BIGINT NOT NULL,
    author     BIGINT NOT NULL,
    seq        BIGINT NOT NULL,
    hash       ${BYTES} NOT NULL,
    retracted  ${TEXT} NOT NULL,
    moved_from ${BYTES} NOT NULL,
    created_at ${TS},
    outcome    ${TEXT} NOT NULL,
    PRIMARY KEY (loop_id, flight_id)
);
CREATE INDEX loop_flights_flight ON loop_flights (flight_id, author, seq);

CREATE TABLE transitions (
    loop_id  ${UUID} NOT NULL REFERENCES loops DEFERRABLE INITIALLY DEFERRED,
    seq      BIGINT NOT NULL,
    at       ${TS} NOT NULL,
    role     ${TEXT} NOT NULL,
    state    ${TEXT} NOT NULL,
    evidence ${TEXT} NOT NULL,
    PRIMARY KEY (loop_id, seq)
);
