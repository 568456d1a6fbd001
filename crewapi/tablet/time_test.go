package tablet

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

const year = 365 * 24 * time.Hour

// away takes ground out of reach and returns what brings it back.
func (w *world) away() (back func()) {
	w.ground.SetFault(func(flightsync.Request, bool) error {
		return passenger.Errorf(passenger.Unavailable, "x.Y", "down")
	})
	was := w.http.Transport
	w.http.Transport = dead{}
	return func() {
		w.ground.SetFault(nil)
		w.http.Transport = was
	}
}

func (w *world) failing(a *Agent) {
	w.Helper()
	if _, err := a.Sync(w.Context()); passenger.CodeOf(err) != passenger.Unavailable {
		w.Fatalf("a round without ground: %v", err)
	}
}

// TestAWrongClockInFlight: whatever the clock says for a while, with or without a new start of the
// program, the flight stays on the tablet and recording goes on.
func TestAWrongClockInFlight(t *testing.T) {
	for name, off := range map[string]time.Duration{"in 2099": 73 * year, "in 1970": -56 * year, "past the lease": 60 * time.Hour, "60 days back": -60 * 24 * time.Hour} {
		for _, restart := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t)
				a := w.tablet()
				f, dot := w.flight(a)
				w.sync(a)
				w.pass(4 * time.Hour)
				back := w.away()
				w.wrong(off)
				if restart {
					a = w.reopen(a)
				}
				w.failing(a)
				p := w.page(a)
				if len(p.Cards) != 1 || p.Cards[0].Expired != (off > 0) || !p.Unsure {
					t.Fatalf("during: %+v", p)
				}
				w.record(a, dot, acted)
				w.pass(3 * time.Hour) // ground said in this run of the machine what time it is
				w.failing(a)
				w.wrong(0)
				if p := w.page(a); p.Unsure || p.Cards[0].Expired || p.Cards[0].Outcome == nil {
					t.Fatalf("right again: %+v", p)
				}
				back()
				w.sync(a)
				if n, _ := f.View().Note(dot); len(n.Heads) != 1 {
					t.Errorf("ground: %+v", n)
				}
			})
		}
	}
}

// TestAClockAloneDestroysAfterTwoHours: after a start of the machine there is only its clock.
func TestAClockAloneDestroysAfterTwoHours(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	w.sync(a)
	w.record(a, dot, acted)
	w.away()
	w.reboot()
	w.wrong(60 * time.Hour)
	a = w.reopen(a)
	dir := filepath.Join(a.Dir, "flights", f.A.Flight.String())
	for range 2 {
		w.failing(a)
		w.pass(standFor/2 - time.Second)
		a = w.reopen(a)
		if !exists(dir) || !w.page(a).Cards[0].Expired {
			t.Fatal("destroyed, or readable, before two hours")
		}
	}
	w.pass(2 * time.Second)
	w.failing(a)
	if exists(dir) || !exists(a.unsentPath(f.A.Flight)) {
		t.Fatal("after two hours the flight is still there, or what ground lacks is not")
	}
}

// TestDestroyedBeforeItsTime: what a wrong time destroyed is loaded again, and every entry counts once.
func TestDestroyedBeforeItsTime(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	second := f.Note(note(2, "2A"))
	w.sync(a)
	w.record(a, dot, acted)
	back := w.away()
	w.reboot()
	w.wrong(60 * time.Hour)
	a = w.reopen(a)
	w.failing(a)
	w.pass(standFor)
	w.failing(a)
	if p := w.page(a); p.Stage != passenger.Purged || p.Pending != 1 {
		t.Fatalf("not destroyed: %+v", p)
	}
	f.Write(flightsync.Admin, flightsync.EraseDraft([]flightsync.Dot{second}))
	w.wrong(0)
	back()
	for range 3 {
		w.sync(a)
	}
	p := w.page(a)
	if len(p.Cards) != 2 || !p.Ready || p.Pending != 0 || p.Unsure {
		t.Fatalf("loaded again: %+v", p)
	}
	for _, c := range p.Cards {
		if c.Dot == dot && (c.Outcome == nil || c.Expired || c.Note.Name == "") || c.Dot == second && (c.Retracted != flightsync.RetractErased || c.Note.Name != "") {
			t.Errorf("card %s: %+v", c.Dot, c)
		}
	}
	w.record(a, dot, passenger.Feedback{Outcome: passenger.Declined})
	w.sync(a)
	n, _ := f.View().Note(dot)
	st, err := a.Status(t.Context())
	if len(n.Heads) != 1 || err != nil || st.Issued != st.OnGround || st.Pending != 0 {
		t.Errorf("ground: %d heads; status %+v, %v", len(n.Heads), st, err)
	}
	if got := len(f.Ops()); got == 0 || st.Issued != tabletOps(f.Ops()) {
		t.Errorf("issued %d, ground holds %d", st.Issued, tabletOps(f.Ops()))
	}
	w.pass(60 * time.Hour)
	w.sync(a)
	w.sync(a)
	if p := w.page(a); p.Stage != passenger.Purged {
		t.Errorf("at the end of its time: %+v", p.FlightRow)
	}
}

func tabletOps(ops []flightsync.Op) (n int) {
	for _, o := range ops {
		if o.Dot.Author > flightsync.Notes {
			n++
		}
	}
	return n
}

// TestAClockSetBackLengthensNothing: the rest of the lease counts in running time.
func TestAClockSetBackLengthensNothing(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, _ := w.flight(a)
	w.sync(a)
	w.away()
	w.wrong(-30 * 24 * time.Hour)
	rest := 58 * time.Hour // as in TestLeaseWithoutLanding
	for range 2 {
		w.reboot()
		a = w.reopen(a)
		w.pass(rest/2 - time.Minute)
		w.failing(a)
		if p := w.page(a); p.Cards[0].Expired || !p.Unsure {
			t.Fatalf("in the lease: %+v", p.Cards[0])
		}
	}
	w.pass(2*time.Minute + time.Second)
	if p := w.page(a); !p.Cards[0].Expired {
		t.Errorf("readable for longer than the lease: %v, %+v", p.Now, a.time.times)
	}
	w.failing(a)
	if exists(filepath.Join(a.Dir, "flights", f.A.Flight.String())) {
		t.Error("the machine's counter and what ground had said agree, and nothing is destroyed")
	}
}

func newKeeper(t *testing.T, w *world) *timekeeper {
	t.Helper()
	k, err := newTimekeeper(filepath.Join(t.TempDir(), "time.json"), w.wall, w.boot)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestTwoTabletsClearTheDoubt(t *testing.T) {
	w := newWorld(t)
	k := newKeeper(t, w)
	k.hear(t0)
	w.reboot()
	w.wrong(-30 * 24 * time.Hour)
	end := t0.Add(time.Hour)
	if _, confirmed := k.now(); confirmed {
		t.Fatal("a clock that went back is confirmed")
	}
	w.pass(2 * time.Hour)
	w.wrong(0)
	k.hearTablet(passenger.TabletID{1}, t0.Add(90*24*time.Hour))
	k.hearTablet(passenger.TabletID{2}, w.clock())
	k.hearTablet(passenger.TabletID{2}, w.clock())
	if k.times.Heard != nobody {
		t.Fatal("one tablet is no two")
	}
	k.hearTablet(passenger.TabletID{3}, w.clock().Add(time.Second))
	if now, confirmed := k.now(); !confirmed || !now.Equal(w.clock()) || !k.sure(end) || k.sure(end.Add(2*time.Hour)) {
		t.Errorf("two say %v, the tablet %v (%t)", w.clock(), now, confirmed)
	}
}

// TestOneWrongMachineOfGround: a time that this tablet's clock and ground itself contradict must
// stand; one that is alone destroys nothing.
func TestOneWrongMachineOfGround(t *testing.T) {
	for _, off := range []time.Duration{-10 * 24 * time.Hour, 10 * 24 * time.Hour, 73 * year} {
		w := newWorld(t)
		k := newKeeper(t, w)
		k.hear(t0)
		for range 5 {
			w.pass(time.Minute)
			k.hear(w.clock().Add(off))
		}
		if now, confirmed := k.now(); !confirmed || !now.Equal(w.clock()) || k.sure(t0.Add(time.Hour)) {
			t.Errorf("off by %v: %v, %t", off, now, confirmed)
		}
		w.pass(oddFor)
		k.hear(w.clock().Add(off))
		if known := k.times.Known.Time; !known.Equal(w.clock().Add(off)) {
			t.Errorf("off by %v it was said for ten minutes, and is not believed: %v", off, known)
		}
		if off > 0 && k.sure(t0.Add(24*time.Hour)) {
			t.Error("ground alone destroys at once")
		}
		k.hear(w.clock())
		if now, confirmed := k.now(); !confirmed || !now.Equal(w.clock()) {
			t.Errorf("right again: %v, %t", now, confirmed)
		}
	}
}

// TestTimeIsWrittenSparingly: a round that brought no news of the time writes nothing.
func TestTimeIsWrittenSparingly(t *testing.T) {
	w := newWorld(t)
	k := newKeeper(t, w)
	k.hear(w.clock())
	wrote := func() bool {
		t.Helper()
		os.Remove(k.path)
		if err := k.save(); err != nil {
			t.Fatal(err)
		}
		return exists(k.path)
	}
	if !wrote() {
		t.Error("the first word of ground is not kept")
	}
	for range 9 {
		w.pass(time.Minute)
		k.hear(w.clock())
		if wrote() {
			t.Fatal("an idle round wrote")
		}
	}
	w.pass(time.Minute)
	if !wrote() {
		t.Error("not written after ten minutes")
	}
	w.wrong(time.Hour)
	if k.now(); !wrote() {
		t.Error("a clock that jumped is not kept")
	}
}

func TestTimesThatCannotBeRead(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	_, _ = w.flight(a)
	w.sync(a)
	for _, name := range []string{"time.json", "time.json" + spare} {
		if err := os.WriteFile(a.path(name), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a = w.reopen(a)
	w.sync(a)
	if p := w.page(a); p.Unsure || p.Cards[0].Expired || a.time.times.Heard != ground {
		t.Errorf("after a broken file: %+v", p)
	}
}
