package tablet

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// TestKilled kills the tablet's process after each step and goes on in a new one: what was
// recorded is there, pending is known, and nothing counts twice.
func TestKilled(t *testing.T) {
	w := newWorld(t)
	url := w.overTCP()
	dir := t.TempDir()
	w.killed(order{Dir: dir, Enrol: "CODE", Ground: url})
	a := w.open(dir)
	f, dot := w.flight(a)
	a.Close()
	w.killed(order{Dir: dir, Sync: true})
	e := w.entry(dot, acted)
	e.Gesture = passenger.Drink
	w.killed(order{Dir: dir, Record: []Entry{e, e}})
	w.killed(order{Dir: dir, Record: []Entry{e}}) // the form comes again, after the kill
	a = w.open(dir)
	if c := w.page(a).Cards[0]; c.Outcome == nil || c.Mark != MarkSaved || len(c.Gestures) != 1 {
		t.Fatalf("after a kill behind the record: %+v", c)
	}
	a.Close()
	// Ground takes the exchange and its answer is lost; then the tablet dies.
	w.ground.SetFault(func(_ flightsync.Request, after bool) error {
		if after {
			return passenger.Errorf(passenger.Unavailable, "x.Y", "the link is gone")
		}
		return nil
	})
	if said := w.killed(order{Dir: dir, Sync: true}); len(said) != 1 || said[0] != "synced unavailable" {
		t.Fatalf("a lost answer: %q", said)
	}
	w.ground.SetFault(nil)
	a = w.open(dir)
	if st, err := a.Status(t.Context()); err != nil || st.Pending != 2 || w.page(a).Cards[0].Mark != MarkSaved {
		t.Errorf("without ground's answer: %+v, %v", st, err)
	}
	a.Close()
	w.killed(order{Dir: dir, Sync: true})
	a = w.open(dir)
	if got := w.page(a).Cards[0].Mark; got != MarkGround {
		t.Errorf("mark = %v after ground's answer and a kill", got)
	}
	n, _ := f.View().Note(dot)
	if len(n.Heads) != 1 || len(f.View().Gestures) != 1 || f.View().Vector.Of(4) != 3 {
		t.Errorf("ground has %d outcomes, %d gestures, vector %v", len(n.Heads), len(f.View().Gestures), f.View().Vector)
	}
}

func TestDirectoryHasOneOwner(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	_, err := Open(a.Config)
	if passenger.CodeOf(err) != passenger.Unavailable || !strings.Contains(passenger.Public(err), "purser serve") {
		t.Errorf("a second owner: %v", err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Sync(t.Context()); passenger.CodeOf(err) != passenger.Unavailable {
		t.Errorf("sync after close: %v", err)
	}
	b, err := Open(a.Config)
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
}

// TestRestoredFromOldCopy: somebody puts an old copy of the directory back, and the crew goes
// on recording before ground is in reach. Both histories end up on ground, each entry once.
func TestRestoredFromOldCopy(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	second := f.Note(note(2, "2A"))
	w.sync(a)
	a.Close()
	old := copyDir(t, a.Dir)
	a = w.open(a.Dir)
	e := w.entry(dot, acted)
	e.Gesture = passenger.Drink
	if _, err := a.Record(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	w.sync(a)
	a.Close()
	a = w.open(old)
	g := w.entry(second, passenger.Feedback{Outcome: passenger.Declined})
	g.Gesture = passenger.Miles
	if _, err := a.Record(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	if err := a.Seen(t.Context(), key, dot); err != nil {
		t.Fatal(err)
	}
	w.sync(a)
	v := f.View()
	n1, _ := v.Note(dot)
	n2, _ := v.Note(second)
	if len(n1.Heads) != 1 || len(n2.Heads) != 1 || len(v.Gestures) != 2 || len(v.Quarantine) != 0 {
		t.Errorf("ground: %d and %d outcomes, gestures %+v, quarantine %v", len(n1.Heads), len(n2.Heads), v.Gestures, v.Quarantine)
	}
	p := w.page(a)
	if p.Pending != 0 || p.Cards[0].Outcome == nil || p.Cards[1].Outcome == nil {
		t.Errorf("tablet: pending %d, %+v", p.Pending, p.Cards)
	}
	w.record(a, dot, passenger.Feedback{Outcome: passenger.Declined})
	w.sync(a)
	if n, _ := f.View().Note(dot); len(n.Heads) != 1 || n.Heads[0].Feedback.Outcome != passenger.Declined {
		t.Errorf("after going on: %+v", n.Heads)
	}
}

// TestStoreLosesItsTail: the store alone goes back while flights.json and HIGH know better. The
// crew goes on; what was lost comes back, and what was written meanwhile finds a home.
func TestStoreLosesItsTail(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	w.sync(a)
	a.Close()
	old := copyDir(t, a.Dir)
	a = w.open(a.Dir)
	w.record(a, dot, acted)
	w.sync(a)
	a.Close()
	store := filepath.Join("flights", f.A.Flight.String(), "1")
	high, err := os.ReadFile(filepath.Join(a.Dir, store, "HIGH"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(old, store, "HIGH"), high, 0o600); err != nil {
		t.Fatal(err)
	}
	a = w.open(old)
	if err := a.Seen(t.Context(), key, dot); err != nil {
		t.Error(err)
	}
	w.sync(a)
	if c := w.page(a).Cards[0]; c.Outcome == nil || c.Mark != MarkGround {
		t.Errorf("the lost entry did not come back: %+v", c)
	}
	w.record(a, dot, passenger.Feedback{Outcome: passenger.Declined})
	w.sync(a)
	v := f.View()
	if n, _ := v.Note(dot); len(n.Heads) != 1 || len(v.Quarantine) != 0 || len(v.Roster) != 3 {
		t.Errorf("ground: %+v, quarantine %v, roster %v", n.Heads, v.Quarantine, v.Roster)
	}
	if st, _ := a.Status(t.Context()); st.Pending != 0 || st.Issued != st.OnGround {
		t.Errorf("status: %+v", st)
	}
}

// TestDamagedNote: one note cannot be read. The others show, and the next exchange heals it without
// losing or doubling what the crew recorded, on ground already or not.
func TestDamagedNote(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	second := f.Note(note(2, "2A"))
	w.sync(a)
	e := w.entry(dot, acted)
	e.Gesture = passenger.Drink
	if _, err := a.Record(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	w.sync(a)
	g := w.entry(dot, passenger.Feedback{Outcome: passenger.Declined})
	g.Gesture = passenger.Miles
	card, err := a.Record(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	for _, given := range card.Gestures {
		if given.Code == passenger.Miles {
			if err := a.VoidGesture(t.Context(), key, given.Dot, w.nonce()); err != nil {
				t.Fatal(err)
			}
		}
	}
	fl, err := a.find("test", key)
	if err != nil {
		t.Fatal(err)
	}
	fl.mu.Lock()
	fl.bad, fl.folded = []flightsync.Dot{second}, nil
	fl.ops = slices.DeleteFunc(fl.ops, func(o flightsync.Op) bool { return o.Dot == second })
	fl.mu.Unlock()
	if p := w.page(a); len(p.Cards) != 1 || p.Cards[0].Dot != dot {
		t.Fatalf("with a damaged note: %+v", p.Cards)
	}
	w.sync(a)
	p := w.page(a)
	if len(p.Cards) != 2 || p.Pending != 0 {
		t.Fatalf("not healed: %d cards, %d pending", len(p.Cards), p.Pending)
	}
	v := f.View()
	n, _ := v.Note(dot)
	if len(n.Heads) != 1 || n.Heads[0].Feedback.Outcome != passenger.Declined || len(v.Gestures) != 2 || len(v.Quarantine) != 0 {
		t.Errorf("ground: %+v, gestures %+v, quarantine %v", n.Heads, v.Gestures, v.Quarantine)
	}
	for _, g := range v.Gestures {
		if g.Voided != (g.Code == passenger.Miles) {
			t.Errorf("gesture %+v", g)
		}
	}
}

func TestIndexFallsBack(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	w.flight(a)
	w.sync(a)
	w.sync(a)
	a.Close()
	if err := os.WriteFile(filepath.Join(a.Dir, "flights.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	a = w.open(a.Dir)
	if p := w.page(a); len(p.Cards) != 1 {
		t.Errorf("the page: %+v", p)
	}
}

// TestNothingReadableOnDisk: names, seats and words of passengers are nowhere in the directory, nor
// in the log.
func TestNothingReadableOnDisk(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	w.sync(a)
	w.record(a, dot, passenger.Feedback{Outcome: passenger.Declined, Words: "slept like a stone"})
	if err := a.SeatNow(t.Context(), key, 2, "17K", w.nonce()); err != nil {
		t.Fatal(err)
	}
	w.ground.SetFault(func(flightsync.Request, bool) error {
		return passenger.Errorf(passenger.Unavailable, "x.Y", "down")
	})
	a.Sync(t.Context()) // logs a failure
	w.ground.SetFault(nil)
	f.Write(flightsync.Notes, flightsync.RetractDraft(dot, 1, flightsync.RetractSettled))
	w.sync(a)
	a.Close()
	secrets := []string{"Jansen", "Vries", "Quill", "14C", "31F", "17K", "cold soup", "slept like", a.device.Token}
	for _, s := range secrets {
		if strings.Contains(w.log.String(), s) {
			t.Errorf("the log holds %q", s)
		}
	}
	if !strings.Contains(w.log.String(), "exchange failed") {
		t.Error("the log is empty")
	}
	err := filepath.WalkDir(a.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		for _, s := range secrets {
			if bytes.Contains(b, []byte(s)) && !(s == a.device.Token && strings.HasPrefix(d.Name(), "device.json")) {
				t.Errorf("%s holds %q", d.Name(), s)
			}
		}
		if info, e := d.Info(); e != nil || strings.HasPrefix(d.Name(), "device.json") && info.Mode().Perm() != 0o600 {
			t.Errorf(d.Name()+" has mode %v, %v", info.Mode(), e)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
