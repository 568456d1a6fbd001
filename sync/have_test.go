package sync

import (
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
)

func haves(n *node) (out []Vector) {
	for _, o := range n.ops() {
		if l := n.State().Me; o.Dot.Author == l && o.Header.Kind == KindHave {
			v, err := decodeHave(o.Content())
			if err != nil {
				n.tb.Fatal(err)
			}
			out = append(out, v)
		}
	}
	return out
}

// A have is written when something about notes came, once per Receive, and by nothing else.
func TestHaveIsWrittenOncePerReceive(t *testing.T) {
	c := newCrew(t, 2)
	tablet := c.tablets[0]
	before := len(haves(tablet))
	note := c.ground.write(Notes, NoteDraft(testNote(1)), NoteDraft(testNote(2)), NoteDraft(testNote(1)))[0]
	for _, tc := range []struct {
		name  string
		write func()
		want  int
	}{
		{"three notes", func() {}, 1},
		{"nothing", func() {}, 0},
		{"manifest", func() { c.ground.write(Manifest, RemoveDraft(2)) }, 0},
		{"movement", func() { c.ground.write(Admin, MovementFact{Word: passenger.Off, At: t0}.Draft()) }, 0},
		{"assistance", func() { c.ground.write(Safety, AssistanceDraft(1, "WCHR")) }, 1},
		{"retract in the safety lane", func() { c.ground.write(Safety, RetractDraft(note, 1, RetractConsent)) }, 1},
		{"retract in the notes lane", func() { c.ground.write(Notes, RetractDraft(note, 1, RetractMoved)) }, 1},
		{"a colleague's outcome", func() {
			c.sync(1)
			c.tablets[1].write(author(1), OutcomeDraft(note, 1, acted(), nil, [8]byte{1}))
			c.sync(1)
		}, 0},
	} {
		tc.write()
		c.once(0, 0)
		c.once(0, 0)
		got := haves(tablet)
		if len(got)-before != tc.want {
			t.Errorf("%s: %d have ops, want %d", tc.name, len(got)-before, tc.want)
		}
		before = len(got)
	}
}

// Notes that came while nobody had bound the tablet yet, or without Have, are told later.
//
//	ground ──note──► tablet 1 ──► tablet 2 (not bound)        tablet 2 ◄─you are 5─ ground
func TestHaveIsNotForgottenWhenItCannotBeWritten(t *testing.T) {
	c := newCrew(t, 1)
	note := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.sync(0)
	late := newNode(t, passenger.FlightID{1}, Nobody, 99)
	req := late.do(Ask{}).Request
	res := c.tablets[0].do(Answer{Request: *req}).Response
	late.do(Receive{Runs: res.Runs, Have: true, Salt: [SaltSize]byte{1}})

	c.ground.write(Admin, RosterEntry{Author: author(1), Class: TabletLane, Role: passenger.Cabin, Incarnation: Incarnation{99}, Key: testKey("\x63")}.Draft())
	c.tablets, c.peer = append(c.tablets, late), append(c.peer, nil)
	c.sync(1)
	if got := haves(late); len(got) != 1 || !got[0].Covers(note) {
		t.Errorf("have ops of the late tablet: %v, want one that covers %s", got, note)
	}
	late.reload()
	c.sync(1)
	if got := haves(late); len(got) != 1 {
		t.Errorf("%d have ops after a restart, want 1", len(got))
	}
}

// A tablet that holds less of its own lane than its peer writes nothing into it: a have there
// would fork the lane.
func TestNoHaveBehindOnesOwnLane(t *testing.T) {
	c := newCrew(t, 1)
	note := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.sync(0)
	old := c.tablets[0].store.Clone()
	for i := range 8 {
		c.tablets[0].write(author(0), OutcomeDraft(note, 1, acted(), nil, [8]byte{byte(i + 1)}))
	}
	c.sync(0)
	issued := c.ground.State().Vector().Of(author(0))
	c.tablets[0].store = old // the store is rolled back
	c.tablets[0].reload()
	c.ground.write(Notes, NoteDraft(testNote(2)))

	req := c.tablets[0].do(Ask{Budget: 400}).Request
	res := c.ground.do(Answer{Request: *req}).Response
	ready := c.tablets[0].do(c.answered(res))
	found := false
	for _, n := range ready.Notes {
		found = found || n.What == FaultRollback && n.Author == author(0)
	}
	if mine := c.tablets[0].State().Vector().Of(author(0)); mine < issued && !found {
		t.Errorf("the tablet holds %d of its %d ops and was told nothing: %v", mine, issued, ready.Notes)
	}
	for range 20 {
		c.once(0, 400)
	}
	if l, _ := c.tablets[0].State().Lane(author(0)); l.Seq < issued {
		t.Errorf("%d of %d own ops came back", l.Seq, issued)
	}
	c.all()
	c.same()
}

// What a tablet only ever held together with its retract was not delivered, whichever of two
// retracts it is.
func TestDeliveredNeedsTheNoteWithoutAnyRetract(t *testing.T) {
	c := newCrew(t, 1)
	note := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.ground.write(Notes, RetractDraft(note, 1, RetractMoved))
	c.sync(0)
	c.ground.write(Safety, RetractDraft(note, 1, RetractConsent))
	c.sync(0)
	c.same()
	if n := c.ground.note(note); n.Delivered {
		t.Error("delivered, though the tablet never held it without a retract")
	}
	if s := c.ground.view().Sums(); s.Withdrawn != 1 {
		t.Errorf("sums: %+v, want one withdrawn", s)
	}
}

// Erased before any tablet had it: withdrawn, not delivered. Erased afterwards: stays delivered.
func TestErasedNoteInTheSums(t *testing.T) {
	c := newCrew(t, 1)
	before := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.sync(0)
	after := c.ground.write(Notes, NoteDraft(testNote(2)))[0]
	c.ground.write(Admin, EraseDraft([]Dot{before, after}))
	c.ground.do(EraseBodies{Dots: []Dot{before, after}})
	c.sync(0)
	c.same()
	v := c.ground.view()
	if s := v.Sums(); s.Compiled != 2 || s.Delivered != 1 || s.Withdrawn != 1 {
		t.Errorf("sums: %+v, want one delivered and one withdrawn", s)
	}
	for _, n := range v.Notes {
		if !n.Erased || n.Retracted != RetractErased || n.Note.Name != "" {
			t.Errorf("note %s: %+v", n.Dot, n)
		}
	}
}
