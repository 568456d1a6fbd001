package sync

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/passenger"
)

// Scenarios: a history drawn in a comment, time to the right, then who ends with what.

func notPossible() passenger.Feedback {
	return passenger.Feedback{Outcome: passenger.NotPossible, Reason: passenger.Asleep}
}

func (c *crew) landed() Dot {
	return c.ground.write(Admin, MovementFact{Word: passenger.In, At: t0, Station: "JFK"}.Draft())[0]
}

func (c *crew) wantSums(want Sums) {
	c.tb.Helper()
	if diff := cmp.Diff(want, c.same().Sums()); diff != "" {
		c.tb.Errorf("sums (-want +got):\n%s", diff)
	}
}

// ground   n1 ──────────── in ─── n2
// tablet 0     ◄have(n1)       ◄──── have(n1,in,n2)
//
// n1 is delivered; n2 came after on-block and never was.
func TestScenarioHaveAfterOnBlockDoesNotCount(t *testing.T) {
	c := newCrew(t, 2)
	n1 := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.sync(0)
	c.landed()
	n2 := c.ground.write(Notes, NoteDraft(testNote(2)))[0]
	c.all()
	if !c.ground.note(n1).Delivered || c.ground.note(n2).Delivered {
		t.Errorf("delivered: n1 %v, n2 %v; want n1 only", c.ground.note(n1).Delivered, c.ground.note(n2).Delivered)
	}
	c.wantSums(Sums{Compiled: 2, Delivered: 1, NotSeen: 1, NeverDelivered: 1})
}

// ground   n1 ─────────────────────────────►  (no "in" from ground)
// tablet 0     in(by hand) ─ ◄n1 ─ have
// tablet 1     ◄n1 have ─ in(by hand)
//
// What stands before the have in the same lane was known when it was written.
func TestScenarioOnBlockByHand(t *testing.T) {
	for _, tc := range []struct {
		name      string
		handFirst bool
		want      bool
	}{{"on-block before the note", true, false}, {"note before on-block", false, true}} {
		c := newCrew(t, 1)
		hand := func() {
			c.tablets[0].write(author(0), MovementFact{Word: passenger.In, At: t0}.Draft())
		}
		if tc.handFirst {
			hand()
		}
		n := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
		c.sync(0)
		if !tc.handFirst {
			hand()
		}
		c.all()
		if got := c.ground.note(n).Delivered; got != tc.want {
			t.Errorf("%s: delivered = %v, want %v", tc.name, got, tc.want)
		}
		if at, ok := c.same().Moved(passenger.In); !ok || !at.Equal(t0) {
			t.Errorf("%s: on-block is not known: %v", tc.name, at)
		}
	}
}

// ground   n1 ─ r1     n2 ────── r2 ─────
// tablet 0         ◄have(n1,r1)     ◄n2 was had ◄r2
//
// r1 came before any tablet had n1: withdrawn. n2 stays delivered with its reason.
func TestScenarioWithdrawnOrRetracted(t *testing.T) {
	c := newCrew(t, 2)
	n1 := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.ground.write(Notes, RetractDraft(n1, 1, RetractMoved))
	n2 := c.ground.write(Notes, NoteDraft(testNote(2)))[0]
	c.all()
	c.ground.write(Safety, RetractDraft(n2, 2, RetractConsent))
	c.all()
	c.wantSums(Sums{Compiled: 2, Withdrawn: 1, Delivered: 1, NotSeen: 1})
	if n := c.ground.note(n2); n.Retracted != RetractConsent || !n.Delivered {
		t.Errorf("n2: %+v", n)
	}
	// Seen after all, by a tablet that had the page open: seen implies delivered.
	c.tablets[1].write(author(1), SeenDraft(n1))
	c.all()
	c.wantSums(Sums{Compiled: 2, Delivered: 2, Seen: 1, NotSeen: 1, NoOutcome: 1})
}

// tablet 0  acted ─ edit(declined, over acted)
//
// An edit replaces what it saw; a gesture given meanwhile is not touched.
func TestScenarioOutcomeEdited(t *testing.T) {
	c := newCrew(t, 2)
	n := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.all()
	first := c.tablets[0].write(author(0), OutcomeDraft(n, 1, acted(), nil, [8]byte{1}), Gesture{Code: passenger.Drink, Quantity: 1, PolicyVersion: 3, Traveller: 1, Note: n}.Draft([8]byte{2}))
	c.all()
	c.tablets[1].write(author(1), OutcomeDraft(n, 1, declined(), c.tablets[1].note(n).HeadDots(), [8]byte{3}))
	c.all()
	v := c.same()
	got, _ := v.Note(n)
	if fb, ok := got.Outcome(); !ok || fb.Outcome != passenger.Declined || len(got.Heads) != 1 {
		t.Errorf("heads %+v", got.Heads)
	}
	if len(v.Gestures) != 1 || v.Gestures[0].Voided || v.Gestures[0].Dot != first[1] {
		t.Errorf("gestures %+v", v.Gestures)
	}
	c.wantSums(Sums{Compiled: 1, Delivered: 1, Seen: 1, Declined: 1})
}

// tablet 0 (lead)  acted    ─────► sees both ─ resolve(acted, over both)
// tablet 1         declined ──┘
// tablet 2 (cabin)                resolve(declined) ✗ not its to settle
func TestScenarioDisputeAndResolve(t *testing.T) {
	c := newCrew(t, 3)
	n := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.all()
	c.tablets[0].write(author(0), OutcomeDraft(n, 1, acted(), nil, [8]byte{1}))
	c.tablets[1].write(author(1), OutcomeDraft(n, 1, declined(), nil, [8]byte{1}))
	c.all()
	c.wantSums(Sums{Compiled: 1, Delivered: 1, Seen: 1, Disputed: 1})
	if _, ok := c.ground.note(n).Outcome(); ok {
		t.Error("a dispute has one outcome")
	}
	over := c.tablets[2].note(n).HeadDots()
	wrong := c.tablets[2].write(author(2), ResolveDraft(n, 1, declined(), over, [8]byte{2}))[0]
	c.all()
	if v := c.same(); reasons(v)[wrong] != "unauthorised" || v.Sums().Disputed != 1 {
		t.Errorf("after a resolve by a tablet that is not lead: %v, %+v", v.Quarantine, v.Sums())
	}
	c.tablets[0].write(author(0), ResolveDraft(n, 1, acted(), c.tablets[0].note(n).HeadDots(), [8]byte{2}))
	c.all()
	c.wantSums(Sums{Compiled: 1, Delivered: 1, Seen: 1, Acted: 1})

	// A third tablet that was away answers late: the dispute is open again, nothing is hidden.
	c.tablets[2].write(author(2), OutcomeDraft(n, 1, notPossible(), over, [8]byte{3}))
	c.all()
	c.wantSums(Sums{Compiled: 1, Delivered: 1, Seen: 1, Disputed: 1})
}

// Equal outcomes are one, whatever their words.
func TestScenarioEqualOutcomesAgree(t *testing.T) {
	c := newCrew(t, 2)
	n := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.all()
	for i := range 2 {
		fb := acted()
		fb.Words = []string{"glad", "very glad"}[i]
		c.tablets[i].write(author(i), OutcomeDraft(n, 1, fb, nil, [8]byte{1}))
	}
	c.all()
	c.wantSums(Sums{Compiled: 1, Delivered: 1, Seen: 1, Acted: 1})
}

// tablet 0 (lead)  acted ─ resolve(acted) ─ ✝ removed
// tablet 1         declined ─────── is lead now ─ resolve(declined), has not seen the first
// ground                                              resolve(not possible, over one of them)
//
// Two leads, one after the other, decide unequally: only ground settles that, and then what
// the leads said is out.
func TestScenarioUnequalResolvesAreGrounds(t *testing.T) {
	c := newCrew(t, 2)
	n := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.all()
	heads := []Dot{c.tablets[0].write(author(0), OutcomeDraft(n, 1, acted(), nil, [8]byte{1}))[0],
		c.tablets[1].write(author(1), OutcomeDraft(n, 1, declined(), nil, [8]byte{1}))[0]}
	c.all()
	first := c.tablets[0].write(author(0), ResolveDraft(n, 1, acted(), heads, [8]byte{2}))[0] // stays on the tablet
	c.ground.write(Admin, RosterEntry{Author: author(0), Class: TabletLane, Role: passenger.Lead, Removed: true, Incarnation: Incarnation{10}}.Draft(),
		RosterEntry{Author: author(1), Class: TabletLane, Role: passenger.Lead, Incarnation: Incarnation{11}}.Draft())
	c.sync(1)
	c.tablets[1].write(author(1), ResolveDraft(n, 1, declined(), heads, [8]byte{2}))
	c.all()
	c.wantSums(Sums{Compiled: 1, Delivered: 1, Seen: 1, Disputed: 1})

	c.ground.write(Admin, ResolveDraft(n, 1, notPossible(), []Dot{first}, [8]byte{}))
	c.all()
	c.wantSums(Sums{Compiled: 1, Delivered: 1, Seen: 1, NotPossible: 1})
}

// ground    page(14C) ──────────────── change(15A)
// tablet 0        now at 21C ─► now at 22D (over 21C)
// tablet 1                      now at 23E (over 21C)
//
// What crew saw overrides the list; true siblings are both kept, one is shown everywhere.
func TestScenarioSeatNow(t *testing.T) {
	c := newCrew(t, 2)
	c.tablets[0].write(author(0), SeatNowDraft(1, "21C", nil, [8]byte{1}))
	c.all()
	dots := func(i int) []Dot { tr, _ := c.tablets[i].view().Traveller(1); return tr.SeatDots }
	a, b := dots(0), dots(1)
	c.tablets[0].write(author(0), SeatNowDraft(1, "22D", a, [8]byte{2}))
	c.tablets[1].write(author(1), SeatNowDraft(1, "23E", b, [8]byte{2}))
	c.ground.write(Manifest, ChangeDraft(Traveller{No: 1, Name: "Ms J. Jansen", Seat: "15A"}))
	c.all()
	tr, _ := c.same().Traveller(1)
	if tr.Seat != "15A" || tr.At() != "23E" || len(tr.SeatDots) != 2 {
		t.Errorf("traveller %+v", tr)
	}
}

// ground   page(1,2) ─ assistance(2) ─ page'(1, over page) ─ erase(page)
//
// The re-issued page is the list without traveller 2; no replica holds the old page's bytes.
func TestScenarioReissuedPageErasesATraveller(t *testing.T) {
	c := newCrew(t, 2)
	page := Dot{Manifest, 1}
	c.ground.write(Safety, AssistanceDraft(2, "WCHR"))
	c.ground.write(Manifest, PageDrafts([]Traveller{{No: 1, Name: "Ms J. Jansen", Seat: "14C"}}, page)...)
	c.ground.write(Admin, EraseDraft([]Dot{page}))
	c.all()
	for _, n := range append(slices.Clone(c.tablets), c.ground) {
		n.do(EraseBodies{Dots: []Dot{page}})
	}
	v := c.same()
	if len(v.Travellers) != 1 || v.Travellers[0].No != 1 || len(v.Quarantine) != 0 {
		t.Errorf("travellers %+v, quarantine %v", v.Travellers, v.Quarantine)
	}
	for _, n := range append(slices.Clone(c.tablets), c.ground) {
		for _, o := range n.ops() {
			if bytes.Contains(o.Raw(), []byte("Boer")) {
				t.Errorf("author %d still holds the name in %s", n.State().Me, o.Dot)
			}
		}
	}
}

// ground   page(1,2) ─ remove(2) ─ change(3) ─ change(2)
//
// The number stays taken and marked; the same person may come back under it.
func TestScenarioRemovedTraveller(t *testing.T) {
	c := newCrew(t, 1)
	c.ground.write(Manifest, RemoveDraft(2), ChangeDraft(Traveller{No: 3, Name: "Ms Q. Vos", Seat: "3A"}))
	c.all()
	if tr, ok := c.same().Traveller(2); !ok || !tr.Removed || tr.Name == "" {
		t.Errorf("removed traveller: %+v, %v", tr, ok)
	}
	c.ground.write(Manifest, ChangeDraft(Traveller{No: 2, Name: "Mr P. Boer", Seat: "2A"}))
	c.all()
	if tr, _ := c.same().Traveller(2); tr.Removed {
		t.Error("still removed after coming back")
	}
	if n := len(c.ground.view().Travellers); n != 3 {
		t.Errorf("%d travellers, want 3", n)
	}
}

// ground     n1 ─ n2 ─ erase(n1), body dropped ─ n3
// tablet 0        ◄────                          ◄── drops the body
// tablet 1 (late)                                ◄── stub, n2, n3: the chain holds
func TestScenarioEraseStubLateJoiner(t *testing.T) {
	c := newCrew(t, 2)
	notes := c.ground.write(Notes, NoteDraft(testNote(1)), NoteDraft(testNote(2)))
	c.sync(0)
	c.ground.write(Admin, EraseDraft(notes[:1]))
	c.ground.do(EraseBodies{Dots: notes[:1]})
	n3 := c.ground.write(Notes, NoteDraft(testNote(2)))[0]
	for c.once(0, 120) || c.once(1, 120) {
	}
	c.tablets[0].do(EraseBodies{Dots: notes[:1]})
	c.all()
	v := c.same()
	if n, _ := v.Note(notes[0]); !n.Erased || n.Note.Traveller != 1 || n.Note.Name != "" {
		t.Errorf("erased note: %+v", n)
	}
	if _, ok := v.Note(n3); !ok || len(v.Quarantine) != 0 {
		t.Errorf("n3 seen %v, quarantine %v", ok, v.Quarantine)
	}
	var stubs []Dot
	for _, o := range c.tablets[1].ops() {
		if o.IsStub() {
			stubs = append(stubs, o.Dot)
		}
	}
	if !slices.Equal(stubs, notes[:1]) {
		t.Errorf("stubs of the late joiner: %v", stubs)
	}
	// Running the erasure again changes nothing; an op nobody holds is no harm.
	before := c.tablets[0].view()
	c.tablets[0].do(EraseBodies{Dots: append(slices.Clone(notes[:1]), Dot{author(1), 99})})
	if diff := cmp.Diff(before, c.tablets[0].view()); diff != "" {
		t.Errorf("a second erasure changed the view:\n%s", diff)
	}
}

// ground     n1 ──────────────────────► body ─ erase(n1)
// tablet 0       ◄ n1, drops the body
// tablet 1             ◄ stub: refused     ◄ n1   ◄ stub, ordered now
//
// A relay hands on a stub, and ground has ordered no erasure: the chain would hold, the note would
// be lost. It is not taken, and comes from somebody who has it.
func TestScenarioStubWithoutEraseIsRefused(t *testing.T) {
	c := newCrew(t, 2)
	n := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.sync(0)
	c.tablets[0].strip(n) // what only a faulty relay does
	got := c.tablets[1].do(Receive{Runs: c.tablets[0].do(Ask{Peer: c.tablets[1].State().Vector()}).Request.Runs})
	if len(got.Notes) != 1 || got.Notes[0].What != FaultStripped || c.tablets[1].State().Vector().Covers(n) {
		t.Errorf("notes %v, vector %v", got.Notes, c.tablets[1].State().Vector())
	}
	c.sync(1)
	if v := c.tablets[1].view(); len(v.Notes) != 1 || v.Notes[0].Note.Name == "" {
		t.Errorf("notes %+v", v.Notes)
	}
	if v := c.tablets[0].view(); reasons(v)[n] != "pending-stub" {
		t.Errorf("on the faulty tablet: %v", v.Quarantine)
	}
	if c.tablets[1].do(EraseBodies{Dots: []Dot{n}}); opAt(t, c.tablets[1], n).IsStub() {
		t.Error("a body went that nobody ordered erased")
	}
	c.ground.write(Admin, EraseDraft([]Dot{n}))
	c.ground.do(EraseBodies{Dots: []Dot{n}})
	c.all()
	if v := c.same(); len(v.Quarantine) != 0 || len(v.Notes) != 1 || !v.Notes[0].Erased {
		t.Errorf("after the erasure: quarantine %v, notes %+v", v.Quarantine, v.Notes)
	}
}
