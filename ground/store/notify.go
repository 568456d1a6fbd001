package store

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"
)

// listenChannel is the PostgreSQL channel that carries topics from node to node.
const listenChannel = "cabinloop"

// feedLock is the advisory lock under which the change feed is written; an arbitrary number.
const feedLock = 0x0ca81200f

// hub wakes those who wait for a change.
type hub struct {
	mu sync.Mutex
	ch chan struct{}
}

func (h *hub) wait() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ch == nil {
		h.ch = make(chan struct{})
	}
	return h.ch
}

func (h *hub) wake() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ch != nil {
		close(h.ch)
		h.ch = nil
	}
}

// Changed implements [ground.Store]. The hint comes from this process and, on PostgreSQL, from
// every node; not from another process on the same SQLite file. Whoever waits also polls.
func (db *DB) Changed() <-chan struct{} {
	if db.engine == postgres {
		db.listen.Do(func() { db.parts.Go(db.listenLoop) })
	}
	return db.hub.wait()
}

// listenLoop listens on one connection of its own until the store is closed.
func (db *DB) listenLoop() {
	for try := 0; db.life.Err() == nil; try++ {
		err := db.listenOnce(func() { try = 0 })
		if db.life.Err() != nil {
			return
		}
		db.log.Warn("listening for changes failed, polling goes on", "n", try, "err", err)
		pause(db.life, jitter(listenBase, listenCap, try))
	}
}

func (db *DB) listenOnce(up func()) error {
	conn, err := pgx.ConnectConfig(db.life, db.pg.Copy())
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(db.life), time.Second)
		defer cancel()
		_ = conn.Close(ctx) // the connection is given up either way
	}()
	if _, err := conn.Exec(db.life, "LISTEN "+listenChannel); err != nil {
		return err
	}
	up()
	for {
		db.hub.wake() // also once after connecting: something may have been missed
		if _, err := conn.WaitForNotification(db.life); err != nil {
			return err
		}
	}
}

// note is a change that waits for the commit.
type note struct{ topic, ref string }

type changeRow struct {
	bun.BaseModel `bun:"table:changes"`
	Seq           int64     `bun:"seq,pk,autoincrement"`
	Topic         string    `bun:"topic"`
	Ref           string    `bun:"ref"`
	At            time.Time `bun:"at"`
}

// writeNotes writes the change feed just before the commit. The lock makes the order of seq
// the order of commits: whoever follows seq misses nothing.
func (t *tx) writeNotes(ctx context.Context) error {
	const op = "store.Notify"
	if len(t.notes) == 0 {
		return nil
	}
	if t.engine == postgres {
		if _, err := t.ExecContext(ctx, "SELECT pg_advisory_xact_lock(?)", int64(feedLock)); err != nil {
			return t.fail(op, err)
		}
	}
	var rows []changeRow
	var topics []string
	for _, n := range t.notes {
		rows = append(rows, changeRow{Topic: n.topic, Ref: n.ref, At: t.now})
		if !slices.Contains(topics, n.topic) {
			topics = append(topics, n.topic)
		}
	}
	for part := range slices.Chunk(rows, insertRows) {
		if _, err := t.NewInsert().Model(&part).Returning("NULL").Exec(ctx); err != nil {
			return t.fail(op, err)
		}
	}
	if t.engine == postgres {
		for _, topic := range topics {
			if _, err := t.ExecContext(ctx, "SELECT pg_notify(?, ?)", listenChannel, topic); err != nil {
				return t.fail(op, err)
			}
		}
	}
	return nil
}
