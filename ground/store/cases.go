package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// caseRow leaves out the column flagged: InsertLoop sets it.
type caseRow struct {
	bun.BaseModel `bun:"table:cases,alias:c"`
	ID            uuid.UUID    `bun:"id,pk"`
	Channel       string       `bun:"channel"`
	AccountID     string       `bun:"account_id"`
	AuthorName    string       `bun:"author_name"`
	Handle        string       `bun:"handle"`
	Topic         string       `bun:"topic"`
	Severity      int          `bun:"severity"`
	Lang          string       `bun:"lang"`
	Negative      bool         `bun:"negative"`
	Because       list[string] `bun:"because"`
	Flight        string       `bun:"flight"`
	Day           string       `bun:"day"`
	Status        string       `bun:"status"`
	OpenedAt      time.Time    `bun:"opened_at,nullzero"`
	LastPostAt    time.Time    `bun:"last_post_at,nullzero"`
	DueAt         time.Time    `bun:"due_at,nullzero"`
	ClosedAt      time.Time    `bun:"closed_at,nullzero"`
	Posts         int          `bun:"posts"`
	Excerpt       string       `bun:"excerpt"`
	Held          list[string] `bun:"held"`
}

func caseOf(c ground.Case) *caseRow {
	return &caseRow{ID: c.ID, Channel: string(c.Channel), AccountID: c.AccountID, AuthorName: c.AuthorName, Handle: c.Handle, Topic: string(c.Topic),
		Severity: int(c.Severity), Lang: c.Lang, Negative: c.Negative, Because: c.Because, Flight: c.Flight, Day: c.Day, Status: string(c.Status),
		OpenedAt: micro(c.OpenedAt), LastPostAt: micro(c.LastPostAt), DueAt: micro(c.DueAt), ClosedAt: micro(c.ClosedAt), Posts: c.Posts,
		Excerpt: c.Excerpt, Held: c.Held}
}

func (r caseRow) noun() ground.Case {
	return ground.Case{ID: r.ID, Channel: passenger.Channel(r.Channel), AccountID: r.AccountID, AuthorName: r.AuthorName, Handle: r.Handle,
		Topic: passenger.Topic(r.Topic), Severity: passenger.Severity(r.Severity), Lang: r.Lang, Negative: r.Negative, Because: r.Because,
		Flight: r.Flight, Day: r.Day, Status: ground.CaseStatus(r.Status), OpenedAt: utc(r.OpenedAt), LastPostAt: utc(r.LastPostAt),
		DueAt: utc(r.DueAt), ClosedAt: utc(r.ClosedAt), Posts: r.Posts, Excerpt: r.Excerpt, Held: r.Held}
}

// InsertCase implements [ground.Cases]. Errors: exists.
func (t *tx) InsertCase(ctx context.Context, c ground.Case) error {
	return t.insertNew(ctx, "store.InsertCase", "case", caseOf(c))
}

// UpdateCase implements [ground.Cases].
func (t *tx) UpdateCase(ctx context.Context, c ground.Case) error {
	return t.update(ctx, "store.UpdateCase", "case", caseOf(c))
}

// Case implements [ground.Cases].
func (t *tx) Case(ctx context.Context, id passenger.CaseID) (ground.Case, error) {
	return get[ground.Case, caseRow](ctx, t, "store.Case", "case", true, by("id = ?", id))
}

// OpenCaseOf implements [ground.Cases]. The account is held when it has none.
func (t *tx) OpenCaseOf(ctx context.Context, a ground.Account, since time.Time, about ground.Complaint) (ground.Case, bool, error) {
	return findOrClaim[ground.Case, caseRow](ctx, t, "store.OpenCaseOf", func(q *bun.SelectQuery) *bun.SelectQuery {
		// The concatenation keeps the planner off the index by status, which is a long walk.
		q = q.Where("channel = ? AND account_id = ? AND status || '' = ?", string(a.Channel), a.ID, string(ground.CaseOpen)).
			Where("last_post_at >= ?", micro(since)).OrderExpr("last_post_at DESC, id DESC")
		if about.Flight != "" {
			q = q.Where("flight IN ('', ?)", about.Flight)
		}
		if about.Day != "" {
			q = q.Where("day IN ('', ?)", about.Day)
		}
		if about.Topic != "" {
			q = q.Where("(NOT negative OR topic IN (?, ?))", string(about.Topic), string(passenger.TopicOther))
		}
		return q
	}, "case", string(a.Channel), a.ID)
}

// ListCases implements [ground.Cases]. A limit of 0 is none.
func (t *tx) ListCases(ctx context.Context, f ground.CaseFilter) ([]ground.Case, error) {
	const op = "store.ListCases"
	words := fold(f.Search)
	search, err := t.searchFor(ctx, op, words, caseHolds(words))
	if err != nil {
		return nil, err
	}
	return all[ground.Case, caseRow](ctx, t, op, func(q *bun.SelectQuery) *bun.SelectQuery {
		q = search(filterCases(q, f)).OrderExpr("c.last_post_at DESC, c.id DESC")
		switch {
		case f.Before.IsZero():
		case f.BeforeID == uuid.Nil:
			q = q.Where("c.last_post_at < ?", micro(f.Before))
		default:
			q = q.Where("(c.last_post_at, c.id) < (?, ?)", micro(f.Before), f.BeforeID)
		}
		if f.Limit > 0 {
			q = q.Limit(int64(f.Limit))
		}
		return q
	})
}

// CountCases implements [ground.Cases]. Page and limit do not count.
func (t *tx) CountCases(ctx context.Context, f ground.CaseFilter) (int, error) {
	const op = "store.CountCases"
	words := fold(f.Search)
	search, err := t.searchFor(ctx, op, words, by("c.id IN (SELECT w.case_id FROM post_words AS w WHERE "+wordsLike+")", likePattern(words)))
	if err != nil {
		return 0, err
	}
	var n int
	err = search(filterCases(t.NewSelect().Model((*caseRow)(nil)), f)).ColumnExpr("COUNT(*)").Scan(ctx, &n)
	return n, t.fail(op, err)
}

// filterCases narrows by everything but the search. Flags are compared, not only named, since
// SQLite uses an index for a comparison alone.
func filterCases(q *bun.SelectQuery, f ground.CaseFilter) *bun.SelectQuery {
	if f.Status != "" {
		q = q.Where("c.status = ?", string(f.Status))
	}
	if f.Negative {
		q = q.Where("c.negative = TRUE")
	}
	if f.Flagged {
		q = q.Where("c.flagged = TRUE")
	}
	if f.Lang != "" {
		q = q.Where("c.lang = ?", f.Lang)
	}
	if f.Topic != "" {
		q = q.Where("c.topic = ?", string(f.Topic))
	}
	return q
}

type replyRow struct {
	bun.BaseModel `bun:"table:replies"`
	ID            int64     `bun:"id,pk,autoincrement"`
	Case          uuid.UUID `bun:"case_id"`
	Text          string    `bun:"text"`
	NoneReason    string    `bun:"none_reason"`
	By            string    `bun:"sent_by"`
	At            time.Time `bun:"at,nullzero"`
}

func (r replyRow) noun() ground.Reply {
	return ground.Reply{Case: r.Case, Text: r.Text, NoneReason: r.NoneReason, By: r.By, At: utc(r.At)}
}

// InsertReply implements [ground.Cases].
func (t *tx) InsertReply(ctx context.Context, r ground.Reply) error {
	_, err := t.insertID(ctx, "store.InsertReply", "id", &replyRow{Case: r.Case, Text: r.Text, NoneReason: r.NoneReason, By: r.By, At: micro(r.At)})
	return err
}

// Replies implements [ground.Cases], oldest first.
func (t *tx) Replies(ctx context.Context, id passenger.CaseID) ([]ground.Reply, error) {
	return all[ground.Reply, replyRow](ctx, t, "store.Replies", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("case_id = ?", id).Order("id")
	})
}

type linkRow struct {
	bun.BaseModel `bun:"table:links"`
	Case          uuid.UUID    `bun:"case_id,pk"`
	Person        uuid.UUID    `bun:"person_id,pk"`
	Score         float64      `bun:"score"`
	Reasons       list[string] `bun:"reasons"`
	State         string       `bun:"state"`
	By            string       `bun:"decided_by"`
	At            time.Time    `bun:"at,nullzero"`
}

func (r linkRow) noun() ground.Link {
	return ground.Link{Case: r.Case, Person: r.Person, Score: r.Score, Reasons: r.Reasons, State: ground.LinkState(r.State), By: r.By, At: utc(r.At)}
}

// SetLink implements [ground.People].
func (t *tx) SetLink(ctx context.Context, l ground.Link) error {
	return t.upsert(ctx, "store.SetLink", &linkRow{Case: l.Case, Person: l.Person, Score: l.Score, Reasons: l.Reasons, State: string(l.State), By: l.By, At: micro(l.At)})
}

// Links implements [ground.People]: by score, then by person.
func (t *tx) Links(ctx context.Context, id passenger.CaseID) ([]ground.Link, error) {
	return all[ground.Link, linkRow](ctx, t, "store.Links", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("case_id = ?", id).OrderExpr("score DESC, person_id")
	})
}
