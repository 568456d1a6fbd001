package tablet

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/passenger"
)

// flights assigns n flights of which the i-th departs at std(i).
func (w *world) flights(a *Agent, n int, std func(i int) time.Time) (out []*crewtest.Flight) {
	for i := range n {
		at := std(i)
		f := w.ground.Leg(fmt.Sprintf("KL%d/%s/AMS", 1000+i, at.Format(time.DateOnly)), at, 2*time.Hour)
		f.Assign(a.tablet(), passenger.Lead)
		out = append(out, f)
	}
	return out
}

// index is the file flights.json as it stands on disk: another one after each write.
func (w *world) index(a *Agent) os.FileInfo {
	w.Helper()
	info, err := os.Stat(a.path("flights.json"))
	if err != nil {
		w.Fatal(err)
	}
	return info
}

// quiet reports whether fn neither replaced flights.json nor told anybody of a flight.
func (w *world) quiet(a *Agent, what string, fn func()) {
	w.Helper()
	told := 0
	defer a.OnChange(func(passenger.FlightKey) { told++ })()
	before, saves := w.index(a), a.saves()
	fn()
	if after := w.index(a); !os.SameFile(before, after) || a.saves() != saves || told > 0 {
		w.Errorf("%s: flights.json written %d times, %d flights told of", what, a.saves()-saves, told)
	}
}

// TestQuietRoundWritesNothing: with however many flights on ground's side, past or to come, under
// a ground that lists what matters or everything.
func TestQuietRoundWritesNothing(t *testing.T) {
	past := func(i int) time.Time { return t0.Add(-passenger.LineLife - time.Duration(i+3)*time.Hour) }
	ahead := func(i int) time.Time { return t0.Add(time.Duration(i+1) * time.Hour) }
	for _, tc := range []struct {
		name string
		n    int
		std  func(int) time.Time
		want int // on the tablet
	}{{"none", 0, past, 0}, {"one past", 1, past, 0}, {"40 past", 40, past, 0}, {"600 past", 600, past, 0}, {"one ahead", 1, ahead, 1}, {"five ahead", 5, ahead, 5}} {
		for _, all := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, everything listed %t", tc.name, all), func(t *testing.T) {
				w := newWorld(t)
				w.ground.All = all
				a := w.tablet()
				w.flights(a, tc.n, tc.std)
				w.sync(a)
				w.pass(time.Minute)
				w.sync(a)
				for i := range 3 {
					w.pass(time.Minute)
					w.quiet(a, fmt.Sprintf("round %d", i), func() { w.sync(a) })
				}
				a = w.reopen(a)
				w.quiet(a, "the first round of a program started again", func() { w.sync(a) })
				if got := len(a.list()); got != tc.want {
					t.Errorf("%d flights on the tablet, want %d", got, tc.want)
				}
			})
		}
	}
}

// TestTimeOfLastRoundIsKept: not with every round, but not much behind either.
func TestTimeOfLastRoundIsKept(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	w.sync(a)
	for range 5 {
		w.pass(syncedEvery / 4)
		w.sync(a)
	}
	last := w.clock()
	st, err := a.Status(t.Context())
	if err != nil || !st.LastSync.Equal(last) {
		t.Errorf("the last round was at %v, %v; want %v", st.LastSync, err, last)
	}
	if st, err = w.reopen(a).Status(t.Context()); err != nil || last.Sub(st.LastSync) >= syncedEvery {
		t.Errorf("after a restart at %v, %v; want %v or a little before", st.LastSync, err, last)
	}
}

// TestManyFlightsLeaveAtOnce: the index is saved once for all that a round takes off the list, and
// before anything of them goes.
func TestManyFlightsLeaveAtOnce(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	w.flights(a, 5, func(i int) time.Time { return t0.Add(time.Duration(i) * time.Hour) })
	w.sync(a)
	w.pass(passenger.NoteLifeAfterSTA + 30*time.Hour)
	w.sync(a) // leases end
	w.pass(passenger.LineLife)
	saves := a.saves()
	w.sync(a)
	if got := a.saves() - saves; len(a.list()) != 0 || got > 2 { // the flights, and the time of the round
		t.Errorf("%d flights left; the index was written %d times", len(a.list()), got)
	}
	left, err := os.ReadDir(a.path("flights"))
	if err != nil || len(left) != 0 {
		t.Errorf("%d directories stay, %v", len(left), err)
	}
	w.quiet(a, "afterwards", func() { w.sync(a) })
	if st, err := w.reopen(a).Status(t.Context()); err != nil || st.Flights != 0 {
		t.Errorf("after a restart: %+v, %v", st, err)
	}
}

// TestOwedPastFlight: a flight older than what ground lists is named to it while entries wait, and
// leaves the list when they have arrived.
func TestOwedPastFlight(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	w.sync(a)
	w.record(a, dot, acted)
	w.pass(passenger.LineLife + 200*time.Hour) // the tablet lay in a drawer
	a.sweepAll()
	hs := a.holdings(nil)
	if len(hs) != 1 || !hs[0].Owed || !hs[0].LeaseEnd.IsZero() {
		t.Fatalf("holdings: %+v", hs)
	}
	w.sync(a)
	if s := f.View().Sums(); s.Acted != 1 {
		t.Errorf("sums on ground: %+v", s)
	}
	if got := len(a.list()); got != 0 {
		t.Errorf("%d flights stay on the list", got)
	}
	w.quiet(a, "afterwards", func() { w.sync(a) })
}

// TestNearestFlightsComeFirst: what is cut to the first few, on the LAN and in calls to ground, has
// the flight of now among them, however many stand before and behind it.
func TestNearestFlightsComeFirst(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	fs := w.flights(a, 13, func(i int) time.Time { return t0.Add(time.Duration(i-9) * 3 * time.Hour) })
	w.sync(a)
	now := fs[9].A.Flight
	if groups := a.lanGroups(); len(groups) != 13 || groups[0] != now {
		t.Errorf("on the LAN: %d flights, %v first", len(groups), groups[0])
	}
	if hs := a.holdings(a.vectors()); len(hs) != 13 || hs[0].Flight != now || !hs[0].Begun {
		t.Errorf("to ground: %d flights, %+v first", len(hs), hs[0])
	}
}
