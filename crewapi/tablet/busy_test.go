package tablet

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// TestBusyGround: a ground that is busy is left alone for the time it asked for, also when the
// crew records meanwhile; then everything goes over, once.
func TestBusyGround(t *testing.T) {
	const refusals, after = 2, time.Second
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	w.sync(a)
	var mu sync.Mutex
	var at []time.Time
	w.ground.SetFault(func(_ flightsync.Request, taken bool) error {
		mu.Lock()
		defer mu.Unlock()
		if taken {
			return nil
		}
		if at = append(at, time.Now()); len(at) > refusals {
			return nil
		}
		busy := passenger.Errorf(passenger.TooMuch, "x.Y", "busy")
		busy.RetryAfter = after
		return busy
	})
	attempts := func() []time.Time { mu.Lock(); defer mu.Unlock(); return slices.Clone(at) }
	w.record(a, dot, acted)
	defer running(a)()
	wait(t, "a refusal", func() bool { return len(attempts()) == 1 })
	if n, _ := f.View().Note(dot); len(n.Heads) != 0 || w.page(a).Pending == 0 {
		t.Error("a refused exchange left something on ground, or nothing on the tablet")
	}
	w.record(a, dot, passenger.Feedback{Outcome: passenger.Acted, Reaction: passenger.Pleased}) // wakes the tablet
	wait(t, "the entry on ground", func() bool { n, _ := f.View().Note(dot); return len(n.Heads) == 1 })
	wait(t, "its mark", func() bool { return w.page(a).Pending == 0 })
	got := attempts()
	for i := range refusals {
		if gap := got[i+1].Sub(got[i]); gap < after {
			t.Errorf("attempt %d came %v behind a refusal, want %v or more", i+2, gap, after)
		}
	}
	if n, _ := f.View().Note(dot); n.Heads[0].Feedback.Reaction != passenger.Pleased {
		t.Errorf("on ground: %+v", n.Heads)
	}
}

// TestBusyGroundEndsTheRound: one refusal speaks for all flights of the tablet.
func TestBusyGroundEndsTheRound(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	w.flight(a)
	w.ground.Flight("KL0001/2026-11-21/AMS", t0).Assign(a.tablet(), passenger.Lead)
	w.ground.SetFault(func(flightsync.Request, bool) error {
		busy := passenger.Errorf(passenger.TooMuch, "x.Y", "busy")
		busy.RetryAfter = 1 // ns: a whole second on the wire
		return busy
	})
	rep, err := a.Sync(t.Context())
	if err != nil || len(rep.Problems) != 1 || rep.RetryAfter != time.Second || w.ground.Exchanges() != 1 {
		t.Errorf("%+v, %v, %d exchanges", rep, err, w.ground.Exchanges())
	}
}
