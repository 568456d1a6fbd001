-- +goose Up
CREATE TABLE answers (
    id       ${SERIAL},
    key      ${TEXT} NOT NULL UNIQUE,
    lang     ${TEXT} NOT NULL,
    topic    ${TEXT} NOT NULL,
    question ${TEXT} NOT NULL,
    answer   ${TEXT} NOT NULL,
    terms    ${JSON},
    at       ${TS}
);
CREATE INDEX answers_lang ON answers (lang);

CREATE TABLE answer_terms (
    lang      ${TEXT} NOT NULL,
    term      ${TEXT} NOT NULL,
    answer_id BIGINT NOT NULL REFERENCES answers DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (lang, term, answer_id)
);
