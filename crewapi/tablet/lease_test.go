package tablet

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// TestLeaseEndsAfterLanding: 12 hours after landing the text is hidden at once and destroyed with
// the next round, also without ground. An entry that ground lacks stays, sealed, until it is there.
func TestLeaseEndsAfterLanding(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	w.sync(a)
	landed := t0.Add(10 * time.Hour)
	w.pass(10 * time.Hour)
	f.Move(passenger.Off, t0.Add(2*time.Hour))
	f.Move(passenger.On, landed)
	f.Move(passenger.In, landed.Add(10*time.Minute))
	w.sync(a)
	if _, done := f.View().Fins[4]; !done {
		t.Error("everything is on ground and the tablet did not hand in")
	}
	w.record(a, dot, acted) // after hand-in: voids it
	dir := filepath.Join(a.Dir, "flights", f.A.Flight.String())
	down := passenger.Errorf(passenger.Unavailable, "x.Y", "down")
	w.ground.SetFault(func(flightsync.Request, bool) error { return down })
	w.pass(12*time.Hour - time.Second)
	if c := w.page(a).Cards[0]; c.Expired || c.Note.Name == "" {
		t.Errorf("a second before the end: %+v", c)
	}
	w.pass(time.Second)
	p := w.page(a)
	if c := p.Cards[0]; !c.Expired || c.Note.Name != "" || c.Note.Seat != "" || len(c.Note.Happened) > 0 || c.Note.Words != "" || len(p.Others) > 0 {
		t.Errorf("at the end: %+v, %d others", c, len(p.Others))
	}
	if _, err := a.Sync(t.Context()); passenger.CodeOf(err) != passenger.Unavailable {
		t.Fatal(err)
	}
	if exists(dir) || !exists(a.unsentPath(f.A.Flight)) {
		t.Fatal("the flight is still on disk, or the entry that ground lacks is not")
	}
	if st, err := a.Status(t.Context()); err != nil || st.Pending != 1 || st.Issued != st.OnGround+1 {
		t.Errorf("send-only: %+v, %v", st, err)
	}
	w.ground.SetFault(nil)
	w.sync(a)
	if exists(a.unsentPath(f.A.Flight)) {
		t.Error("the entry is still on disk")
	}
	if n, _ := f.View().Note(dot); len(n.Heads) != 1 {
		t.Errorf("ground: %+v", n.Heads)
	}
	a = w.reopen(a)
	p = w.page(a)
	st, err := a.Status(t.Context())
	if err != nil || p.Stage != passenger.Purged || len(p.Cards) != 0 || st.Issued != st.OnGround || st.Issued < 3 {
		t.Errorf("what is left: %+v, status %+v, %v", p.FlightRow, st, err)
	}
	if _, err := a.Record(t.Context(), w.entry(dot, acted)); passenger.CodeOf(err) != passenger.NotFound {
		t.Errorf("recorded on a destroyed flight: %v", err)
	}
	w.sync(a)
	w.pass(10 * 24 * time.Hour)
	a.Sync(t.Context())
	if after, err := a.Status(t.Context()); err != nil || after.Issued != st.Issued {
		t.Errorf("the count changed from %d to %d, %v", st.Issued, after.Issued, err)
	}
}

// TestLeaseNeverEndsInTheAir: whatever the schedule said, text stays between boarding and landing.
func TestLeaseNeverEndsInTheAir(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	_, _ = w.flight(a)
	w.sync(a)
	late := t0.Add(57 * time.Hour) // an hour before the lease would end
	w.pass(57 * time.Hour)
	if err := a.Movement(t.Context(), key, passenger.Off, late); err != nil {
		t.Fatal(err)
	}
	w.pass(20 * time.Hour) // the note's own expiry has passed as well
	if c := w.page(a).Cards[0]; c.Expired || c.Note.Name == "" {
		t.Errorf("in the air: %+v", c)
	}
	if err := a.Movement(t.Context(), key, passenger.On, w.clock()); err != nil {
		t.Fatal(err)
	}
	if c := w.page(a).Cards[0]; !c.Expired {
		t.Error("the note's expiry has passed and it still shows after landing")
	}
}

func TestLeaseWithoutLanding(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, _ := w.flight(a)
	w.sync(a)
	w.pass(58*time.Hour - time.Second) // scheduled arrival after 10 hours, then 48
	if c := w.page(a).Cards[0]; c.Expired {
		t.Error("expired before its time")
	}
	w.pass(time.Second)
	w.ground.SetFault(func(flightsync.Request, bool) error {
		return passenger.Errorf(passenger.Unavailable, "x.Y", "down")
	})
	a.Sync(t.Context())
	if exists(filepath.Join(a.Dir, "flights", f.A.Flight.String())) {
		t.Error("the flight is on disk after its time, with nothing pending")
	}
}

func TestRemovedFromTheFlight(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	w.sync(a)
	w.record(a, dot, acted)
	f.Remove(a.tablet())
	w.sync(a)
	if n, _ := f.View().Note(dot); len(n.Heads) != 1 {
		t.Errorf("the entry did not get to ground: %+v", n)
	}
	rows, err := a.Flights(t.Context())
	if err != nil || len(rows) != 0 || exists(filepath.Join(a.Dir, "flights", f.A.Flight.String())) {
		t.Errorf("still here: %+v, %v", rows, err)
	}
	if st, _ := a.Status(t.Context()); st.Issued != 2 || st.OnGround != 2 {
		t.Errorf("status: %+v", st)
	}
	f.Assign(a.tablet(), passenger.Cabin)
	w.sync(a)
	if p := w.page(a); len(p.Cards) != 1 || p.Cards[0].Outcome == nil {
		t.Errorf("back on the flight: %+v", p)
	}
}

// TestErasure: the body goes from view and files, the key that held it with it, and the chain
// still verifies.
func TestErasure(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	w.sync(a)
	w.record(a, dot, passenger.Feedback{Outcome: passenger.Acted, Words: "said thanks"})
	w.sync(a)
	own := flightsync.Dot{Author: 4, Seq: 2}
	f.Write(flightsync.Admin, flightsync.EraseDraft([]flightsync.Dot{dot, own}))
	w.sync(a)
	parent := filepath.Join(a.Dir, "flights", f.A.Flight.String())
	if exists(filepath.Join(parent, "1")) || !exists(filepath.Join(parent, "2")) {
		t.Error("the files that held the body are still there")
	}
	a = w.reopen(a)
	c := w.page(a).Cards[0]
	if c.Retracted != flightsync.RetractErased || c.Note.Name != "" || len(c.Note.Happened) > 0 || len(c.Heads) > 0 {
		t.Errorf("the card: %+v", c)
	}
	f.Note(note(2, "2A"))
	w.sync(a)
	if p := w.page(a); len(p.Cards) != 2 || p.Pending != 0 {
		t.Errorf("going on: %+v", p)
	}
}

func TestOrderOfFlights(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	for key, std := range map[string]time.Duration{"KL0001/2026-11-20/AMS": -24 * time.Hour, "KL0002/2026-11-21/AMS": -3 * time.Hour,
		"KL0003/2026-11-21/AMS": 2 * time.Hour, "KL0004/2026-11-22/AMS": 24 * time.Hour, "KL0005/2026-11-22/AMS": 30 * time.Hour} {
		f := w.ground.Flight(key, t0.Add(std))
		f.Assign(a.tablet(), passenger.Lead)
		if std == -3*time.Hour {
			f.Move(passenger.Off, t0.Add(-2*time.Hour))
		}
	}
	w.sync(a)
	rows, err := a.Flights(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, r := range rows {
		got += r.Key.Designator() + " "
	}
	if got != "KL0002 KL0003 KL0004 KL0005 KL0001 " {
		t.Errorf("order: %s", got)
	}
	if a.mu.Lock(); len(a.recent) > openStores {
		t.Errorf("%d stores are open", len(a.recent))
	}
	a.mu.Unlock()
	if _, err := a.Flight(t.Context(), "KL9"); passenger.CodeOf(err) != passenger.NotFound {
		t.Errorf("no such flight: %v", err)
	}
	if _, err := a.Flight(t.Context(), "nonsense"); passenger.CodeOf(err) != passenger.Invalid {
		t.Errorf("no flight at all: %v", err)
	}
}
