package tablet

import (
	"strings"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

func TestSameNonceIsSameEntry(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	other := f.Note(note(2, "2A"))
	w.sync(a)
	e := w.entry(dot, acted)
	e.Gesture = passenger.Drink
	for range 3 {
		if _, err := a.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	a = w.reopen(a) // the answer was lost with the process; the form comes again
	if _, err := a.Record(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	moved := e
	moved.Note = other
	if _, err := a.Record(t.Context(), moved); passenger.CodeOf(err) != passenger.Exists {
		t.Errorf("the same form for another note: %v, want exists", err)
	}
	// A gesture beside the outcome that stands writes the gesture alone, and that once.
	g := w.entry(dot, acted)
	g.Gesture, g.Quantity = passenger.Miles, 2
	for range 2 {
		if _, err := a.Record(t.Context(), g); err != nil {
			t.Fatal(err)
		}
	}
	w.sync(a)
	v := f.View()
	if n, _ := v.Note(dot); len(n.Heads) != 1 || len(v.Gestures) != 2 || len(v.Quarantine) != 0 {
		t.Errorf("ground has %d outcomes, %d gestures, quarantine %v", len(n.Heads), len(v.Gestures), v.Quarantine)
	}
	st, err := a.Status(t.Context())
	if err != nil || st.Issued != 4 || st.OnGround != 4 { // have, outcome, two gestures
		t.Errorf("status: %+v, %v", st, err)
	}
}

func TestWhatCannotBeRecorded(t *testing.T) {
	w := newWorld(t)
	a, b := w.tablet(), w.tablet()
	f, dot := w.flight(a, b)
	gone, erased := f.Note(note(2, "2A")), f.Note(note(3, "31F"))
	w.sync(a)
	w.sync(b)
	f.Write(flightsync.Notes, flightsync.RetractDraft(gone, 2, flightsync.RetractMoved))
	f.Write(flightsync.Admin, flightsync.EraseDraft([]flightsync.Dot{erased}))
	w.sync(a)
	change := func(fn func(*Entry)) Entry { e := w.entry(dot, acted); fn(&e); return e }
	for name, c := range map[string]struct {
		e    Entry
		want passenger.Code
	}{
		"no nonce":         {change(func(e *Entry) { e.Nonce = [8]byte{} }), passenger.Invalid},
		"no outcome":       {change(func(e *Entry) { e.Feedback = passenger.Feedback{} }), passenger.Invalid},
		"no reason":        {change(func(e *Entry) { e.Feedback.Outcome = passenger.NotPossible }), passenger.Invalid},
		"too many words":   {change(func(e *Entry) { e.Feedback.Words = strings.Repeat("x", 501) }), passenger.Invalid},
		"unknown gesture":  {change(func(e *Entry) { e.Gesture = "yacht" }), passenger.Invalid},
		"too many":         {change(func(e *Entry) { e.Gesture, e.Quantity = passenger.Voucher, 10 }), passenger.Invalid},
		"foreign flight":   {change(func(e *Entry) { e.Flight.Number = 642 }), passenger.NotFound},
		"no such note":     {change(func(e *Entry) { e.Note.Seq = 99 }), passenger.NotFound},
		"not a note":       {change(func(e *Entry) { e.Note = flightsync.Dot{Author: 0, Seq: 1} }), passenger.NotFound},
		"retracted":        {change(func(e *Entry) { e.Note = gone }), passenger.Phase},
		"erased":           {change(func(e *Entry) { e.Note = erased }), passenger.Phase},
		"nothing disputed": {change(func(e *Entry) { e.Resolve = true }), passenger.Phase},
	} {
		if _, err := a.Record(t.Context(), c.e); passenger.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if err := b.Movement(t.Context(), key, passenger.Off, t0); passenger.CodeOf(err) != passenger.Forbidden {
		t.Errorf("a movement by another than the lead: %v", err)
	}
	if err := a.Movement(t.Context(), key, passenger.Off, t0.Add(time.Hour)); passenger.CodeOf(err) != passenger.Invalid {
		t.Errorf("a movement of the future: %v", err)
	}
	if err := a.HandIn(t.Context(), key); passenger.CodeOf(err) != passenger.Phase {
		t.Errorf("handed in before landing: %v", err)
	}
	if err := a.SeatNow(t.Context(), key, 99, "1A", w.nonce()); passenger.CodeOf(err) != passenger.NotFound {
		t.Errorf("a seat for nobody: %v", err)
	}
	if err := a.SeatNow(t.Context(), key, 1, "", w.nonce()); passenger.CodeOf(err) != passenger.Invalid {
		t.Errorf("no seat: %v", err)
	}
	if err := a.VoidGesture(t.Context(), key, dot, w.nonce()); passenger.CodeOf(err) != passenger.NotFound {
		t.Errorf("voided a note: %v", err)
	}
	if st, _ := a.Status(t.Context()); st.Pending != 0 {
		t.Errorf("%d entries were written all the same", st.Pending)
	}
}

func TestNotYetBoundCannotRecord(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	_, dot := w.flight(a)
	if err := a.Seen(t.Context(), key, dot); passenger.CodeOf(err) != passenger.NotFound {
		t.Errorf("before the list of flights: %v", err)
	}
	w.ground.SetFault(func(flightsync.Request, bool) error {
		return passenger.Errorf(passenger.Unavailable, "x.Y", "down")
	})
	if _, err := a.Sync(t.Context()); passenger.CodeOf(err) != passenger.Unavailable {
		t.Fatal(err)
	}
	if _, err := a.Record(t.Context(), w.entry(dot, acted)); passenger.CodeOf(err) != passenger.Phase {
		t.Errorf("with no more than a first frame: %v", err)
	}
	p, err := a.Flight(t.Context(), key)
	if err != nil || p.Ready || len(p.Cards) != 1 {
		t.Errorf("the page says ready = %v with %d notes, %v", p.Ready, len(p.Cards), err)
	}
}

// TestTabletsDisagree: both versions show on both tablets; only the acting lead settles.
func TestTabletsDisagree(t *testing.T) {
	w := newWorld(t)
	lead, other := w.tablet(), w.tablet()
	f, dot := w.flight(lead, other)
	w.sync(lead)
	w.sync(other)
	w.record(lead, dot, acted)
	w.record(other, dot, passenger.Feedback{Outcome: passenger.NotPossible, Reason: passenger.Asleep})
	w.sync(lead)
	w.sync(other)
	w.sync(lead)
	c := w.page(other).Cards[0]
	if !c.Disputed || len(c.Heads) != 2 || c.Outcome != nil {
		t.Fatalf("the other tablet's card: %+v", c)
	}
	if c.Heads[0].Own == c.Heads[1].Own || c.Heads[0].Role == "" {
		t.Errorf("heads: %+v", c.Heads)
	}
	// A plain outcome does not end a dispute, whoever records it.
	w.record(other, dot, passenger.Feedback{Outcome: passenger.Declined})
	if c := w.page(other).Cards[0]; !c.Disputed || len(c.Heads) != 2 {
		t.Errorf("after another plain outcome: %+v", c.Heads)
	}
	e := w.entry(dot, acted)
	e.Resolve = true
	if _, err := other.Record(t.Context(), e); passenger.CodeOf(err) != passenger.Forbidden {
		t.Errorf("settled by another than the lead: %v", err)
	}
	w.sync(other)
	w.sync(lead)
	if _, err := lead.Record(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	w.sync(lead)
	w.sync(other)
	if c := w.page(other).Cards[0]; c.Disputed || c.Outcome == nil || c.Outcome.Outcome != passenger.Acted {
		t.Errorf("after the lead settled it: %+v", c)
	}
	// What the lead settled, a plain outcome of another only disputes again.
	w.record(other, dot, passenger.Feedback{Outcome: passenger.Declined})
	if c := w.page(other).Cards[0]; !c.Disputed {
		t.Error("the lead's word was overwritten")
	}
	if v := f.View(); len(v.Quarantine) != 0 {
		t.Errorf("quarantine: %v", v.Quarantine)
	}
}

func TestSeatGestureMovement(t *testing.T) {
	w := newWorld(t)
	a, b := w.tablet(), w.tablet()
	f, dot := w.flight(a, b)
	w.sync(a)
	w.sync(b)
	n := w.nonce()
	for range 2 {
		if err := a.SeatNow(t.Context(), key, 1, "15d", n); err != nil {
			t.Fatal(err)
		}
		if err := a.Movement(t.Context(), key, passenger.DoorsClosed, t0); err != nil {
			t.Fatal(err)
		}
		if err := a.Seen(t.Context(), key, dot); err != nil {
			t.Fatal(err)
		}
	}
	e := w.entry(dot, acted)
	e.Gesture = passenger.Voucher
	card, err := a.Record(t.Context(), e)
	if err != nil || len(card.Gestures) != 1 {
		t.Fatalf("%+v, %v", card, err)
	}
	g := card.Gestures[0].Dot
	w.sync(a)
	w.sync(b)
	if c := w.page(b).Cards[0]; c.SeatNow != "15D" || c.Note.Seat != "14C" || c.Seen || len(c.Gestures) != 1 {
		t.Errorf("on the other tablet: %+v", c)
	}
	if err := b.VoidGesture(t.Context(), key, g, w.nonce()); passenger.CodeOf(err) != passenger.Forbidden {
		t.Errorf("another tablet voided it: %v", err)
	}
	for range 2 {
		if err := a.VoidGesture(t.Context(), key, g, w.nonce()); err != nil {
			t.Fatal(err)
		}
	}
	w.sync(a)
	v := f.View()
	if len(v.Gestures) != 1 || !v.Gestures[0].Voided || len(v.Reported) != 1 || v.Travellers[0].SeatNow != "15D" || v.Vector.Of(4) != 7 {
		t.Errorf("ground: gestures %+v, reported %v, vector %v", v.Gestures, v.Reported, v.Vector)
	}
}
