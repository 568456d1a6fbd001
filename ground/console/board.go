package console

import (
	"context"
	"sync"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/followup"
	"github.com/cabinloop/cabinloop/passenger"
)

// board keeps the reports of flights between looks at the flight board: making one folds every
// op of its flight. A report is dropped when the change feed names its flight; a change of a
// follow-up, which names none, drops all. Safe for concurrent use.
type board struct {
	makes FollowUps
	mu    sync.Mutex
	seq   int64 // changes up to here are taken into account
	m     map[passenger.FlightID]followup.Report
}

func newBoard(f FollowUps) *board {
	return &board{makes: f, m: map[passenger.FlightID]followup.Report{}}
}

// reports returns the reports of some flights, made or kept.
func (b *board) reports(ctx context.Context, store ground.Store, ids []passenger.FlightID) (map[passenger.FlightID]followup.Report, error) {
	seq, err := b.catchUp(ctx, store)
	if err != nil {
		return nil, err
	}
	out := map[passenger.FlightID]followup.Report{}
	for _, id := range ids {
		b.mu.Lock()
		r, ok := b.m[id]
		b.mu.Unlock()
		if !ok {
			// Made after seq was read: at least as new as the changes taken into account.
			if r, err = b.makes.Report(ctx, id); err != nil {
				return nil, err
			}
			b.keep(id, r, seq)
		}
		out[id] = r
	}
	return out, nil
}

func (b *board) keep(id passenger.FlightID, r followup.Report, seq int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.seq != seq {
		return // another look has moved on: this one may be older than what it dropped
	}
	if len(b.m) >= maxReports {
		clear(b.m)
	}
	b.m[id] = r
}

// catchUp drops what has changed since the last look.
func (b *board) catchUp(ctx context.Context, store ground.Store) (int64, error) {
	b.mu.Lock()
	after := b.seq
	b.mu.Unlock()
	var changes []ground.Change
	var last int64
	if err := store.Read(ctx, func(tx ground.Tx) (err error) {
		if last, err = tx.LastChange(ctx); err != nil || last-after > eventBatch {
			changes = nil
			return err
		}
		changes, err = tx.Changes(ctx, after, eventBatch)
		return err
	}); err != nil {
		return 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.seq != after {
		return b.seq, nil // another look did it
	}
	if last-after > eventBatch {
		clear(b.m)
	}
	for _, c := range changes {
		switch c.Topic {
		case "flight":
			if id, err := passenger.ParseFlightID(c.Ref); err == nil {
				delete(b.m, id)
			}
		case "followup", "tablet":
			clear(b.m)
		}
	}
	b.seq = max(b.seq, last)
	return b.seq, nil
}
