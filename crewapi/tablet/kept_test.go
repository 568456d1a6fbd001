package tablet

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/badgerstore"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// sound counts what a flight's page shows: notes that stand, and those with an outcome.
func sound(p FlightPage) (notes, outcomes int) {
	for _, c := range p.Cards {
		if c.Retracted == "" && !c.Expired {
			notes++
		}
		if c.Outcome != nil {
			outcomes++
		}
	}
	return notes, outcomes
}

// flipped lists copies of a flight's store with one byte flipped each, spread over its files.
func flipped(t *testing.T, store string, perFile int, try func(name string, damage func(store string))) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(store, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if b = bytes.TrimRight(b, "\x00"); err != nil || len(b) == 0 { // a directory, or nothing in it
			continue
		}
		for i := range perFile {
			at, name := (2*i+1)*len(b)/(2*perFile), filepath.Base(path)
			try(fmt.Sprintf("%s byte %d of %d", name, at, len(b)), func(store string) {
				f, err := os.OpenFile(filepath.Join(store, name), os.O_RDWR, 0)
				if err == nil {
					_, err = f.WriteAt([]byte{b[at] ^ 0x20}, int64(at))
				}
				if err == nil {
					err = f.Close()
				}
				if err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}

// TestOneByteOffline flips one byte of a flight's store at a time, with no ground in reach: all notes
// but the one that was hit can be read, what waits for ground is counted, an entry is taken and outlives
// a restart; with ground in reach everything is there, once.
func TestOneByteOffline(t *testing.T) {
	perFile := 12
	if testing.Short() {
		perFile = 3
	}
	for _, killed := range []bool{false, true} {
		w := newWorld(t)
		a := w.tablet()
		f, first := w.flight(a)
		dots := []flightsync.Dot{first}
		for i := range 5 {
			dots = append(dots, f.Note(note(passenger.TravellerNo(2+i%2), passenger.Seat(fmt.Sprintf("%dA", 2+i)))))
		}
		w.sync(a)
		w.record(a, dots[0], acted)
		w.sync(a)
		a.Close()
		taps := []Entry{w.entry(dots[1], acted), w.entry(dots[2], passenger.Feedback{Outcome: passenger.Declined, Words: "asleep, ask later"})}
		if killed {
			w.killed(order{Dir: a.Dir, Record: taps})
		} else {
			a = w.open(a.Dir)
			for _, e := range taps {
				if _, err := a.Record(t.Context(), e); err != nil {
					t.Fatal(err)
				}
			}
			a.Close()
		}
		restore := f.Snapshot()
		rel := filepath.Join("flights", f.A.Flight.String(), "1")
		flipped(t, filepath.Join(a.Dir, rel), perFile, func(name string, damage func(string)) {
			restore()
			w.cut()
			dir := copyDir(t, a.Dir)
			damage(filepath.Join(dir, rel))
			b := w.open(dir)
			defer b.Close()
			p := w.page(b)
			notes, outcomes := sound(p)
			if notes < 5 || notes == 5 && p.Damaged == 0 || outcomes < 2 || p.Pending < 2 || p.Unknown || !p.Ready || len(p.Others) < 2 && p.Damaged == 0 {
				t.Errorf("%s: offline %d notes, %d outcomes, %d pending, %d damaged, ready %v, %d others", name, notes, outcomes, p.Pending, p.Damaged, p.Ready, len(p.Others))
			}
			e := w.entry(dots[3], acted)
			if notes == 5 {
				e = w.entry(p.Cards[len(p.Cards)-1].Dot, acted)
			}
			if _, err := b.Record(t.Context(), e); err != nil {
				t.Fatalf("%s: the tap: %v", name, err)
			}
			b.Close()
			b = w.open(dir)
			defer b.Close()
			if n, _ := b.Status(t.Context()); n.Pending < p.Pending {
				t.Errorf("%s: %d pending after a restart, %d before", name, n.Pending, p.Pending)
			}
			w.ground.SetFault(nil)
			w.sync(b)
			v := f.View()
			for i, d := range append(dots[:3:3], e.Note) {
				if n, _ := v.Note(d); len(n.Heads) != 1 {
					t.Errorf("%s: ground has %d outcomes of note %d", name, len(n.Heads), i)
				}
			}
			p = w.page(b)
			notes, _ = sound(p)
			if st, err := b.Status(t.Context()); err != nil || notes != 6 || st.Pending != 0 || st.Unknown != 0 || len(v.Quarantine) != 0 || st.Issued != st.OnGround {
				t.Errorf("%s: after contact %d notes, %d pending, issued %d, on ground %d, quarantine %v, %v", name, notes, st.Pending, st.Issued, st.OnGround, v.Quarantine, err)
			}
			if t.Failed() {
				t.Logf("%s: damaged %d", name, p.Damaged)
			}
		})
	}
}

// gap loses one op of this tablet's own lane, in a store that is then repaired; without sealed it loses
// the sealed copies too.
func (w *world) gap(a *Agent, seq uint64, sealed bool) {
	w.Helper()
	f, err := a.find("test", key)
	if err != nil {
		w.Fatal(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.use(); err != nil {
		w.Fatal(err)
	}
	lost := flightsync.Dot{Author: f.rep.State().Me, Seq: seq}
	var gone []badgerstore.Meta
	if err := f.db.Metas(metaSealed, func(name string, _ []byte) bool {
		gone = append(gone, badgerstore.Meta{Name: name, Gone: true})
		return true
	}); err != nil {
		w.Fatal(err)
	}
	if !sealed {
		if err := writeMetas(f.db, gone); err != nil {
			w.Fatal(err)
		}
	}
	rec := f.record()
	f.shut()
	left, err := f.salvage(rec)
	if err != nil {
		w.Fatal(err)
	}
	left.Ops = slices.DeleteFunc(left.Ops, func(o flightsync.Op) bool { return o.Dot == lost })
	left.Damaged = append(left.Damaged, lost)
	if err := f.renewFrom(rec, left); err != nil {
		w.Fatal(err)
	}
	if f.rep.State().Me != flightsync.Nobody {
		w.Fatal("the own lane has no gap")
	}
}

// TestManyRescued: a store with many entries that ground lacks loses one of the first of its own lane,
// again and again; each entry comes to ground once, and those of meanwhile too.
func TestManyRescued(t *testing.T) {
	for _, sealed := range []bool{true, false} {
		t.Run(fmt.Sprintf("sealed copies %v", sealed), func(t *testing.T) {
			w := newWorld(t)
			a := w.tablet()
			f, dot := w.flight(a)
			second := f.Note(note(2, "2A"))
			w.sync(a)
			w.cut()
			w.record(a, second, acted)
			const n = 300
			for i := range n {
				w.record(a, dot, passenger.Feedback{Outcome: []passenger.Outcome{passenger.Acted, passenger.Declined}[i%2], Words: strings.Repeat("w", 400)})
			}
			gift := w.entry(dot, passenger.Feedback{Outcome: passenger.Declined, Words: strings.Repeat("w", 400)})
			gift.Gesture = passenger.Drink
			if _, err := a.Record(t.Context(), gift); err != nil {
				t.Fatal(err)
			}
			w.gap(a, 2, sealed)
			p := w.page(a)
			card := p.Cards[slices.IndexFunc(p.Cards, func(c NoteCard) bool { return c.Dot == dot })]
			if p.Pending < n || card.Outcome == nil || len(card.Gestures) != 1 {
				t.Fatalf("offline: %d pending, %d gestures", p.Pending, len(card.Gestures))
			}
			if err := a.VoidGesture(t.Context(), key, card.Gestures[0].Dot, w.nonce()); err != nil {
				t.Fatal(err)
			}
			w.record(a, dot, passenger.Feedback{Outcome: passenger.NotPossible, Reason: passenger.Asleep})
			fl, _ := a.find("test", key)
			fl.mu.Lock()
			err := fl.renew() // the rescue is rescued
			fl.mu.Unlock()
			if err != nil {
				t.Fatal(err)
			}
			a = w.reopen(a)
			w.ground.SetFault(nil)
			w.sync(a)
			w.sync(a)
			v := f.View()
			nonces := map[[8]byte]int{}
			for _, o := range f.Ops() {
				if k := o.Header.Kind; k == flightsync.KindOutcome || k == flightsync.KindGesture || k == flightsync.KindVoid {
					nonces[o.Header.Nonce]++
				}
			}
			lost := 0
			for i := uint64(1); i <= w.n; i++ {
				var nonce [8]byte
				nonce[7], nonce[6] = byte(i), byte(i>>8)
				switch got := nonces[nonce]; {
				case got == 0:
					lost++
				case got != 1:
					t.Errorf("nonce %d is on ground %d times", i, got)
				}
			}
			most := 1 // the code of the enrolment
			if !sealed {
				most = 2 // and the entry that was lost
			}
			if lost > most {
				t.Errorf("%d entries are not on ground", lost-1)
			}
			note, _ := v.Note(dot)
			if len(note.Heads) != 1 || note.Heads[0].Feedback.Outcome != passenger.NotPossible || len(v.Gestures) != 1 || !v.Gestures[0].Voided || len(v.Quarantine) != 0 {
				t.Errorf("ground: %d heads, %d gestures, quarantine %v", len(note.Heads), len(v.Gestures), v.Quarantine)
			}
			if st, err := a.Status(t.Context()); err != nil || st.Pending != 0 {
				t.Errorf("%d pending, %v", st.Pending, err)
			}
		})
	}
}

// TestLeaseEndsWithRescued: entries that wait in a rescue when the lease ends go sealed to ground.
func TestLeaseEndsWithRescued(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	second, third := f.Note(note(2, "2A")), f.Note(note(3, "31F"))
	w.sync(a)
	w.cut()
	w.record(a, dot, acted)
	w.record(a, second, acted)
	w.gap(a, 2, true)
	w.record(a, third, acted) // behind the gap, in no lane
	if p := w.page(a); p.Pending != 3 {
		t.Errorf("%d pending", p.Pending)
	}
	w.pass(72 * time.Hour)
	a.Sync(t.Context())
	if st, err := a.Status(t.Context()); err != nil || st.Pending < 3 {
		t.Errorf("after the lease: %d pending, %v", st.Pending, err)
	}
	w.ground.SetFault(nil)
	w.sync(a)
	for i, d := range []flightsync.Dot{dot, second, third} {
		if n, _ := f.View().Note(d); len(n.Heads) != 1 {
			t.Errorf("ground has %d outcomes of note %d", len(n.Heads), i)
		}
	}
	if st, err := a.Status(t.Context()); err != nil || st.Pending != 0 || len(f.View().Quarantine) != 0 {
		t.Errorf("at the end: %d pending, quarantine %v, %v", st.Pending, f.View().Quarantine, err)
	}
}
