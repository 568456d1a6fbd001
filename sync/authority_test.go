package sync

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/passenger"
)

// An op that counts for nothing supersedes nothing either.
func TestOpsThatDoNotCountHideNothing(t *testing.T) {
	c := newCrew(t, 3)
	note := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	other := c.ground.write(Notes, NoteDraft(testNote(2)))[0]
	c.all()
	first := c.tablets[1].write(author(1), OutcomeDraft(note, 1, acted(), nil, [8]byte{1}))
	for name, d := range map[string]Draft{
		"resolve by a tablet that is not lead": ResolveDraft(note, 1, declined(), first, [8]byte{2}),
		"outcome that cannot be read":          {Kind: KindOutcome, Entity: note, Over: first, Content: []byte{0xff}},
		"outcome of another note":              OutcomeDraft(other, 2, declined(), first, [8]byte{3}),
		"resolve of no note":                   ResolveDraft(Dot{Notes, 99}, 1, declined(), first, [8]byte{4}),
	} {
		ops := append(c.tablets[1].ops(), makeOp(Dot{author(2), 50}, Header{Kind: d.Kind, Entity: d.Entity, Over: d.Over, Traveller: d.Traveller}, d.Content...))
		n, _ := Fold(ops).Note(note)
		if got := n.HeadDots(); !slices.Equal(got, first) {
			t.Errorf("%s: the heads are %v, want %v", name, got, first)
		}
	}
}

// A seat-now supersedes what was recorded of the same traveller only, and only when readable.
func TestSeatNowHidesOnlyItsOwnTraveller(t *testing.T) {
	c := newCrew(t, 2)
	first := c.tablets[0].write(author(0), SeatNowDraft(1, "21C", nil, [8]byte{1}))
	for name, o := range map[string]Op{
		"other traveller": makeOp(Dot{author(1), 9}, Header{Kind: KindSeatNow, Traveller: 2, Over: first}, SeatNowDraft(2, "22D", nil, [8]byte{}).Content...),
		"unreadable":      makeOp(Dot{author(1), 9}, Header{Kind: KindSeatNow, Traveller: 1, Over: first}, 0xff),
	} {
		tr, _ := Fold(append(c.tablets[0].ops(), o)).Traveller(1)
		if tr.SeatNow != "21C" {
			t.Errorf("%s: traveller 1 sits at %q, want 21C", name, tr.SeatNow)
		}
	}
	lower := makeOp(Dot{author(1), 9}, Header{Kind: KindSeatNow, Traveller: 2}, SeatNowDraft(2, "07a", nil, [8]byte{}).Content...)
	if tr, _ := Fold(append(c.tablets[0].ops(), lower)).Traveller(2); tr.SeatNow != "7A" {
		t.Errorf("seat is shown as %q, want its normal form 7A", tr.SeatNow)
	}
}

// A stub and its op are one op, and what was erased counts alike on a replica that still has
// the body and on one that does not.
func TestErasedCountsAlikeWithAndWithoutBody(t *testing.T) {
	c := newCrew(t, 2)
	note := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	in := c.ground.write(Admin, MovementFact{Word: passenger.In, At: t0}.Draft())[0]
	c.all()
	out := c.tablets[0].write(author(0), OutcomeDraft(note, 1, acted(), nil, [8]byte{1}))[0]
	late := c.ground.write(Notes, NoteDraft(testNote(2)))[0]
	c.all()
	full := c.ground.ops()
	for _, o := range full {
		if k := o.Header.Kind; k == KindErase || k == KindCut {
			continue
		}
		erase := makeOp(Dot{Admin, 60}, Header{Kind: KindErase, Over: []Dot{o.Dot}})
		stubbed := slices.Clone(full)
		for i := range stubbed {
			if stubbed[i].Dot == o.Dot {
				stubbed[i] = stubbed[i].Stub()
			}
		}
		a, b := Fold(append(slices.Clone(full), erase)), Fold(append(slices.Clone(stubbed), erase))
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("kind %d erased: body and stub differ:\n%s", o.Header.Kind, diff)
		}
		both := append(append(slices.Clone(stubbed), o), erase)
		if diff := cmp.Diff(a, Fold(both)); diff != "" {
			t.Errorf("kind %d: op and stub together differ:\n%s", o.Header.Kind, diff)
		}
		if s := a.Sums(); !s.Close() {
			t.Errorf("kind %d erased: sums do not close: %+v", o.Header.Kind, s)
		}
	}
	_, _, _ = in, out, late
}

// A stub beside its op: which comes first in memory does not matter.
func TestStubBesideItsOp(t *testing.T) {
	c := newCrew(t, 1)
	ops := c.ground.ops()
	want := Fold(ops)
	for i := range ops {
		for _, in := range [][]Op{append([]Op{ops[i].Stub()}, ops...), append(slices.Clone(ops), ops[i].Stub())} {
			if diff := cmp.Diff(want, Fold(in)); diff != "" {
				t.Fatalf("op %s with its stub:\n%s", ops[i].Dot, diff)
			}
		}
	}
}

// A number that does not fit is refused, not cut to another kind, traveller or author.
func TestNumbersAreNotCut(t *testing.T) {
	head := func(field int, v uint64) []byte {
		var w writer
		w.uint(1, uint64(KindSeen))
		w.uint(field, v)
		return w.b
	}
	for _, tc := range []struct {
		name string
		head []byte
	}{{"kind", head(1, 1<<32|uint64(KindSeen))}, {"traveller", head(6, 1<<32|7)}} {
		if h, err := decodeHeader(tc.head); passenger.CodeOf(err) != passenger.Invalid {
			t.Errorf("%s: read as %+v, err %v", tc.name, h, err)
		}
	}
	content := func(field int, v uint64) []byte { var w writer; w.uint(field, v); return w.b }
	if e, err := decodeRoster(content(1, 1<<32|5)); err == nil {
		t.Errorf("roster author read as %d", e.Author)
	}
	if e, err := decodeRoster(append(content(1, 5), content(2, 1<<8|1)...)); err == nil {
		t.Errorf("roster class read as %d", e.Class)
	}
	if c, err := decodeCut(content(1, 1<<32|5)); err == nil {
		t.Errorf("cut author read as %d", c.Author)
	}
	if c, err := decodeCut(nil); err == nil {
		t.Errorf("cut of nobody read as %+v", c)
	}
	if v, err := decodeVerdict(content(1, 1<<32|5)); err == nil {
		t.Errorf("verdict author read as %d", v.Author)
	}
}

// Whoever was acting lead when others were asked may have decided; handing in a tablet does
// not undo what it decided.
func TestResolveOutlivesTheLeadsRemoval(t *testing.T) {
	c := newCrew(t, 2)
	note := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.all()
	heads := []Dot{c.tablets[0].write(author(0), OutcomeDraft(note, 1, acted(), nil, [8]byte{1}))[0],
		c.tablets[1].write(author(1), OutcomeDraft(note, 1, declined(), nil, [8]byte{1}))[0]}
	c.all()
	c.tablets[0].write(author(0), ResolveDraft(note, 1, acted(), heads, [8]byte{2}))
	c.all()
	c.ground.write(Admin, RosterEntry{Author: author(0), Class: TabletLane, Role: passenger.Lead, Incarnation: Incarnation{10}, Removed: true}.Draft())
	c.all()
	c.same()
	if fb, ok := c.ground.note(note).Outcome(); !ok || fb.Outcome != passenger.Acted {
		t.Errorf("outcome after the lead's tablet left = %v, %v; want acted", fb, ok)
	}
}

// One op of an absurd author must not cost memory.
func TestFoldBoundsAuthors(t *testing.T) {
	for _, d := range []Dot{{Nobody, 1}, {math.MaxUint32, 1}, {MaxAuthors, 3}, {Admin, 0}} {
		v := Fold([]Op{makeOp(d, Header{Kind: KindSeen})})
		if len(v.Vector) > MaxAuthors || v.Vector.Of(d.Author) != 0 {
			t.Errorf("dot %s gives a vector of %d entries", d, len(v.Vector))
		}
	}
}

// A state that is not whole must not be taken for ground's.
func TestUnmarshalStateRefusesWhatIsNotWhole(t *testing.T) {
	good := newCrew(t, 2).tablets[0].State()
	if _, err := UnmarshalState(good.Marshal()); err != nil {
		t.Fatal(err)
	}
	huge := good
	huge.Lanes = append(slices.Clone(good.Lanes), Lane{Author: 1 << 31, Seq: 1})
	short := good.Marshal()
	for name, b := range map[string][]byte{"empty": nil, "cut": short[:11], "huge author": huge.Marshal(),
		"unknown holder": State{Group: good.Group, Me: 99}.Marshal()} {
		if s, err := UnmarshalState(b); passenger.CodeOf(err) != passenger.Corrupt {
			t.Errorf("%s: read as me=%d lanes=%d, err %v", name, s.Me, len(s.Lanes), err)
		}
	}
}

// While the roster is being written a purser may stand first in it; that makes nobody lead.
//
//	roster   purser 4 ─ lead 5        then: purser 4 resolves ✗, lead 5 resolves
func TestPurserBeforeTheFirstLeadOnlyStandsIn(t *testing.T) {
	entry := func(a Author, role passenger.Role, seq uint64) Op {
		return opOf(RosterEntry{Author: a, Class: TabletLane, Role: role}.Draft(), Dot{Admin, seq})
	}
	ops := []Op{entry(4, passenger.Purser, 1), opOf(NoteDraft(testNote(1)), noteDot),
		opOf(OutcomeDraft(noteDot, 1, acted(), nil, [8]byte{1}), Dot{4, 1}), opOf(OutcomeDraft(noteDot, 1, declined(), nil, [8]byte{1}), Dot{5, 1}),
		opOf(ResolveDraft(noteDot, 1, acted(), []Dot{{4, 1}, {5, 1}}, [8]byte{2}), Dot{4, 2})}
	alone := Fold(append(slices.Clone(ops), entry(5, passenger.Cabin, 2)))
	if n, _ := alone.Note(noteDot); n.Disputed() || len(alone.Quarantine) != 0 {
		t.Errorf("without a lead the purser decides: heads %+v, quarantine %v", n.Heads, alone.Quarantine)
	}
	led := Fold(append(slices.Clone(ops), entry(5, passenger.Lead, 2)))
	if n, _ := led.Note(noteDot); !n.Disputed() || reasons(led)[Dot{4, 2}] != "unauthorised" {
		t.Errorf("with a lead the purser does not: heads %+v, quarantine %v", n.Heads, led.Quarantine)
	}
}

// Ground goes on under a new admin index after a restore: the roster of the new lane counts,
// what stands behind the cut of the old one does not.
//
//	admin 0   bind 20 as admin ─ cut 0 at 2 is said by 20 ─ (0.3: bind 4 ✗)
//	admin 20  cut(0, 2) ─ bind 5
func TestSecondAdminLane(t *testing.T) {
	bind := func(a Author, c Class, at Dot) Op { return opOf(RosterEntry{Author: a, Class: c}.Draft(), at) }
	v := Fold([]Op{opOf(testGenesis().Draft(), Dot{Admin, 1}), bind(20, AdminLane, Dot{Admin, 2}), bind(4, TabletLane, Dot{Admin, 3}),
		opOf(Cut{Author: Admin, Seq: 2}.Draft(), Dot{20, 1}), bind(5, TabletLane, Dot{20, 2})})
	_, four := v.Member(4)
	_, five := v.Member(5)
	if four || !five || reasons(v)[Dot{Admin, 3}] != "cut" || len(v.Quarantine) != 1 {
		t.Errorf("4 bound %v, 5 bound %v, quarantine %v; want only 5", four, five, v.Quarantine)
	}
}

// A tablet takes back what it recorded itself; what another one gave, only a lead does.
func TestOnlyItsTabletOrALeadVoidsAGesture(t *testing.T) {
	c := newCrew(t, 3)
	g := c.tablets[1].write(author(1), Gesture{Code: passenger.Drink, Quantity: 1, Traveller: 1}.Draft([8]byte{1}))[0]
	c.all()
	for i, want := range []bool{true, true, false} {
		ops := append(c.ground.ops(), makeOp(Dot{author(i), 50}, Header{Kind: KindVoid, Entity: g, Traveller: 1}))
		v := Fold(ops)
		if len(v.Gestures) != 1 || v.Gestures[0].Voided != want || want == (reasons(v)[Dot{author(i), 50}] == "unauthorised") {
			t.Errorf("tablet %d: %+v, quarantine %v", i, v.Gestures, v.Quarantine)
		}
	}
}

// What a lead or ground has decided is not undone by the outcome of a tablet that is no lead, nor
// what ground has by a lead.
func TestNoTabletUndoesWhatWasDecided(t *testing.T) {
	c := newCrew(t, 3)
	note := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.all()
	lead := c.tablets[0].write(author(0), ResolveDraft(note, 1, acted(), nil, [8]byte{1}))
	c.all()
	undone := func(base []Op, by Author, d Draft) bool {
		n, _ := Fold(append(base, makeOp(Dot{by, 50}, Header{Kind: d.Kind, Entity: d.Entity, Over: d.Over, Traveller: d.Traveller}, d.Content...))).Note(note)
		return !slices.ContainsFunc(n.Heads, func(h Head) bool { return h.Dot == d.Over[0] })
	}
	if undone(c.ground.ops(), author(2), OutcomeDraft(note, 1, declined(), lead, [8]byte{2})) {
		t.Error("the lead's word was undone by another tablet")
	}
	if !undone(c.ground.ops(), author(0), OutcomeDraft(note, 1, declined(), lead, [8]byte{2})) {
		t.Error("the lead cannot change its own word")
	}
	word := c.ground.write(Admin, ResolveDraft(note, 1, acted(), lead, [8]byte{3}))
	for _, d := range []Draft{OutcomeDraft(note, 1, declined(), word, [8]byte{4}), ResolveDraft(note, 1, declined(), word, [8]byte{4})} {
		if undone(c.ground.ops(), author(0), d) {
			t.Errorf("ground's word was undone by kind %d of a tablet", d.Kind)
		}
	}
}

// An incarnation is no secret until it is bound: a tablet that tells ground another one's as its
// own must not make that one write under its index.
func TestNoTabletTakesTheIndexOfAnotherKey(t *testing.T) {
	group := passenger.FlightID{1}
	ground := newNode(t, group, Admin, 1)
	ground.write(Admin, testGenesis().Draft())
	store := NewMemory()
	b := Create(group, Nobody, Incarnation{20}, testKey("ground"))
	b.State.Own = testKey("honest")
	if err := store.Apply(b); err != nil {
		t.Fatal(err)
	}
	r, err := Load(store, testVerify)
	if err != nil {
		t.Fatal(err)
	}
	for i, key := range []string{"rogue", "honest"} {
		ground.write(Admin, RosterEntry{Author: FirstTablet + Author(i), Class: TabletLane, Tablet: passenger.TabletID{byte(i + 1)}, Incarnation: Incarnation{20}, Key: testKey(key)}.Draft())
	}
	req, err := r.Step(Ask{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Step(Receive{Runs: ground.do(Answer{Request: *req.Request}).Response.Runs}); err != nil {
		t.Fatal(err)
	}
	if me := r.State().Me; me != FirstTablet+1 {
		t.Errorf("it writes under index %d, want the one of its own key", me)
	}
	again, err := UnmarshalState(r.State().Marshal())
	if err != nil || again.Own != b.State.Own {
		t.Errorf("the key comes back from disk as %+v, %v", again.Own, err)
	}
}

// A tablet that signs ever new histories under all its indexes uses up neither those of the flight
// nor, when all are in use, the exchanges of tablets that hold one of its branches.
func TestForksDoNotUseUpTheIndexes(t *testing.T) {
	c := newCrew(t, 4)
	for i := range 4 {
		c.ground.write(Admin, RosterEntry{Author: Author(20 + i), Class: TabletLane, Incarnation: Incarnation{byte(90 + i)}, Key: testKey("rogue")}.Draft())
	}
	var notes []RunNote
	for i := range 4 * MaxBranches {
		notes = append(notes, RunNote{Author: Author(20 + i%4), What: FaultFork, Seq: 1, Fork: Fork{Of: Author(20 + i%4), First: Hash{byte(i + 1)}}})
	}
	next := Author(30)
	if homes := c.ground.Homes(notes, func() Author { next++; return next }); len(homes) != MaxKeyBranches {
		t.Errorf("%d branches find a home in one exchange", len(homes))
	}
	if homes := c.ground.Homes(notes[:1], func() Author { return MaxAuthors }); len(homes) != 0 {
		t.Errorf("homes under indexes that there are not: %+v", homes)
	}
}

// However many outcomes a tablet heaps on a note, another one can still record its own.
func TestAFloodedNoteTakesAnotherOutcome(t *testing.T) {
	c := newCrew(t, 2)
	note := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.all()
	var flood []Draft
	for i := range 4000 {
		flood = append(flood, OutcomeDraft(note, 1, acted(), nil, [8]byte{byte(i), byte(i >> 8), 1}))
	}
	c.tablets[1].write(author(1), flood...)
	c.all()
	heads := c.tablets[0].note(note).HeadDots()
	if len(heads) != len(flood) {
		t.Fatalf("%d heads", len(heads))
	}
	c.tablets[0].write(author(0), OutcomeDraft(note, 1, declined(), heads, [8]byte{2}))
	c.ground.write(Admin, ResolveDraft(note, 1, acted(), heads, [8]byte{}))
}

// A tablet's lane has a bound in bytes: what it writes beyond stays with it, and its others' ops flow.
func TestALaneHasABoundInBytes(t *testing.T) {
	c := newCrew(t, 2)
	l, _ := c.ground.State().Lane(author(1))
	raw := makeOp(Dot{author(1), 1}, Header{Kind: 999}, make([]byte, MaxOpBytes-100)...).Raw()
	run := Run{Author: author(1), First: l.Seq + 1, Head: l.Head}
	refused := false
	for range MaxLaneBytes/len(raw)/100 + 2 {
		run.Ops = nil
		for i := range 100 {
			o, err := ParseOp(Dot{author(1), run.First + uint64(i)}, raw)
			if err != nil {
				t.Fatal(err)
			}
			run.Ops, run.Head = append(run.Ops, raw), chainNext(run.Head, o)
		}
		run.Sig, _ = testSign("\x0b")(Claim{author(1), l.Incarnation, run.last(), run.Head}.Message(c.ground.State().Group))
		got := c.ground.do(Receive{Runs: []Run{run}})
		if len(got.Notes) > 0 {
			if got.Notes[0].What != FaultTooLarge {
				t.Fatalf("notes %+v", got.Notes)
			}
			refused = true
			break
		}
		run.First += uint64(len(run.Ops))
	}
	if !refused {
		t.Error("the lane grows without end")
	}
	c.tablets[0].write(author(0), FinDraft())
	c.sync(0)
	if !c.ground.State().Vector().CoversAll(c.tablets[0].State().Vector()) {
		t.Error("an honest tablet is held up")
	}
}
