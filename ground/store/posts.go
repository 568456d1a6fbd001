package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

type postRow struct {
	bun.BaseModel  `bun:"table:posts"`
	ID             int64     `bun:"id,pk,autoincrement"`
	Channel        string    `bun:"channel"`
	ExternalID     string    `bun:"external_id"`
	ConversationID string    `bun:"conversation_id"`
	AuthorID       string    `bun:"author_id"`
	AuthorName     string    `bun:"author_name"`
	AuthorHandle   string    `bun:"author_handle"`
	Text           string    `bun:"text"`
	Lang           string    `bun:"lang"`
	CreatedAt      time.Time `bun:"created_at,nullzero"`
	InReplyTo      string    `bun:"in_reply_to"`
	URL            string    `bun:"url"`
	Raw            []byte    `bun:"raw"`
	Case           uuid.UUID `bun:"case_id"`
	ArrivedAt      time.Time `bun:"arrived_at,nullzero"`
}

func (r postRow) noun() ground.StoredPost {
	return ground.StoredPost{Post: passenger.Post{Channel: passenger.Channel(r.Channel), ExternalID: r.ExternalID, ConversationID: r.ConversationID,
		AuthorID: r.AuthorID, AuthorName: r.AuthorName, AuthorHandle: r.AuthorHandle, Text: r.Text, Lang: r.Lang, CreatedAt: utc(r.CreatedAt),
		InReplyTo: r.InReplyTo, URL: r.URL, Raw: r.Raw}, Case: r.Case, ArrivedAt: utc(r.ArrivedAt)}
}

// wordsRow is what a search looks through: apart from the post, so that it passes over little.
type wordsRow struct {
	bun.BaseModel `bun:"table:post_words"`
	Post          int64     `bun:"post_id,pk"`
	Case          uuid.UUID `bun:"case_id"`
	Words         string    `bun:"words"` // folded text, name and handle
}

// InsertPost implements [ground.Posts].
func (t *tx) InsertPost(ctx context.Context, p ground.StoredPost) (bool, error) {
	const op = "store.InsertPost"
	id, err := t.insertID(ctx, op, "id", &postRow{Channel: string(p.Channel), ExternalID: p.ExternalID, ConversationID: p.ConversationID,
		AuthorID: p.AuthorID, AuthorName: p.AuthorName, AuthorHandle: p.AuthorHandle, Text: p.Text, Lang: p.Lang, CreatedAt: micro(p.CreatedAt),
		InReplyTo: p.InReplyTo, URL: p.URL, Raw: some(p.Raw), Case: p.Case, ArrivedAt: micro(p.ArrivedAt)})
	if err != nil || id == 0 {
		return false, err
	}
	words := fold(p.Text) + "\n" + fold(p.AuthorName) + "\n" + fold(p.AuthorHandle)
	_, err = t.NewInsert().Model(&wordsRow{Post: id, Case: p.Case, Words: words}).Returning("NULL").Exec(ctx)
	return err == nil, t.fail(op, err)
}

// HasPost implements [ground.Posts].
func (t *tx) HasPost(ctx context.Context, c passenger.Channel, externalID string) (bool, error) {
	_, ok, err := t.CaseOfPost(ctx, c, externalID)
	return ok, err
}

// CaseOfPost implements [ground.Cases].
func (t *tx) CaseOfPost(ctx context.Context, c passenger.Channel, externalID string) (passenger.CaseID, bool, error) {
	var ids []uuid.UUID
	err := t.NewSelect().Model((*postRow)(nil)).Column("case_id").Where("channel = ? AND external_id = ?", string(c), externalID).Scan(ctx, &ids)
	if err != nil || len(ids) == 0 {
		return passenger.CaseID{}, false, t.fail("store.CaseOfPost", err)
	}
	return ids[0], true, nil
}

// CasePosts implements [ground.Posts]. Of one moment, in the order of arrival.
func (t *tx) CasePosts(ctx context.Context, id passenger.CaseID) ([]ground.StoredPost, error) {
	return all[ground.StoredPost, postRow](ctx, t, "store.CasePosts", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("case_id = ?", id).OrderExpr("CASE WHEN created_at IS NULL THEN 0 ELSE 1 END, created_at, id")
	})
}
