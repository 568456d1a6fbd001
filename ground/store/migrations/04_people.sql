-- +goose Up
CREATE TABLE persons (
    id          ${UUID} PRIMARY KEY,
    customer_id ${TEXT} NOT NULL,
    surname     ${TEXT} NOT NULL,
    given       ${TEXT} NOT NULL,
    title       ${TEXT} NOT NULL,
    tier        ${TEXT} NOT NULL,
    erased_at   ${TS}
);
CREATE UNIQUE INDEX persons_customer ON persons (customer_id) WHERE customer_id <> '';

CREATE TABLE accounts (
    channel   ${TEXT} NOT NULL,
    id        ${TEXT} NOT NULL,
    person_id ${UUID} NOT NULL REFERENCES persons DEFERRABLE INITIALLY DEFERRED,
    place     INTEGER NOT NULL,
    PRIMARY KEY (channel, id)
);
CREATE INDEX accounts_person ON accounts (person_id);

CREATE TABLE consents (
    id        ${SERIAL},
    person_id ${UUID} NOT NULL,
    answer    ${TEXT} NOT NULL,
    words     ${TEXT} NOT NULL,
    asker     ${TEXT} NOT NULL,
    at        ${TS}
);
CREATE INDEX consents_person ON consents (person_id, at, id);
