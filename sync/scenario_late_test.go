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
// tablet 0'  o1 ◄── o2, o3 ── ground      and goes on: o4
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
	c.sync(0)
	if !tablet.State().Vector().Covers(lost[1]) || tablet.State().Me != author(0) {
		t.Errorf("the tablet holds %v as %d", tablet.State().Vector(), tablet.State().Me)
	}
	again := tablet.write(author(0), FinDraft())
	c.sync(0)
	c.wantSums(Sums{Compiled: 1, Delivered: 1, Seen: 1, Acted: 1})
	if c.same().Fins[author(0)] != again[0].Seq {
		t.Errorf("fins %v", c.ground.view().Fins)
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
	c.tablets[0].write(author(0), VoidDraft(b[0], 1, [8]byte{9})) // by the lead
	c.all()
	for _, g := range c.same().Gestures {
		if g.Voided != (g.Dot == b[0]) || g.Gesture != drink {
			t.Errorf("gesture %+v", g)
		}
	}
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
	c.ground.do(Receive{Runs: req.Runs})
	res := c.ground.do(Answer{Request: *req}).Response
	c.tablets[0].do(c.answered(res))
	c.all()
	ground, tablet := c.ground.State(), c.tablets[0].State()
	for range 3 {
		up := c.ground.do(Receive{Runs: req.Runs})
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

// newTwin plays how tablet 0 comes to have a twin, a copied store: note n stands, the twin declined it
// in the op branch, which tablet 1 holds, and tablet 0 acted on it, which nobody has heard yet.
func newTwin(t *testing.T) (c *crew, twin *node, n Dot, branch Op) {
	t.Helper()
	c = newCrew(t, 2)
	n = c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.all()
	twin = newNode(t, passenger.FlightID{1}, Nobody, 10)
	twin.store, twin.salt = c.tablets[0].store.Clone(), 100
	twin.reload()
	branch = opAt(t, twin, twin.write(author(0), OutcomeDraft(n, 1, declined(), nil, [8]byte{5}))[0])
	c.tablets[1].do(Receive{Runs: twin.do(Ask{}).Request.Runs})
	c.tablets[0].write(author(0), SeenDraft(n), OutcomeDraft(n, 1, acted(), nil, [8]byte{1}))
	return c, twin, n, branch
}

// tablet 0 has a twin (a copied store). Ground heard tablet 0, tablet 1 heard the twin.
//
//	ground, tablet 0   4: 1 ─ 2 ─ 3
//	tablet 1, twin     4: 1 ─ 2'           ─►  6: 1 = 2'
//
// Every other lane goes on; tablet 1 carries the twin's branch to ground, which gives it a home,
// and from then on everybody holds both.
func TestScenarioForkOfATwin(t *testing.T) {
	c, twin, n, branch := newTwin(t)
	c.once(0, 0)

	c.tablets[1].write(author(1), SeenDraft(n))
	n2 := c.ground.write(Notes, NoteDraft(testNote(2)))[0]
	c.once(1, 0)
	if !c.ground.State().Vector().Covers(Dot{author(1), c.tablets[1].State().Vector().Of(author(1)) - 1}) || !c.tablets[1].State().Vector().Covers(n2) {
		t.Error("a fork in one lane held up another")
	}
	c.all()
	v := c.same()
	home := Dot{author(2), 1}
	if got := opAt(t, c.ground, home); !bytes.Equal(got.Raw(), branch.Raw()) {
		t.Errorf("the twin's op at home: %+v", got.Header)
	}
	if e, ok := v.Member(author(2)); !ok || e.Fork.Of != author(0) {
		t.Errorf("the branch's entry: %+v", e)
	}
	if n, _ := v.Note(n); !n.Disputed() || len(n.Heads) != 2 {
		t.Errorf("both branches are visible until a person decides: %+v", n.Heads)
	}
	// The twin comes itself: its branch is known, it goes on under the index that waits for it.
	c.tablets, c.peer = append(c.tablets, twin), append(c.peer, nil)
	c.sync(2)
	if me := twin.State().Me; me != author(3) {
		t.Errorf("the twin goes on as %d", me)
	}
	twin.write(author(3), OutcomeDraft(n2, 2, acted(), nil, [8]byte{9}))
	c.all()
	c.same()
}

// A rolled-back store wrote on before it met anybody, however much: nothing of either branch is
// lost, and the tablet goes on under a new index in the same round of exchanges.
//
//	ground    4: 1 ─ 2 ─ 3
//	tablet 0  4: 1 ─ 2'            or 1 ─ 2' ─ 3'      or 1 ─ 2' ─ 3' ─ 4'
func TestScenarioForkOfOnesOwnLane(t *testing.T) {
	for extra := 1; extra <= 4; extra++ {
		c := newCrew(t, 1)
		n := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
		c.sync(0)
		old := c.tablets[0].store.Clone()
		first := c.tablets[0].write(author(0), SeenDraft(n), OutcomeDraft(n, 1, acted(), nil, [8]byte{1}))
		c.sync(0)
		c.tablets[0].store = old
		c.tablets[0].reload()
		var last Dot
		var over []Dot
		for i := range extra {
			c.tablets[0].salt = byte(100 + i)
			last = c.tablets[0].write(author(0), OutcomeDraft(n, 1, declined(), over, [8]byte{byte(9 + i)}))[0]
			over = []Dot{last}
		}
		if i := c.once(0, 0); !i || c.peer[0].Covers(last) {
			t.Errorf("%d ops on the other branch: ground's vector %v passes for an acknowledgement", extra, c.peer[0])
		}
		c.sync(0)
		v := c.same()
		if me := c.tablets[0].State().Me; me != author(2) {
			t.Errorf("%d ops: the tablet goes on as %d", extra, me)
		}
		if !v.Vector.Covers(first[1]) || v.Vector.Of(author(1)) != uint64(extra) {
			t.Errorf("%d ops: ground holds %v", extra, v.Vector)
		}
		// References within the branch are followed: only its last outcome stands.
		if n, _ := v.Note(n); len(n.Heads) != 2 {
			t.Errorf("%d ops: heads %+v, want one of each branch", extra, n.Heads)
		}
		c.tablets[0].write(author(2), FinDraft())
		c.sync(0)
		c.same()
	}
}

// Ground's database comes back from a backup. What it wrote after the backup was taken comes back
// from a tablet, and what it wrote before it heard of that moves to lanes of its own.
//
//	backup        0: 1 … 5            3: 1
//	tablet 0      0: 1 … 5 ─ 6        3: 1 ─ 2 ─ 3
//	ground        0: 1 … 5 ─ 6'─ 7'   3: 1 ─ 2'        ─►  all of the tablet's, and 6'.. 2' at home
func TestScenarioGroundRestored(t *testing.T) {
	for _, wroteOn := range []bool{false, true} {
		c := newCrew(t, 2)
		n1 := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
		c.all()
		backup := c.ground.store.Clone()
		n2 := c.ground.write(Notes, NoteDraft(testNote(2)), NoteDraft(testNote(1)))[0]
		c.ground.write(Admin, MovementFact{Word: passenger.Off, At: t0}.Draft())
		c.all()
		done := c.tablets[0].write(author(0), OutcomeDraft(n2, 2, acted(), nil, [8]byte{1}))[0]
		c.all()
		c.ground.store = backup
		c.ground.reload()
		if wroteOn {
			c.ground.salt = 100
			c.ground.write(Notes, NoteDraft(testNote(1))) // a third note of traveller 1, under n2's dot
			c.ground.write(Admin, MovementFact{Word: passenger.Off, At: t0.Add(60e9)}.Draft(), MovementFact{Word: passenger.On, At: t0.Add(3600e9)}.Draft())
		}
		c.all()
		v := c.same()
		if !v.Vector.Covers(done) {
			t.Error("an outcome did not come back")
		}
		got, _ := v.Note(n2)
		if fb, ok := got.Outcome(); !ok || fb.Outcome != passenger.Acted || got.Note.Traveller != 2 {
			t.Errorf("the note that came back: %+v", got)
		}
		want := 3
		if wroteOn {
			want = 4
		}
		if _, ok := v.Note(n1); !ok || len(v.Notes) != want {
			t.Errorf("%d notes, want %d", len(v.Notes), want)
		}
		if _, ok := v.Moved(passenger.On); ok != wroteOn {
			t.Errorf("movements %+v", v.Movements)
		}
		c.ground.write(Notes, NoteDraft(testNote(2)))
		c.ground.write(Admin, CloseDraft("in"))
		c.all()
		if c.same().Closed != "in" {
			t.Error("ground's word after the restore does not count")
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

// Ground comes back from a backup, and the tablet that comes first knows less of what was lost
// than the second: it has taken what ground wrote in its place, and hears of the change of lanes
// from the very lane that changed.
//
//	backup      0: 1 … 5
//	tablet 0    0: 1 … 5 ─ 6              tablet 1    0: 1 … 5 ─ 6 ─ 7
//	ground      0: 1 … 5 ─ 6 ─ 7'─ 8'  (6 from tablet 0)  ─► 7, and 7'─ 8' at home
func TestScenarioGroundRestoredPieceByPiece(t *testing.T) {
	for _, budget := range []int{0, 1} {
		c := newCrew(t, 2)
		c.all()
		backup := c.ground.store.Clone()
		c.ground.write(Admin, MovementFact{Word: passenger.Boarding, At: t0}.Draft())
		c.all()
		c.ground.write(Admin, MovementFact{Word: passenger.DoorsClosed, At: t0}.Draft())
		c.sync(1)
		c.ground.store, c.ground.salt = backup, 150
		c.ground.reload()
		c.sync(0)
		c.ground.write(Admin, MovementFact{Word: passenger.Off, At: t0}.Draft(), MovementFact{Word: passenger.On, At: t0.Add(3600e9)}.Draft())
		c.sync(0)
		c.sync(1)
		for range 60 {
			c.once(0, budget)
		}
		c.all()
		v := c.same()
		for _, m := range []passenger.Movement{passenger.Boarding, passenger.DoorsClosed, passenger.Off, passenger.On} {
			if _, ok := v.Moved(m); !ok {
				t.Errorf("budget %d: the movement %s is lost: %+v", budget, m, v.Movements)
			}
		}
	}
}

// A tablet that signs ever new histories gets its homes up to a bound; the flight goes on, and
// other tablets find an index.
func TestScenarioEquivocatingTabletUsesUpNoIndexes(t *testing.T) {
	c := newCrew(t, 2)
	n := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.all()
	start := c.tablets[1].store.Clone()
	for i := range 3 * MaxBranches {
		liar := newNode(t, passenger.FlightID{1}, Nobody, 11)
		liar.store, liar.salt = start.Clone(), byte(20+i)
		liar.reload()
		liar.write(author(1), OutcomeDraft(n, 1, declined(), nil, [8]byte{byte(i + 1)}))
		c.take(liar.do(Ask{Whole: []Author{author(1)}}).Request.Runs)
	}
	l, _ := c.ground.State().Lane(author(1))
	if got, _ := c.ground.branches(l, nil); got != MaxBranches {
		t.Errorf("%d branches have a home, want %d", got, MaxBranches)
	}
	c.tablets[0].write(author(0), OutcomeDraft(n, 1, acted(), nil, [8]byte{1}))
	c.sync(0)
	if !c.ground.State().Vector().CoversAll(c.tablets[0].State().Vector()) {
		t.Error("an honest tablet is held up")
	}
}

// A tablet that was taken off the roster holds another history of a lane than ground, which tells
// it nothing of that lane any more: it says its heads once, and hands the branch in.
//
//	ground    4: 1 ─ 2 ─ 3
//	tablet 1  4: 1 ─ 2'
func TestScenarioLeavingTabletHandsABranchIn(t *testing.T) {
	c, _, _, branch := newTwin(t)
	c.sync(0)

	var talk Talk
	for range 5 {
		if talk.Done(c.tablets[1].State()) && talk.Peer != nil {
			break
		}
		req := c.tablets[1].do(talk.Ask(0, 0)).Request
		up := c.take(req.Runs)
		res := c.ground.do(Answer{Request: *req, Notes: up.Notes, Leaving: true}).Response
		talk.Heard(*res, c.tablets[1].do(c.answered(res)), c.tablets[1].State())
	}
	if got := opAt(t, c.ground, Dot{author(2), 1}); !bytes.Equal(got.Raw(), branch.Raw()) {
		t.Errorf("the branch at home: %+v", got.Header)
	}
}
