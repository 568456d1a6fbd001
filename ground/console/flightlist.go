package console

import (
	"context"
	"sync"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// flightList keeps the flights of the board's window between looks at it: up to 15,000 in a
// group of 3,000 flights a day. What the change feed names is read again; all of it is from time
// to time, because the window moves. Safe for concurrent use.
type flightList struct {
	mu  sync.Mutex
	seq int64     // changes up to here are in m
	at  time.Time // when all was read
	m   map[passenger.FlightID]ground.Flight
}

// window returns the flights that depart from boardBack before to boardAhead after now, and older
// ones that are not sealed yet, in no order.
func (l *flightList) window(ctx context.Context, store ground.Store, now time.Time) ([]ground.Flight, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := store.Read(ctx, func(tx ground.Tx) error {
		last, err := tx.LastChange(ctx)
		if err != nil {
			return err
		}
		if age := now.Sub(l.at); l.m == nil || age < 0 || age > listLife || last-l.seq > eventBatch {
			return l.readAll(ctx, tx, now, last)
		}
		return l.readNew(ctx, tx, last)
	}); err != nil {
		l.m = nil // perhaps half read
		return nil, err
	}
	var out []ground.Flight
	for _, f := range l.m {
		if (unfinished(f) || !f.STD.Before(now.Add(-boardBack))) && f.STD.Before(now.Add(boardAhead)) {
			out = append(out, f)
		}
	}
	return out, nil
}

// unfinished reports whether somebody still waits for the flight, however old it is.
func unfinished(f ground.Flight) bool {
	return f.Stage == passenger.Open || f.Stage == passenger.Closed
}

func (l *flightList) readAll(ctx context.Context, tx ground.Tx, now time.Time, last int64) error {
	old, err := tx.UnfinishedFlights(ctx, now.Add(-boardBack))
	if err != nil {
		return err
	}
	fs, err := tx.ListFlights(ctx, now.Add(-boardBack), now.Add(boardAhead+listLife))
	if err != nil {
		return err
	}
	fs = append(fs, old...)
	l.m, l.seq, l.at = make(map[passenger.FlightID]ground.Flight, len(fs)), last, now
	for _, f := range fs {
		l.m[f.ID] = f
	}
	return nil
}

func (l *flightList) readNew(ctx context.Context, tx ground.Tx, last int64) error {
	changes, err := tx.Changes(ctx, l.seq, eventBatch)
	if err != nil {
		return err
	}
	done := map[string]bool{}
	for _, c := range changes {
		id, err := passenger.ParseFlightID(c.Ref)
		if c.Topic != "flight" || err != nil || done[c.Ref] {
			continue
		}
		done[c.Ref] = true
		switch f, err := tx.Flight(ctx, id); passenger.CodeOf(err) {
		case "":
			l.m[id] = f
		case passenger.NotFound:
			delete(l.m, id)
		default:
			return err
		}
	}
	l.seq = last
	return nil
}
