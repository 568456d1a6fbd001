package dispatch_test

import (
	"bytes"
	"crypto/rand"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/dispatch"
	"github.com/cabinloop/cabinloop/ground/store"
	"github.com/cabinloop/cabinloop/internal/testenv"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// TestNobodyWaitsInACircle: while tablets report on a note, it is written anew, moved and
// recalled; everybody locks in one order, so PostgreSQL, which looks for circles after 5 ms
// here, finds none.
func TestNobodyWaitsInACircle(t *testing.T) {
	address := testenv.Postgres(t)
	sep := "?"
	if strings.Contains(address, "?") {
		sep = "&"
	}
	w := newWorld(t, address)
	var log bytes.Buffer
	debug := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	db, err := store.Open(w.ctx, address+sep+"deadlock_timeout=5ms", store.Options{Now: func() time.Time { return w.now }, Log: debug})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	c := w.dispatch.Config
	c.Store, c.Rand, c.Log = db, rand.Reader, debug
	w.dispatch = dispatch.New(c)
	w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"))
	w.flight(second, start.Add(28*time.Hour), true, row("C1", "JANSEN", "9D"))
	tab := w.tablet("t1", first, passenger.Lead)
	loop := w.loop("C1", passenger.TopicMeal)
	tab.sync()

	const rounds = 40
	var part sync.WaitGroup
	var failed error
	part.Go(func() {
		for i := range rounds {
			if failed = db.InTx(w.ctx, func(tx ground.Tx) error {
				l, err := tx.Loop(w.ctx, loop.ID)
				l.Edits.Priority = passenger.Priority(1 + i%3)
				if err == nil {
					err = tx.UpdateLoop(w.ctx, l)
				}
				return err
			}); failed == nil {
				failed = w.dispatch.Evaluate(w.ctx, loop.ID)
			}
			if failed != nil {
				return
			}
		}
	})
	for range rounds { // one exchange each: there is always news
		res, err := w.dispatch.Exchange(w.ctx, tab.id, *tab.step(tab.talk.Ask(0, 0)).Request)
		w.must(err)
		ready := tab.step(flightsync.Receive{Runs: res.Runs, Peer: res.Have, Have: true, Salt: [8]byte{1, tab.nonce}})
		tab.talk.Heard(res, ready, tab.rep.State())
		for _, n := range tab.view().Notes {
			if n.Retracted == "" && len(n.SeenBy) == 0 {
				tab.write(flightsync.SeenDraft(n.Dot))
			}
		}
	}
	part.Wait()
	tab.sync()
	if failed != nil {
		t.Fatal(failed)
	}
	if n := strings.Count(log.String(), "40P01"); n > 0 {
		t.Errorf("PostgreSQL broke %d circles", n)
	}
	if l := w.read(loop.ID); l.State != ground.LoopCompiled || l.Flight != w.flightRow(first).ID {
		t.Errorf("loop is %s on %s", l.State, l.Flight)
	}
}
