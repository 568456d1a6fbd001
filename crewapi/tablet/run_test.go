package tablet

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// running starts Run and returns what stops it and waits.
func running(a *Agent) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var part sync.WaitGroup
	part.Go(func() { a.Run(ctx) })
	return func() { cancel(); part.Wait() }
}

// wait waits until something becomes true; real stores do not live in a synctest bubble.
func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 3000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s: never", what)
}

// TestRunKeepsInTouch: news comes by the stream, entries go at once, without anybody asking.
func TestRunKeepsInTouch(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	var mu sync.Mutex
	told := map[passenger.FlightKey]int{}
	defer a.OnChange(func(k passenger.FlightKey) { mu.Lock(); told[k]++; mu.Unlock() })()
	stop := running(a)
	defer stop()
	wait(t, "first load", func() bool {
		p, err := a.Flight(t.Context(), key)
		return err == nil && p.Ready && len(p.Cards) == 1
	})
	w.record(a, dot, acted)
	wait(t, "the entry on ground", func() bool { n, _ := f.View().Note(dot); return len(n.Heads) == 1 })
	wait(t, "the mark", func() bool { return w.page(a).Cards[0].Mark == MarkGround })
	more := f.Note(note(2, "2A"))
	wait(t, "a note by the stream", func() bool { return len(w.page(a).Cards) == 2 })
	wait(t, "its delivery known on ground", func() bool { n, _ := f.View().Note(more); return n.Delivered })
	g := w.ground.Flight("KL0855/2026-11-22/AMS", t0.Add(24*time.Hour))
	g.Assign(a.tablet(), passenger.Cabin)
	wait(t, "a new flight", func() bool {
		rows, err := a.Flights(t.Context())
		return err == nil && len(rows) == 2 && rows[1].Ready
	})
	mu.Lock()
	defer mu.Unlock()
	if told[f.A.Key] < 3 || told[g.A.Key] < 1 {
		t.Errorf("told of changes: %v", told)
	}
}

// TestGroundComesBack: ground is away, the crew records, ground comes back: all goes over.
func TestGroundComesBack(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	w.sync(a)
	alive := w.http.Transport
	w.http.Transport = dead{}
	stop := running(a)
	w.record(a, dot, acted)
	wait(t, "a failed round", func() bool { st, err := a.Status(t.Context()); return err == nil && st.LastError != "" })
	stop()
	w.http.Transport = alive
	defer running(a)()
	wait(t, "the entry on ground", func() bool { n, _ := f.View().Note(dot); return len(n.Heads) == 1 })
}

// TestBackoff measures the pauses between attempts in a bubble: they grow, stay bounded, never end.
func TestBackoff(t *testing.T) {
	dir := t.TempDir()
	w := newWorld(t)
	a := w.tablet()
	a.Close()
	dir = copyDir(t, a.Dir)
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		start := time.Now()
		hc := crewtest.ServeHandler(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			at = append(at, time.Since(start))
			http.Error(rw, "away", http.StatusBadGateway)
		}))
		c := a.Config
		c.Dir, c.HTTP, c.Now = dir, hc, time.Now
		b, err := Open(c)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Hour)
		defer cancel()
		if err := b.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if len(at) < 4*60/2 || len(at) > 4*60*60/20 {
			t.Errorf("%d attempts in four hours without ground", len(at))
		}
		for i := 1; i < len(at); i++ {
			if gap := at[i] - at[i-1]; gap > retryMost+time.Second {
				t.Errorf("a pause of %v behind attempt %d", gap, i)
			}
		}
	})
}

func TestBackoffDoubles(t *testing.T) {
	var b backoff
	for _, want := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second, 64 * time.Second, 2 * time.Minute, 2 * time.Minute} {
		if got := b.next(uplink.For(uplink.Gate)); got != want {
			t.Errorf("next = %v, want %v", got, want)
		}
	}
}

// TestGroundRestoredFromBackup: ground's vector goes back; the tablet sends again what is missing.
func TestGroundRestoredFromBackup(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	w.sync(a)
	restore := f.Snapshot()
	w.record(a, dot, acted)
	w.sync(a)
	restore()
	if n, _ := f.View().Note(dot); len(n.Heads) != 0 {
		t.Fatal("the backup holds the entry")
	}
	w.sync(a)
	if n, _ := f.View().Note(dot); len(n.Heads) != 1 || w.page(a).Cards[0].Mark != MarkGround {
		t.Errorf("after the restore: %+v", n.Heads)
	}
}

// TestSmallBudget: a first load in many small answers, some of them lost.
func TestSmallBudget(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, _ := w.flight(a)
	for i := range 40 {
		f.Note(note(passenger.TravellerNo(i%3+1), "14C"))
	}
	w.ground.Budget = 1000
	lost := 0
	w.ground.SetFault(func(_ flightsync.Request, after bool) error {
		if after {
			if lost++; lost%3 == 0 {
				return passenger.Errorf(passenger.Unavailable, "x.Y", "lost")
			}
		}
		return nil
	})
	for range 100 {
		a.Sync(t.Context())
		if p := w.page(a); len(p.Cards) == 41 && p.Pending == 0 {
			return
		}
	}
	t.Errorf("only %d of 41 notes after a hundred rounds", len(w.page(a).Cards))
}

// TestOneFlightFails: it does not hold up the others.
func TestOneFlightFails(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	bad := w.ground.Flight("KL0001/2026-11-21/AMS", t0)
	bad.Assign(a.tablet(), passenger.Lead)
	w.flight(a)
	w.ground.SetFault(func(req flightsync.Request, _ bool) error {
		if req.Group == bad.A.Flight {
			return passenger.Errorf(passenger.Internal, "x.Y", "broken")
		}
		return nil
	})
	rep, err := a.Sync(t.Context())
	if err != nil || len(rep.Problems) != 1 || len(w.page(a).Cards) != 1 {
		t.Errorf("%+v, %v", rep, err)
	}
	if st, _ := a.Status(t.Context()); st.LastError != "KL0001/2026-11-21/AMS: broken" {
		t.Errorf("last error %q", st.LastError)
	}
}

func TestEnrolAgain(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	w.sync(a)
	w.record(a, dot, acted)
	w.ground.Code("again")
	before := a.tablet()
	if err := a.Enrol(t.Context(), crewtest.URL, "wrong", "x"); passenger.CodeOf(err) != passenger.Forbidden || a.tablet() != before {
		t.Errorf("a wrong code: %v", err)
	}
	if err := a.Enrol(t.Context(), "http://ground.example", "again", "x"); passenger.CodeOf(err) != passenger.Invalid {
		t.Errorf("a token in the clear: %v", err)
	}
	if err := a.Enrol(t.Context(), crewtest.URL, "again", "x"); err != nil || a.tablet() == before {
		t.Errorf("enrolling again: %v", err)
	}
	a = w.reopen(a)
	if st, err := a.Status(t.Context()); err != nil || st.Pending != 1 {
		t.Errorf("what waited after enrolling again: %+v, %v", st, err)
	}
	if rep := w.sync(a); rep.Pending != 0 || rep.Sent != 2 { // and that the note is here, for which ground has not signed
		t.Errorf("handed over as the tablet of before: %+v", rep)
	}
	if n, _ := f.View().Note(dot); len(n.Heads) != 1 {
		t.Errorf("on ground: %+v", n.Heads)
	}
	if rows, _ := a.Flights(t.Context()); len(rows) != 0 {
		t.Errorf("the old tablet's flights: %+v", rows)
	}
	w.sync(a)
}

func TestNotEnrolled(t *testing.T) {
	w := newWorld(t)
	a := w.open(t.TempDir())
	if _, err := a.Sync(t.Context()); passenger.CodeOf(err) != passenger.SignedOut {
		t.Errorf("sync: %v", err)
	}
	if st, err := a.Status(t.Context()); err != nil || st.Enrolled {
		t.Errorf("status: %+v, %v", st, err)
	}
}
