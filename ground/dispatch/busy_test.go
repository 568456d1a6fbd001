package dispatch_test

import (
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/dispatch"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// held is a store whose transactions wait until it is let go.
type held struct {
	ground.Store
	letGo chan struct{}
}

func (h held) InTx(ctx context.Context, fn func(ground.Tx) error) error {
	<-h.letGo
	return h.Store.InTx(ctx, fn)
}

// TestFullQueue: while as many exchanges as ground works on at a time are stuck, the next one is
// told after a quarter of a second to come back, and leaves nothing behind; when they have
// left, it comes back and everything counts once. Time is the bubble's.
func TestFullQueue(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "sqlite:"+filepath.Join(dir, "ground.db"))
		w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"))
		stuck, tab := w.tablet("t1", first, passenger.Cabin), w.tablet("t2", first, passenger.Lead)
		w.loop("C1", passenger.TopicMeal)
		stuck.sync()
		tab.sync()
		w.now = w.now.Add(6 * time.Hour)
		tab.record("14C", passenger.Feedback{Outcome: passenger.Acted})

		store := held{w.db, make(chan struct{})}
		w.dispatch = dispatch.New(dispatch.Config{Store: store, Rand: rand.Reader, Log: w.dispatch.Log, Sign: w.dispatch.Sign, Agree: w.dispatch.Agree})
		var parts sync.WaitGroup
		answers := make([]error, dispatch.MaxExchanges)
		ask := *stuck.step(stuck.talk.Ask(0, 0)).Request
		for i := range answers {
			parts.Go(func() { _, answers[i] = w.dispatch.Exchange(w.ctx, stuck.id, ask) })
		}
		synctest.Wait()

		before := w.books()
		req := *tab.step(tab.talk.Ask(0, 0)).Request
		began := time.Now()
		_, err := w.dispatch.Exchange(w.ctx, tab.id, req)
		if passenger.CodeOf(err) != passenger.TooMuch || passenger.RetryAfter(err) != time.Second || time.Since(began) != 250*time.Millisecond {
			t.Fatalf("a full queue answered after %v with %v, retry after %v", time.Since(began), err, passenger.RetryAfter(err))
		}
		gone, cancel := context.WithCancel(w.ctx)
		cancel()
		if _, err := w.dispatch.Exchange(gone, tab.id, req); !errors.Is(err, context.Canceled) {
			t.Errorf("a tablet that hung up: %v", err)
		}
		if d := cmp.Diff(before, w.books()); d != "" {
			t.Errorf("a refused exchange left something behind (-before +after)\n%s", d)
		}

		close(store.letGo)
		parts.Wait()
		for i, err := range answers {
			if err != nil {
				t.Errorf("stuck exchange %d: %v", i, err)
			}
		}
		w.now = w.now.Add(6 * time.Hour)
		w.move(first, passenger.In)
		for _, x := range []*tablet{tab, stuck} {
			x.sync()
			x.write(flightsync.FinDraft())
			x.sync()
		}
		if r := w.report(first); r.Acted != 1 || r.Stage != "sealed" || !r.SumsClose || r.OpsIssued != r.OpsOnGround {
			t.Errorf("report: %+v", r)
		}
	})
}

// books is everything an exchange may write about the first flight.
type books struct {
	Flight    ground.Flight
	Crossings []ground.Crossing
	Vector    flightsync.Vector
	Tablets   []ground.Tablet
	Change    int64
}

func (w *world) books() (b books) {
	w.Helper()
	b.Flight = w.flightRow(first)
	v, err := w.dispatch.View(w.ctx, b.Flight.ID)
	w.must(err)
	b.Vector = v.Vector
	w.must(w.db.Read(w.ctx, func(tx ground.Tx) (err error) {
		if b.Crossings, err = tx.Crossings(w.ctx, b.Flight.ID); err != nil {
			return err
		}
		if b.Tablets, err = tx.ListTablets(w.ctx); err != nil {
			return err
		}
		b.Change, err = tx.LastChange(w.ctx)
		return err
	}))
	return b
}
