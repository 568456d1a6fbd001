-- +goose Up
CREATE TABLE cases (
    id           ${UUID} PRIMARY KEY,
    channel      ${TEXT} NOT NULL,
    account_id   ${TEXT} NOT NULL,
    author_name  ${TEXT} NOT NULL,
    handle       ${TEXT} NOT NULL,
    topic        ${TEXT} NOT NULL,
    severity     INTEGER NOT NULL,
    lang         ${TEXT} NOT NULL,
    negative     BOOLEAN NOT NULL,
    because      ${JSON},
    flight       ${TEXT} NOT NULL,
    day          ${TEXT} NOT NULL,
    status       ${TEXT} NOT NULL,
    opened_at    ${TS},
    last_post_at ${TS},
    due_at       ${TS},
    closed_at    ${TS},
    posts        BIGINT NOT NULL,
    excerpt      ${TEXT} NOT NULL,
    held         ${JSON},
    flagged      BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX cases_newest ON cases (last_post_at, id);
CREATE INDEX cases_status ON cases (status, last_post_at, id);
CREATE INDEX cases_negative ON cases (status, negative, last_post_at, id);
CREATE INDEX cases_topic ON cases (topic, status, lang, last_post_at, id);
CREATE INDEX cases_lang ON cases (lang, status, last_post_at, id);
CREATE INDEX cases_flagged ON cases (flagged, status, last_post_at, id);
CREATE INDEX cases_account ON cases (channel, account_id, last_post_at, id);

CREATE TABLE posts (
    id              ${SERIAL},
    channel         ${TEXT} NOT NULL,
    external_id     ${TEXT} NOT NULL,
    conversation_id ${TEXT} NOT NULL,
    author_id       ${TEXT} NOT NULL,
    author_name     ${TEXT} NOT NULL,
    author_handle   ${TEXT} NOT NULL,
    text            ${TEXT} NOT NULL,
    lang            ${TEXT} NOT NULL,
    created_at      ${TS},
    in_reply_to     ${TEXT} NOT NULL,
    url             ${TEXT} NOT NULL,
    raw             ${BYTES},
    case_id         ${UUID} NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    arrived_at      ${TS},
    UNIQUE (channel, external_id)
);
CREATE INDEX posts_case ON posts (case_id, created_at, id);

CREATE TABLE post_words (
    post_id BIGINT PRIMARY KEY REFERENCES posts DEFERRABLE INITIALLY DEFERRED,
    case_id ${UUID} NOT NULL,
    words   ${TEXT} NOT NULL
);
CREATE INDEX post_words_case ON post_words (case_id);

CREATE TABLE replies (
    id          ${SERIAL},
    case_id     ${UUID} NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    text        ${TEXT} NOT NULL,
    none_reason ${TEXT} NOT NULL,
    sent_by     ${TEXT} NOT NULL,
    at          ${TS}
);
CREATE INDEX replies_case ON replies (case_id);

CREATE TABLE links (
    case_id   ${UUID} NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    person_id ${UUID} NOT NULL,
    score     DOUBLE PRECISION NOT NULL,
    reasons   ${JSON},
    state     ${TEXT} NOT NULL,
    decided_by ${TEXT} NOT NULL,
    at        ${TS},
    PRIMARY KEY (case_id, person_id)
);
CREATE INDEX links_person ON links (person_id);
