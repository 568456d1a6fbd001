-- +goose Up
-- What a search looks through, by three letters. Triggers keep it in step with post_words, whoever
-- changes that; secure-delete leaves nothing of a deleted row in the index.
CREATE VIRTUAL TABLE post_search USING fts5 (words, content = 'post_words', content_rowid = 'post_id', detail = 'none', tokenize = 'trigram case_sensitive 1');
INSERT INTO post_search (post_search, rank) VALUES ('secure-delete', 1);
INSERT INTO post_search (post_search) VALUES ('rebuild');

-- +goose StatementBegin
CREATE TRIGGER post_words_added AFTER INSERT ON post_words BEGIN
    INSERT INTO post_search (rowid, words) VALUES (NEW.post_id, NEW.words);
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER post_words_gone AFTER DELETE ON post_words BEGIN
    INSERT INTO post_search (post_search, rowid, words) VALUES ('delete', OLD.post_id, OLD.words);
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER post_words_changed AFTER UPDATE ON post_words BEGIN
    INSERT INTO post_search (post_search, rowid, words) VALUES ('delete', OLD.post_id, OLD.words);
    INSERT INTO post_search (rowid, words) VALUES (NEW.post_id, NEW.words);
END;
-- +goose StatementEnd
