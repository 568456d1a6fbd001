package scenario_test

import (
	"bytes"
	"strings"
	"sync"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// device is what a crew does with one: the purser's agent on Badger, or a bare replica on memory that
// speaks the same calls.
type device interface {
	Name() string
	ID() passenger.TabletID
	// Sync exchanges every flight with ground until neither side lacks anything.
	Sync() error
	// Notes is what the crew reads of a flight.
	Notes(passenger.FlightKey) []note
	// Record records an outcome of a note; Resolve settles a dispute about it.
	Record(passenger.FlightKey, flightsync.Dot, passenger.Feedback) error
	Resolve(passenger.FlightKey, flightsync.Dot, passenger.Feedback) error
	SeatNow(passenger.FlightKey, passenger.TravellerNo, passenger.Seat) error
	HandIn(passenger.FlightKey) error
	// View is everything that the tablet's ops say of a flight.
	View(passenger.FlightKey) *flightsync.View
	// Offline takes the way to ground away, or gives it back.
	Offline(bool)
	// Skew sets how wrong the tablet's clock goes.
	Skew(time.Duration)
	// Restart ends the program and starts it again.
	Restart()
	// Clone makes a second device of a copy of everything that this one has.
	Clone() device
	// Holds reports whether the body of an op here has words in it.
	Holds(passenger.FlightKey, string) bool
}

// note is a note as the crew reads it.
type note struct {
	Dot       flightsync.Dot
	Traveller passenger.TravellerNo
	Name      string
	Seat      passenger.Seat // with what crew corrected
	Retracted flightsync.RetractReason
	Outcome   passenger.Outcome // "" while there is none
	Disputed  bool
	Verdict   flightsync.VerdictCode // about this tablet's own last entry
}

func (n note) stands() bool { return n.Retracted == "" }

// standing is the one note of a traveller's seat that stands on a tablet.
func (w *world) standing(t device, k passenger.FlightKey, seat passenger.Seat) note {
	w.Helper()
	var found []note
	for _, n := range t.Notes(k) {
		if n.stands() && n.Seat == seat {
			found = append(found, n)
		}
	}
	if len(found) != 1 {
		w.Fatalf("tablet %s shows %d standing notes at %s on %s, want one", t.Name(), len(found), seat, k)
	}
	return found[0]
}

func (w *world) sync(ts ...device) {
	w.Helper()
	for _, t := range ts {
		if err := t.Sync(); err != nil {
			w.Fatalf("tablet %s: %v", t.Name(), err)
		}
	}
}

// record records an outcome of the standing note at a seat.
func (w *world) record(t device, k passenger.FlightKey, seat passenger.Seat, o passenger.Outcome, words ...string) flightsync.Dot {
	w.Helper()
	fb := passenger.Feedback{Outcome: o, Words: strings.Join(words, " ")}
	if o == passenger.NotPossible {
		fb.Reason = passenger.NoStock
	}
	n := w.standing(t, k, seat)
	w.must(t.Record(k, n.Dot, fb))
	return n.Dot
}

// over lands a flight and lets its tablets hand in.
func (w *world) over(k passenger.FlightKey, ts ...device) {
	w.Helper()
	w.move(k, passenger.In)
	w.sync(ts...)
	for _, t := range ts {
		w.must(t.HandIn(k))
	}
	w.sync(ts...)
}

// crewed readies the first flight with both travellers' notes on these tablets, the first one the lead's.
func (w *world) crewed(names ...string) (one, two passenger.LoopID, ts []device) {
	w.Helper()
	w.flight(first, 4*time.Hour, eva, piet)
	one, two = w.complain(eva), w.complain(piet)
	for i, name := range names {
		role := passenger.Cabin
		if i == 0 {
			role = passenger.Lead
		}
		t := w.tablet(name)
		w.assign(first, name, role)
		ts = append(ts, t)
	}
	w.sync(ts...)
	w.sync(ts...) // now each knows the whole roster
	return one, two, ts
}

// tablet enrols a new tablet with the kind of store that is played.
func (w *world) tablet(name string) device {
	w.Helper()
	if w.kind == "memory" {
		return newBare(w, name)
	}
	return newPurser(w, name)
}

// inBodies looks for words in every op body of a store.
func inBodies(s flightsync.Storage, words string) (found bool, err error) {
	st, err := s.State()
	if err != nil {
		return false, err
	}
	for _, l := range st.Lanes {
		if l.Seq == 0 {
			continue
		}
		if err := s.Ops(l.Author, 1, func(o flightsync.Op) bool {
			found = found || bytes.Contains(o.Body, []byte(words))
			return o.Dot.Seq < l.Seq
		}); err != nil {
			return found, err
		}
	}
	return found, nil
}

// notesOf reads notes off a view; mine are the reader's own lanes.
func notesOf(v *flightsync.View, mine func(flightsync.Author) bool) (out []note) {
	for _, n := range v.Notes {
		x := note{Dot: n.Dot, Traveller: n.Note.Traveller, Name: n.Note.Name, Seat: n.Note.Seat, Retracted: n.Retracted, Disputed: n.Disputed()}
		if t, ok := v.Traveller(n.Note.Traveller); ok && !t.Removed {
			x.Name, x.Seat = t.Name, t.At()
		}
		if n.Erased {
			x.Name, x.Seat, x.Retracted = "", "", flightsync.RetractErased
		}
		if fb, ok := n.Outcome(); ok {
			x.Outcome = fb.Outcome
		}
		for _, h := range n.Heads {
			for _, v := range v.Verdicts {
				if mine(h.By) && v.Author == h.By && v.From <= h.Dot.Seq && h.Dot.Seq <= v.To {
					x.Verdict = v.Code
				}
			}
		}
		out = append(out, x)
	}
	return out
}

// logged is a log that can be searched. It is safe for concurrent use.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) has(words string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Contains(l.b.Bytes(), []byte(words))
}
