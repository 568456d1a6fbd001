package store

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/uptrace/bun"

	"github.com/cabinloop/cabinloop/ground"
)

// Sessions keeps console sessions for scs. Only the SHA-256 of a token is stored: who reads the
// database cannot sign in. It is safe for concurrent use.
type Sessions struct{ db *DB }

var _ scs.CtxStore = (*Sessions)(nil)

// Sessions returns the session store of the database.
func (db *DB) Sessions() *Sessions { return &Sessions{db} }

type sessionRow struct {
	bun.BaseModel `bun:"table:sessions"`
	TokenHash     []byte    `bun:"token_hash,pk"`
	Data          []byte    `bun:"data"`
	ExpiresAt     time.Time `bun:"expires_at"`
}

func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// FindCtx implements [scs.CtxStore]; an expired session is not found.
func (s *Sessions) FindCtx(ctx context.Context, token string) (b []byte, found bool, err error) {
	const op = "store.Sessions.Find"
	err = s.db.Read(ctx, func(gt ground.Tx) error {
		t := gt.(*tx)
		var rows []sessionRow
		if err := t.NewSelect().Model(&rows).Where("token_hash = ? AND expires_at > ?", tokenHash(token), t.now).Scan(ctx); err != nil {
			return t.fail(op, err)
		}
		if found = len(rows) > 0; found {
			b = rows[0].Data
		}
		return nil
	})
	return b, found, err
}

// CommitCtx implements [scs.CtxStore]. Expired sessions go with it.
func (s *Sessions) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	const op = "store.Sessions.Commit"
	if b == nil {
		b = []byte{}
	}
	return s.db.InTx(ctx, func(gt ground.Tx) error {
		t := gt.(*tx)
		if _, err := t.NewDelete().Model((*sessionRow)(nil)).Where("expires_at <= ?", t.now).Exec(ctx); err != nil {
			return t.fail(op, err)
		}
		return t.upsert(ctx, op, &sessionRow{TokenHash: tokenHash(token), Data: b, ExpiresAt: micro(expiry)})
	})
}

// DeleteCtx implements [scs.CtxStore].
func (s *Sessions) DeleteCtx(ctx context.Context, token string) error {
	return s.db.InTx(ctx, func(gt ground.Tx) error {
		t := gt.(*tx)
		_, err := t.NewDelete().Model((*sessionRow)(nil)).Where("token_hash = ?", tokenHash(token)).Exec(ctx)
		return t.fail("store.Sessions.Delete", err)
	})
}

// Find implements [scs.Store].
func (s *Sessions) Find(token string) ([]byte, bool, error) { return s.FindCtx(s.db.life, token) }

// Commit implements [scs.Store].
func (s *Sessions) Commit(token string, b []byte, expiry time.Time) error {
	return s.CommitCtx(s.db.life, token, b, expiry)
}

// Delete implements [scs.Store].
func (s *Sessions) Delete(token string) error { return s.DeleteCtx(s.db.life, token) }
