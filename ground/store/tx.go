package store

import (
	"context"
	"database/sql"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/uptrace/bun"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// tx implements [ground.Tx].
type tx struct {
	bun.Tx
	engine engine
	now    time.Time
	ro     bool
	locked map[passenger.FlightID]bool
	notes  []note
	lost   error // the database said that this transaction lost a race
	broken error // part of a batch may be written: never commit
}

var _ ground.Tx = (*tx)(nil)

// Now implements [ground.Tx].
func (t *tx) Now() time.Time { return t.now }

// InTx implements [ground.Store]. A panic in fn rolls back and goes on. Errors: raced after
// twelve lost races or when the deadline of ctx leaves no time for another; those of fn.
func (db *DB) InTx(ctx context.Context, fn func(ground.Tx) error) error {
	const op = "store.InTx"
	for try := 1; ; try++ {
		err := db.attempt(ctx, op, fn)
		if err == nil || faultOf(err) != faultRace {
			return err
		}
		if try == maxTries {
			return fail(op, err)
		}
		db.log.Debug("transaction lost a race", "n", try, "err", err)
		if !pause(ctx, jitter(retryBase, retryCap, try)) {
			return fail(op, ctx.Err())
		}
	}
}

func (db *DB) attempt(ctx context.Context, op string, fn func(ground.Tx) error) error {
	if db.engine == sqlite {
		return db.inTurn(ctx, op, fn)
	}
	return db.once(ctx, op, db.write, &sql.TxOptions{}, fn)
}

// Read implements [ground.Store]. fn sees the data of one moment. Errors: those of fn.
func (db *DB) Read(ctx context.Context, fn func(ground.Tx) error) error {
	return db.once(ctx, "store.Read", db.read, &sql.TxOptions{ReadOnly: true, Isolation: db.snapshot()}, fn)
}

func (db *DB) snapshot() sql.IsolationLevel {
	if db.engine == postgres {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault
}

func (db *DB) once(ctx context.Context, op string, pool *bun.DB, opts *sql.TxOptions, fn func(ground.Tx) error) error {
	b, err := pool.BeginTx(ctx, opts)
	if err != nil {
		return fail(op, err)
	}
	over := false
	defer func() {
		if !over {
			_ = b.Rollback() // the error or panic on its way says more
		}
	}()
	t := &tx{Tx: b, engine: db.engine, now: micro(db.now()), ro: opts.ReadOnly, locked: map[passenger.FlightID]bool{}}
	if err := t.limitWaiting(ctx); err != nil {
		return err
	}
	if err := t.settle(ctx, fn); err != nil {
		return err
	}
	over = true
	if err := b.Commit(); err != nil {
		return fail(op, err)
	}
	if len(t.notes) > 0 {
		db.hub.wake()
	}
	return nil
}

// settle runs fn and says whether what it did may be committed.
func (t *tx) settle(ctx context.Context, fn func(ground.Tx) error) error {
	err := fn(t)
	switch {
	case t.lost != nil:
		return t.lost
	case err != nil:
		return err
	case t.broken != nil:
		return t.broken
	}
	return t.writeNotes(ctx)
}

// limitWaiting makes a wait for a lock a lost race after a while; see lockWaitMin. SQLite waits
// by its busy timeout.
func (t *tx) limitWaiting(ctx context.Context) error {
	if t.engine != postgres || t.ro {
		return nil
	}
	ms := (lockWaitMin + rand.N(lockWaitMax-lockWaitMin)).Milliseconds()
	_, err := t.ExecContext(ctx, "SET LOCAL lock_timeout = ?", ms)
	return t.fail("store.InTx", err)
}

// fail maps err as [fail] does, and remembers a lost race even when the caller drops the error.
func (t *tx) fail(op string, err error) error {
	if err != nil && t.lost == nil && faultOf(err) == faultRace {
		t.lost = fail(op, err)
	}
	return fail(op, err)
}

// claim holds a key for which no row exists yet until the transaction ends, so that two nodes
// that both find nothing do not both insert. SQLite's single writer holds everything anyway.
func (t *tx) claim(ctx context.Context, op string, key ...string) error {
	if t.engine != postgres || t.ro {
		return nil
	}
	h := fnv.New64a()
	for _, k := range key {
		h.Write([]byte(k))
		h.Write([]byte{0})
	}
	_, err := t.ExecContext(ctx, "SELECT pg_advisory_xact_lock(?)", int64(h.Sum64()))
	return t.fail(op, err)
}

// guarded runs fn so that a refused statement in it does not spoil the transaction.
func (t *tx) guarded(ctx context.Context, op string, fn func() error) error {
	if _, err := t.ExecContext(ctx, "SAVEPOINT guarded"); err != nil {
		return t.fail(op, err)
	}
	err := t.fail(op, fn())
	if err != nil {
		if _, e := t.ExecContext(ctx, "ROLLBACK TO SAVEPOINT guarded"); e != nil {
			return err
		}
	}
	if _, e := t.ExecContext(ctx, "RELEASE SAVEPOINT guarded"); e != nil && err == nil {
		err = t.fail(op, e)
	}
	return err
}

// jitter is a random part of base·2ⁿ, at most top.
func jitter(base, top time.Duration, n int) time.Duration {
	return rand.N(min(top, base<<min(n, 16)))
}

// pause waits; false when ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// micro is a time as stored: UTC, cut to microseconds.
func micro(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}
