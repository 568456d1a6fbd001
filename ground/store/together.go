package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// together lets SQLite's writers that wait for each other share one commit, and so one flush:
// when a fleet lands, the disk and not the processor is what they wait for. Each runs inside a
// savepoint of its own, so that one that fails takes back nothing of the others; none returns
// before the commit of all. A writer that nobody waits behind commits alone.
type together struct {
	mu      sync.Mutex
	busy    bool // somebody writes, or was told to
	waiting []*job
}

// job is one transaction that waits for its turn.
type job struct {
	ctx  context.Context
	fn   func(ground.Tx) error
	turn chan bool // true: lead the next ones; false: done
	err  error
	died any // a panic of fn, to go on in its caller
}

// errTogether says that the common commit failed: each runs again, alone.
var errTogether = errors.New("the shared transaction was rolled back")

// inTurn runs fn in a transaction, with those that wait at the same time.
func (db *DB) inTurn(ctx context.Context, op string, fn func(ground.Tx) error) error {
	g := &db.together
	j := &job{ctx: ctx, fn: fn, turn: make(chan bool, 1)}
	g.mu.Lock()
	g.waiting = append(g.waiting, j)
	lead := !g.busy
	g.busy = true
	g.mu.Unlock()
	if !lead {
		select {
		case lead = <-j.turn:
		case <-ctx.Done():
			if g.leave(j) {
				return fail(op, ctx.Err())
			}
			lead = <-j.turn // its turn came in the same moment
		}
	}
	if lead {
		db.lead(op, j)
	}
	if j.died != nil {
		panic(j.died)
	}
	if j.err == errTogether {
		return db.once(ctx, op, db.write, &sql.TxOptions{}, fn)
	}
	return j.err
}

// leave takes a job out of those that wait; false when its turn has come.
func (g *together) leave(j *job) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case v := <-j.turn:
		j.turn <- v
		return false
	default:
	}
	i := slices.Index(g.waiting, j)
	if i < 0 {
		return false
	}
	g.waiting = slices.Delete(g.waiting, i, i+1)
	return true
}

// lead runs the first of those that wait, own among them, and hands the lead on.
func (db *DB) lead(op string, own *job) {
	g := &db.together
	g.mu.Lock()
	n := min(len(g.waiting), togetherMost)
	jobs := g.waiting[:n:n]
	g.waiting = g.waiting[n:]
	g.mu.Unlock()
	kept := n == 1 // what alone returns stands
	defer func() {
		for _, j := range jobs {
			if !kept && j.err == nil && j.died == nil {
				j.err = errTogether
			}
			if j != own {
				j.turn <- false
			}
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.busy = len(g.waiting) > 0; g.busy {
			g.waiting[0].turn <- true
		}
	}()
	if n == 1 {
		own.run(func() error { return db.once(own.ctx, op, db.write, &sql.TxOptions{}, own.fn) })
		return
	}
	kept = db.share(op, jobs)
}

// run calls fn and keeps what became of it.
func (j *job) run(fn func() error) {
	defer func() {
		if p := recover(); p != nil {
			j.died = p
		}
	}()
	j.err = fn()
}

// share runs jobs in one transaction; false when it was rolled back before its commit.
func (db *DB) share(op string, jobs []*job) bool {
	b, err := db.write.BeginTx(db.life, &sql.TxOptions{})
	if err != nil {
		return false
	}
	over := false
	defer func() {
		if !over {
			_ = b.Rollback() // each runs again
		}
	}()
	noted := false
	for _, j := range jobs {
		if err := j.ctx.Err(); err != nil {
			j.err = fail(op, err)
			continue
		}
		if _, err := b.ExecContext(db.life, "SAVEPOINT turn"); err != nil {
			return false
		}
		t := &tx{Tx: b, engine: db.engine, now: micro(db.now()), locked: map[passenger.FlightID]bool{}}
		j.run(func() error { return t.settle(j.ctx, j.fn) })
		if j.err != nil || j.died != nil {
			if _, err := b.ExecContext(db.life, "ROLLBACK TO SAVEPOINT turn"); err != nil {
				return false
			}
		} else {
			noted = noted || len(t.notes) > 0
		}
		if _, err := b.ExecContext(db.life, "RELEASE SAVEPOINT turn"); err != nil {
			return false
		}
	}
	over = true
	if err := b.Commit(); err != nil {
		for _, j := range jobs {
			if j.err == nil && j.died == nil {
				j.err = fail(op, err)
			}
		}
		return true
	}
	if noted {
		db.hub.wake()
	}
	return true
}
