package sync

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/passenger"
)

// tablet 1   o1 ─ o2 ─ o3 ─ o4
// ground               cut(1, behind o2)
//
// Later ops stay in the chain and count for nothing, on every replica.
func TestScenarioCut(t *testing.T) {
	c := newCrew(t, 2)
	n := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.all()
	c.tablets[1].write(author(1), SeenDraft(n))
	at := c.tablets[1].State().Vector().Of(author(1))
	late := c.tablets[1].write(author(1), OutcomeDraft(n, 1, acted(), nil, [8]byte{1}), FinDraft())
	c.ground.write(Admin, Cut{Author: author(1), Seq: at}.Draft())
	c.all()
	v := c.same()
	for _, d := range late {
		if reasons(v)[d] != "cut" {
			t.Errorf("%s: %q, want cut", d, reasons(v)[d])
		}
	}
	c.wantSums(Sums{Compiled: 1, Delivered: 1, Seen: 1, NoOutcome: 1})
	if len(v.Fins) != 0 {
		t.Errorf("fins %v", v.Fins)
	}
}

// ground (newer)  kind 4000 with fields of its own ─► tablet 0 ─► tablet 1
//
// Kept and forwarded bit for bit, ignored in the view.
func TestScenarioUnknownKindIsForwarded(t *testing.T) {
	c := newCrew(t, 2)
	d := c.ground.write(Notes, Draft{Kind: 4000, Flags: 1 << 40, Content: []byte{0xfa, 0x01, 3, 'n', 'e', 'w'}})[0]
	c.sync(0)
	c.gossip(1, 0)
	want := opAt(t, c.ground, d)
	got := opAt(t, c.tablets[1], d)
	if !bytes.Equal(want.Raw(), got.Raw()) {
		t.Errorf("got % x, want % x", got.Raw(), want.Raw())
	}
	c.all()
	if v := c.same(); len(v.Quarantine) != 0 {
		t.Errorf("quarantine %v", v.Quarantine)
	}
}

func opAt(tb testing.TB, n *node, d Dot) (out Op) {
	tb.Helper()
	_ = n.store.Ops(d.Author, d.Seq, func(o Op) bool { out = o; return false })
	if out.Dot != d {
		tb.Fatalf("op %s is not held", d)
	}
	return out
}

// A tablet writes every kind that is not its to write: all replicas quarantine the same ops,
// and the flight does not notice.
func TestScenarioUnauthorisedAlikeEverywhere(t *testing.T) {
	c := newCrew(t, 2)
	n := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.all()
	before := c.same()
	var rogue []Dot
	for k, classes := range matrix {
		if !slices.Contains(classes, TabletLane) {
			rogue = append(rogue, c.tablets[1].write(author(1), Draft{Kind: k, Entity: n, Over: []Dot{n}, Content: CloseDraft("person").Content})...)
		}
	}
	c.all()
	v := c.same()
	if len(v.Quarantine) != len(rogue) || len(rogue) < 10 {
		t.Errorf("%d quarantined, %d written", len(v.Quarantine), len(rogue))
	}
	for _, d := range rogue {
		if reasons(v)[d] != "unauthorised" {
			t.Errorf("%s: %q", d, reasons(v)[d])
		}
	}
	before.Vector, before.Quarantine = v.Vector, v.Quarantine
	if diff := cmp.Diff(before, v); diff != "" {
		t.Errorf("unauthorised ops changed the view:\n%s", diff)
	}
}

// tablet 0   o1 ─ o2 ─ o3 ─► ground      store rolled back to o1
// tablet 0'  o1 ─ rotate ─────► ground: bound anew ◄── o2, o3 come back in the old lane
func TestScenarioRollbackBringsOpsBack(t *testing.T) {
	c := newCrew(t, 1)
	n := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.sync(0)
	old := c.tablets[0].store.Clone()
	lost := c.tablets[0].write(author(0), SeenDraft(n), OutcomeDraft(n, 1, acted(), nil, [8]byte{1}))
	c.sync(0)
	tablet := c.tablets[0]
	tablet.store = old
	tablet.reload()
	c.peer[0] = nil
	tablet.do(Rotate{Incarnation: Incarnation{200}})
	if _, err := tablet.Step(Write{Author: author(0), Drafts: []Draft{FinDraft()}, Salts: make([][SaltSize]byte, 1), Now: t0}); passenger.CodeOf(err) != passenger.Phase {
		t.Errorf("write into the old lane: %v, want phase", err)
	}
	next := FirstTablet + 1
	c.ground.do(Bind{Author: next, Incarnation: Incarnation{200}})
	c.ground.write(Admin, RosterEntry{Author: next, Class: TabletLane, Tablet: passenger.TabletID{1}, Role: passenger.Lead, Incarnation: Incarnation{200}}.Draft())
	req := tablet.do(Ask{}).Request
	c.ground.do(Receive{Runs: req.Runs, You: Nobody, Now: t0})
	tablet.do(c.answered(c.ground.do(Answer{Request: *req, You: next}).Response))
	if !tablet.State().Vector().Covers(lost[1]) || tablet.State().Me != next {
		t.Errorf("the tablet holds %v as %d", tablet.State().Vector(), tablet.State().Me)
	}
	again := tablet.write(next, FinDraft())
	req = tablet.do(Ask{}).Request
	c.ground.do(Receive{Runs: req.Runs, You: Nobody, Now: t0})
	tablet.do(c.answered(c.ground.do(Answer{Request: *req, You: next}).Response))
	c.wantSums(Sums{Compiled: 1, Delivered: 1, Seen: 1, Acted: 1})
	if c.ground.view().Fins[next] != again[0].Seq {
		t.Errorf("fins %v", c.ground.view().Fins)
	}
	if _, err := c.ground.Step(Rotate{Incarnation: Incarnation{1}}); passenger.CodeOf(err) != passenger.Phase {
		t.Errorf("ground rotates: %v", err)
	}
}

// The same form sent twice is one gesture; two forms are two; a void undoes one.
func TestScenarioGestures(t *testing.T) {
	c := newCrew(t, 2)
	n := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.all()
	drink := Gesture{Code: passenger.Drink, Quantity: 2, PolicyVersion: 3, Traveller: 1, Note: n}
	a := c.tablets[0].write(author(0), drink.Draft([8]byte{7}), drink.Draft([8]byte{7}), drink.Draft([8]byte{8}))
	b := c.tablets[1].write(author(1), drink.Draft([8]byte{7}))
	c.all()
	v := c.same()
	if len(v.Gestures) != 3 || reasons(v)[a[1]] != "repeated" {
		t.Fatalf("gestures %+v, quarantine %v", v.Gestures, v.Quarantine)
	}
	c.tablets[1].write(author(1), VoidDraft(a[2], 1, [8]byte{9}))
	c.all()
	for _, g := range c.same().Gestures {
		if g.Voided != (g.Dot == a[2]) || g.Gesture != drink {
			t.Errorf("gesture %+v", g)
		}
	}
	_ = b
}

// tablet 0   fin ─► seal may begin ─ seen ─► no longer handed in ─ fin
func TestScenarioFinIsVoidedByALaterOp(t *testing.T) {
	c := newCrew(t, 1)
	n := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.all()
	for i, want := range []bool{true, false, true} {
		if i == 1 {
			c.tablets[0].write(author(0), SeenDraft(n))
		} else {
			c.tablets[0].write(author(0), FinDraft())
		}
		c.all()
		if _, got := c.same().Fins[author(0)]; got != want {
			t.Errorf("step %d: handed in = %v, want %v", i, got, want)
		}
	}
}

// Every message of an exchange, delivered again in any order, changes nothing.
func TestScenarioReplayIsANoOp(t *testing.T) {
	c := newCrew(t, 2)
	n := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.all()
	c.tablets[0].write(author(0), SeenDraft(n))
	req := c.tablets[0].do(Ask{}).Request
	c.ground.do(Receive{Runs: req.Runs, You: Nobody, Now: t0})
	res := c.ground.do(Answer{Request: *req, You: author(0)}).Response
	c.tablets[0].do(c.answered(res))
	c.all()
	ground, tablet := c.ground.State(), c.tablets[0].State()
	for range 3 {
		up := c.ground.do(Receive{Runs: req.Runs, You: Nobody, Now: t0})
		down := c.tablets[0].do(c.answered(res))
		for _, r := range []Ready{up, down} {
			if len(r.Changed)+len(r.Notes) > 0 || !r.Batch.IsEmpty() {
				t.Errorf("a replay did something: %+v", r)
			}
		}
	}
	if diff := cmp.Diff(ground, c.ground.State()) + cmp.Diff(tablet, c.tablets[0].State()); diff != "" {
		t.Errorf("a replay changed a state:\n%s", diff)
	}
}

// The seal says what ground held; a late op shows as beyond it.
func TestScenarioSealed(t *testing.T) {
	c := newCrew(t, 2)
	c.all()
	c.landed()
	c.ground.write(Admin, CloseDraft("in"))
	final := c.ground.State().Vector()
	c.ground.write(Admin, SealDraft(final))
	late := c.tablets[1].write(author(1), FinDraft())[0]
	c.all()
	v := c.same()
	if !v.Sealed || v.Closed != "in" || !slices.Equal(v.Final, final) {
		t.Errorf("sealed %v, closed %q, final %v; want %v", v.Sealed, v.Closed, v.Final, final)
	}
	if v.Final.Covers(late) {
		t.Error("the late op seems to be within the seal")
	}
}

// A budget of any size, from one byte up, brings everything over, one op at a time if need be.
func TestScenarioEveryBudget(t *testing.T) {
	for budget := 1; budget < 1200; budget += 1 + budget/7 {
		c := newCrew(t, 2)
		for range 6 {
			c.ground.write(Notes, NoteDraft(testNote(1)))
		}
		c.tablets[1].write(author(1), SeenDraft(Dot{Notes, 1}), SeenDraft(Dot{Notes, 2}))
		c.sync(1)
		rounds := 0
		for c.once(0, budget) {
			if rounds++; rounds > 60 {
				t.Fatalf("budget %d: does not come to an end", budget)
			}
		}
		c.all()
		c.same()
	}
}

// tablet 0 has a twin (a copied store). Ground heard tablet 0, tablet 1 heard the twin.
//
//	ground, tablet 0   4: 1 ─ 2 ─ 3        5: …  0: …
//	tablet 1, twin     4: 1 ─ 2'           5: …  0: …
//
// Neither side takes the other's branch; every other lane goes on.
func TestScenarioForkDoesNotStopTheFlight(t *testing.T) {
	c := newCrew(t, 2)
	n := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.all()
	twin := newNode(t, passenger.FlightID{1}, Nobody, 10)
	twin.store, twin.salt = c.tablets[0].store.Clone(), 100
	twin.reload()
	theirs := twin.write(author(0), OutcomeDraft(n, 1, declined(), nil, [8]byte{5}))[0]
	c.tablets[1].do(Receive{Runs: twin.do(Ask{}).Request.Runs, You: Nobody, Now: t0})
	c.tablets[0].write(author(0), SeenDraft(n), OutcomeDraft(n, 1, acted(), nil, [8]byte{1}))
	c.sync(0)

	c.tablets[1].write(author(1), SeenDraft(n))
	n2 := c.ground.write(Notes, NoteDraft(testNote(2)))[0]
	for range 4 {
		c.once(0, 0)
		c.once(1, 0)
	}
	if !c.ground.State().Vector().CoversAll(Vector{0, 0, 0, 0, 0, c.tablets[1].State().Vector().Of(author(1))}) {
		t.Error("ground lacks ops of tablet 1")
	}
	if !c.tablets[1].State().Vector().Covers(n2) {
		t.Error("tablet 1 lacks the new note")
	}
	if got := opAt(t, c.tablets[1], theirs); got.Header.Kind != KindOutcome {
		t.Errorf("tablet 1 lost the branch it held: %+v", got.Header)
	}
	if got := opAt(t, c.ground, theirs); got.Header.Kind != KindSeen {
		t.Errorf("ground took the other branch: %+v", got.Header)
	}
}

// A tablet whose copied or rolled-back store wrote on hears of the fork, however long its own
// branch is: ground's count of the lane must not look like an acknowledgement.
//
//	ground    4: 1 ─ 2 ─ 3
//	tablet 0  4: 1 ─ 2'            or 1 ─ 2' ─ 3'      or 1 ─ 2' ─ 3' ─ 4'
func TestScenarioForkOfOnesOwnLaneIsToldToTheTablet(t *testing.T) {
	for extra := 1; extra <= 4; extra++ {
		c := newCrew(t, 1)
		n := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
		c.sync(0)
		old := c.tablets[0].store.Clone()
		c.tablets[0].write(author(0), SeenDraft(n), OutcomeDraft(n, 1, acted(), nil, [8]byte{1}))
		c.sync(0)
		c.tablets[0].store = old
		c.tablets[0].reload()
		for i := range extra {
			c.tablets[0].salt = byte(100 + i)
			c.tablets[0].write(author(0), OutcomeDraft(n, 1, declined(), nil, [8]byte{byte(9 + i)}))
		}
		req := c.tablets[0].do(Ask{Peer: c.peer[0]}).Request
		c.ground.do(Receive{Runs: req.Runs, You: Nobody, Now: t0})
		ready := c.tablets[0].do(c.answered(c.ground.do(Answer{Request: *req, You: author(0)}).Response))
		told := slices.ContainsFunc(ready.Notes, func(n RunNote) bool { return n.Author == author(0) && n.What == FaultFork })
		if !told {
			t.Errorf("%d ops on the other branch: the tablet was told %v, want a fork", extra, ready.Notes)
		}
	}
}

// Two tablets without ground: what one recorded shows on the other, and later on ground.
func TestScenarioCabinWithoutGround(t *testing.T) {
	c := newCrew(t, 3)
	n := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.sync(0)
	c.gossip(1, 0)
	c.gossip(2, 1)
	c.tablets[2].write(author(2), OutcomeDraft(n, 1, acted(), nil, [8]byte{1}))
	c.gossip(1, 2)
	c.gossip(0, 1)
	if fb, ok := c.tablets[0].note(n).Outcome(); !ok || fb.Outcome != passenger.Acted {
		t.Errorf("tablet 0 sees %v, %v", fb, ok)
	}
	c.sync(0)
	if fb, ok := c.ground.note(n).Outcome(); !ok || fb.Outcome != passenger.Acted {
		t.Errorf("ground, by relay: %v, %v", fb, ok)
	}
	c.all()
	c.wantSums(Sums{Compiled: 1, Delivered: 1, Seen: 1, Acted: 1})
}
