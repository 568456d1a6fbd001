package store

import (
	"context"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// CasesOfPerson implements [ground.Subjects], by id.
func (t *tx) CasesOfPerson(ctx context.Context, id passenger.PersonID) ([]passenger.CaseID, error) {
	var ids []uuid.UUID
	err := t.NewSelect().Model((*linkRow)(nil)).Column("case_id").Where("person_id = ?", id).Order("case_id").Scan(ctx, &ids)
	return ids, t.fail("store.CasesOfPerson", err)
}

// CasesOfAccount implements [ground.Subjects], by id.
func (t *tx) CasesOfAccount(ctx context.Context, a ground.Account) ([]passenger.CaseID, error) {
	var ids []uuid.UUID
	err := t.NewRaw("SELECT id FROM cases WHERE channel = ? AND account_id = ? UNION SELECT case_id FROM posts WHERE channel = ? AND author_id = ? ORDER BY 1",
		string(a.Channel), a.ID, string(a.Channel), a.ID).Scan(ctx, &ids)
	return ids, t.fail("store.CasesOfAccount", err)
}

// AllAccounts implements [ground.Subjects], by channel and id.
func (t *tx) AllAccounts(ctx context.Context) ([]ground.Account, error) {
	var rows []struct {
		Channel string `bun:"channel"`
		ID      string `bun:"id"`
	}
	err := t.NewRaw("SELECT channel, id FROM accounts UNION SELECT channel, account_id FROM cases WHERE account_id <> '' "+
		"UNION SELECT channel, author_id FROM posts WHERE author_id <> '' ORDER BY 1, 2").Scan(ctx, &rows)
	var out []ground.Account
	for _, r := range rows {
		out = append(out, ground.Account{Channel: passenger.Channel(r.Channel), ID: r.ID})
	}
	return out, t.fail("store.AllAccounts", err)
}

// statements runs statements that each take the same one argument.
func (t *tx) statements(ctx context.Context, op string, arg any, statements ...string) error {
	for _, q := range statements {
		if _, err := t.ExecContext(ctx, q, arg); err != nil {
			return t.fail(op, err)
		}
	}
	return nil
}

// EraseCase implements [ground.Subjects].
func (t *tx) EraseCase(ctx context.Context, id passenger.CaseID, keepKeys bool) error {
	const op = "store.EraseCase"
	posts := "DELETE FROM posts WHERE case_id = ?"
	if keepKeys {
		posts = "UPDATE posts SET conversation_id = '', author_id = '', author_name = '', author_handle = '', text = '', in_reply_to = '', url = '', raw = NULL WHERE case_id = ?"
	}
	if err := t.statements(ctx, op, id, "DELETE FROM post_words WHERE case_id = ?", posts,
		"UPDATE replies SET text = '' WHERE case_id = ?",
		"DELETE FROM links WHERE case_id = ?",
		"UPDATE desk_items SET detail = NULL WHERE case_id = ?"); err != nil {
		return err
	}
	_, err := t.ExecContext(ctx, "UPDATE cases SET account_id = '', author_name = '', handle = '', because = NULL, flight = '', day = '', "+
		"excerpt = '', held = NULL, status = ?, closed_at = COALESCE(closed_at, ?) WHERE id = ?", string(ground.CaseClosed), t.now, id)
	return t.fail(op, err)
}

// ErasePerson implements [ground.Subjects].
func (t *tx) ErasePerson(ctx context.Context, id passenger.PersonID) error {
	const op = "store.ErasePerson"
	if err := t.statements(ctx, op, id, "DELETE FROM accounts WHERE person_id = ?",
		"DELETE FROM links WHERE person_id = ?",
		"UPDATE consents SET words = '' WHERE person_id = ?"); err != nil {
		return err
	}
	_, err := t.ExecContext(ctx, "UPDATE persons SET customer_id = '', surname = '', given = '', title = '', tier = '', erased_at = ? WHERE id = ?", t.now, id)
	return t.fail(op, err)
}

// DropAccount implements [ground.Subjects].
func (t *tx) DropAccount(ctx context.Context, a ground.Account) error {
	_, err := t.NewDelete().Model((*accountRow)(nil)).Where("channel = ? AND id = ?", string(a.Channel), a.ID).Exec(ctx)
	return t.fail("store.DropAccount", err)
}

// Scrub makes what was erased go from SQLite's log too: freed pages are overwritten anyway
// (secure_delete), but the log keeps their older versions until it is cut. PostgreSQL frees
// them by its own vacuum. Errors: unavailable while readers stay in the old log; try again.
func (db *DB) Scrub(ctx context.Context) error {
	const op = "store.Scrub"
	if db.engine == postgres {
		return nil
	}
	var busy, frames, done int
	if err := db.write.DB.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &done); err != nil {
		return fail(op, err)
	}
	if busy != 0 {
		return passenger.Errorf(passenger.Unavailable, op, "the log of the database is in use and could not be cut; it is cut when its readers have gone")
	}
	return nil
}
