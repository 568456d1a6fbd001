package tablet

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/crewtest"
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

// TestRefusedFlight: a flight that ground refuses does not hold up the others, whatever it says of
// coming back.
func TestRefusedFlight(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, _ := w.flight(a)
	bad := w.ground.Flight("KL0001/2026-11-21/AMS", t0)
	bad.Assign(a.tablet(), passenger.Lead)
	w.ground.SetFault(func(req flightsync.Request, _ bool) error {
		if req.Group == f.A.Flight {
			return nil
		}
		refused := passenger.Errorf(passenger.Forbidden, "x.Y", "not for you")
		refused.RetryAfter = time.Minute
		return refused
	})
	rep, err := a.Sync(t.Context())
	if err != nil || len(rep.Problems) != 1 || rep.RetryAfter != time.Minute || len(w.page(a).Cards) != 1 {
		t.Errorf("%+v, %v", rep, err)
	}
}

// TestGroundAsksForMore measures in a bubble that each round keeps away from ground for what it was
// told, and not for much longer.
func TestGroundAsksForMore(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	a.Close()
	dir := copyDir(t, a.Dir)
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		told := []time.Duration{1, 2, 4, 8, 16, 32, 60, 60, 60}
		hc := crewtest.ServeHandler(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			at = append(at, time.Now())
			rw.Header().Set("Retry-After", fmt.Sprint(int(told[min(len(at), len(told))-1])))
			rw.Header().Set("Content-Type", "application/json")
			rw.WriteHeader(http.StatusTooManyRequests)
			fmt.Fprint(rw, `{"code":"resource_exhausted","message":"busy"}`)
		}))
		c := a.Config
		c.Dir, c.HTTP, c.Now = dir, hc, time.Now
		b, err := Open(c)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		go func() { // a crew that records all the time
			for ctx.Err() == nil {
				b.wake()
				leave(ctx, time.Second)
			}
		}()
		if err := b.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if len(at) < 40 {
			t.Fatalf("%d attempts in an hour", len(at))
		}
		alike := 0
		for i := range at[1:] {
			least := told[min(i, len(told)-1)] * time.Second
			gap := at[i+1].Sub(at[i])
			if gap < least || gap > least*3/2+2*time.Second {
				t.Errorf("attempt %d came %v behind a refusal for %v", i+2, gap, least)
			}
			if gap == least {
				alike++
			}
		}
		if alike > 1 {
			t.Errorf("%d pauses without a random part", alike)
		}
	})
}
