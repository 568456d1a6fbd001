package dispatch_test

import (
	"context"
	"crypto/rand"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/dispatch"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// tally is a held store that counts transactions, and what is locked and read of flights in them.
type tally struct {
	held
	txs, locks, states atomic.Int64
}

func (c *tally) InTx(ctx context.Context, fn func(ground.Tx) error) error {
	return c.held.InTx(ctx, func(tx ground.Tx) error { c.txs.Add(1); return fn(tallyTx{tx, c}) })
}

type tallyTx struct {
	ground.Tx
	c *tally
}

func (t tallyTx) LockFlight(ctx context.Context, id passenger.FlightID) (ground.Flight, error) {
	t.c.locks.Add(1)
	return t.Tx.LockFlight(ctx, id)
}

func (t tallyTx) Lanes(ctx context.Context, id passenger.FlightID) flightsync.Store {
	return tallyLanes{t.Tx.Lanes(ctx, id), t.c}
}

type tallyLanes struct {
	flightsync.Store
	c *tally
}

// State is read by each load and each fold.
func (l tallyLanes) State() (flightsync.State, error) {
	l.c.states.Add(1)
	return l.Store.State()
}

// landing is a crew that lands at one moment.
type landing struct {
	*world
	store   *tally
	tablets []*tablet
	asks    []flightsync.Request
}

// newLanding puts a full crew on a flight and lets each record three outcomes and its end.
func newLanding(t *testing.T, dir string) *landing {
	l := &landing{world: newWorld(t, "sqlite:"+filepath.Join(dir, "ground.db"))}
	l.tablets = l.fleet(flightsync.MaxTablets)
	for _, x := range l.tablets { // each holds what the others were bound by
		x.sync()
	}
	l.store = &tally{held: held{l.db, make(chan struct{})}}
	l.dispatch = dispatch.New(dispatch.Config{Store: l.store, Rand: rand.Reader, Log: l.dispatch.Log, Sign: l.dispatch.Sign, Agree: l.dispatch.Agree})
	for i, x := range l.tablets {
		x.outcomes(i, 3)
		l.asks = append(l.asks, *x.step(x.talk.Ask(0, 0)).Request)
	}
	return l
}

// land sends the questions at one moment, with those of others, and returns the errors.
func (l *landing) land(others ...func() error) (errs, of []error) {
	errs, of = make([]error, len(l.asks)), make([]error, len(others))
	answers := make([]flightsync.Response, len(l.asks))
	var calls sync.WaitGroup
	for i, x := range l.tablets {
		calls.Go(func() { answers[i], errs[i] = l.dispatch.Exchange(l.ctx, x.id, l.asks[i]) })
	}
	for i, other := range others {
		calls.Go(func() { of[i] = other() })
	}
	synctest.Wait()
	close(l.store.letGo)
	calls.Wait()
	for i, x := range l.tablets {
		if errs[i] == nil {
			x.heard(answers[i])
		}
	}
	return errs, of
}

// landed checks that ground has each entry and one verdict on it, and that each tablet knows.
func (l *landing) landed() {
	l.Helper()
	v, err := l.dispatch.View(l.ctx, l.asks[0].Group)
	l.must(err)
	for i, x := range l.tablets {
		me, answered := x.rep.State().Me, 0
		for _, r := range v.Verdicts {
			if r.Author == me {
				answered++
			}
		}
		if v.Vector.Of(me) != x.rep.State().Vector().Of(me) || answered != 1 {
			l.Errorf("tablet %d: ground holds %d of %d ops under %d verdicts", i, v.Vector.Of(me), x.rep.State().Vector().Of(me), answered)
		}
		if !x.talk.Acked().CoversAll(flightsync.Vector{}.Set(me, 3)) || !x.talk.Done(x.rep.State()) {
			l.Errorf("tablet %d was not told", i)
		}
	}
}

// A crew that lands at one moment is one transaction: one lock, one load and one fold of the
// flight, and nobody is told of more or less than alone.
func TestLandTogether(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		l := newLanding(t, dir)
		stranger := func() error {
			_, err := l.dispatch.Exchange(l.ctx, uuid.New(), l.asks[0])
			return err
		}
		gone, cancel := context.WithCancel(l.ctx)
		hangsUp := func() error {
			_, err := l.dispatch.Exchange(gone, l.tablets[0].id, l.asks[0])
			return err
		}
		errs, others := l.land(stranger, func() error { cancel(); return hangsUp() })
		for i, err := range errs {
			if err != nil {
				t.Errorf("tablet %d: %v", i, err)
			}
		}
		if passenger.CodeOf(others[0]) != passenger.Forbidden {
			t.Errorf("a tablet of no roster got %v", others[0])
		}
		if others[1] == nil {
			t.Error("a tablet that hung up was answered")
		}
		// Whoever comes first leads; when it is the one that hung up, its transaction is of all the same.
		if n, locks, states := l.store.txs.Load(), l.store.locks.Load(), l.store.states.Load(); n != 1 || locks != 1 || states != 2 {
			t.Errorf("%d transactions, %d locks, %d readings of the state; want 1, 1, 2", n, locks, states)
		}
		l.landed()
	})
}

// One that brings something odd takes nobody down: all go alone, and all but what is odd is taken.
func TestLandApart(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		l := newLanding(t, dir)
		forged := l.asks[1]
		forged.Runs = []flightsync.Run{l.asks[2].Runs[0]}
		forged.Runs[0].Sig = append([]byte(nil), forged.Runs[0].Sig...)
		forged.Runs[0].Sig[7] ^= 1
		errs, others := l.land(func() error {
			_, err := l.dispatch.Exchange(l.ctx, l.tablets[1].id, forged)
			return err
		})
		for i, err := range append(errs, others...) {
			if err != nil {
				t.Errorf("exchange %d: %v", i, err)
			}
		}
		if n, want := l.store.txs.Load(), int64(len(l.tablets)+2); n != want {
			t.Errorf("%d transactions, want %d: one that failed, then each", n, want)
		}
		for _, x := range l.tablets {
			x.sync() // what it was told when it was alone was not all
		}
		l.landed()
	})
}
