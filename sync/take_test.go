package sync

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/passenger"
)

var runGroup = passenger.FlightID{7}

// seenOps makes n raw ops; branch tells their histories apart from op `from` on.
func seenOps(n, from int, branch byte) (raws [][]byte) {
	for i := range n {
		b := byte(0)
		if i+1 >= from {
			b = branch
		}
		raws = append(raws, makeOp(Dot{author(0), uint64(i + 1)}, Header{Kind: KindSeen, Entity: Dot{Notes, uint64(i + 1)}}, b).Raw())
	}
	return raws
}

func cutRun(r Run, first uint64) Run {
	r.Ops, r.First = r.Ops[first-r.First:], first
	return r
}

// A run that overlaps what is held: the signed head speaks for the whole history, so a run from
// another branch is refused wherever it starts, and nothing of it is taken.
//
//	held   1 ─ 2 ─ 3 ─ 4
//	other  1 ─ 2 ─ 3'─ 4'─ 5'─ 6'
func TestTakeOverlap(t *testing.T) {
	inc := Incarnation{4}
	held := makeRun(runGroup, author(0), inc, "k", seenOps(4, 9, 0)...)
	longer := makeRun(runGroup, author(0), inc, "k", seenOps(6, 9, 0)...)
	other := makeRun(runGroup, author(0), inc, "k", seenOps(6, 3, 1)...)
	short := makeRun(runGroup, author(0), inc, "k", seenOps(3, 3, 1)...)
	equal := makeRun(runGroup, author(0), inc, "k", seenOps(4, 3, 1)...)
	strange := makeRun(runGroup, author(0), Incarnation{5}, "k", seenOps(6, 9, 0)...)
	broken := makeRun(runGroup, author(0), inc, "k", append(seenOps(5, 9, 0), []byte{1}, []byte{})...)
	lying := longer
	lying.Head[3]++
	unsigned := longer
	unsigned.Sig = nil
	stolen := makeRun(runGroup, author(0), inc, "thief", longer.Ops...)
	mixed := longer // a signed head over changed bytes of what is held already
	mixed.Ops = append(seenOps(4, 1, 7), longer.Ops[4:]...)
	for _, tc := range []struct {
		name  string
		run   Run
		taken int
		fault RunFault
	}{
		{"the rest", cutRun(longer, 5), 2, ""},
		{"overlapping", cutRun(longer, 3), 2, ""},
		{"from the start", longer, 2, ""},
		{"all held", held, 0, ""},
		{"held part", cutRun(makeRun(runGroup, author(0), inc, "k", seenOps(3, 9, 0)...), 2), 0, ""},
		{"another branch from the start", other, 0, FaultFork},
		{"another branch, overlapping", cutRun(other, 4), 0, FaultFork},
		{"another branch, behind what is held", cutRun(other, 5), 0, FaultFork},
		{"another branch of equal length", equal, 0, FaultFork},
		{"another branch, shorter", short, 0, FaultFork},
		{"another incarnation", strange, 0, FaultForged},
		{"behind a hole", cutRun(longer, 6), 0, FaultGap},
		{"malformed ops block nothing", broken, 3, ""},
		{"wrong head", lying, 0, FaultForged},
		{"not signed", unsigned, 0, FaultForged},
		{"signed by another", stolen, 0, FaultForged},
		{"no ops", Run{Author: author(0), First: 5}, 0, FaultMalformed},
		{"from 0", Run{Author: author(0), Ops: longer.Ops}, 0, FaultMalformed},
		{"from the end of numbers", Run{Author: author(0), First: math.MaxUint64 - 1, Ops: longer.Ops}, 0, FaultMalformed},
		{"too many authors", Run{Author: MaxAuthors, First: 1, Ops: longer.Ops}, 0, FaultMalformed},
		{"nobody", Run{Author: Nobody, First: 1, Ops: longer.Ops}, 0, FaultMalformed},
		{"too large", makeRun(runGroup, author(0), inc, "k", append(seenOps(4, 9, 0), make([]byte, MaxRawBytes+1))...), 0, FaultTooLarge},
		{"mixed in with what is held", mixed, 0, FaultFork},
	} {
		t.Run(tc.name, func(t *testing.T) {
			n := newNode(t, runGroup, Nobody, 2)
			entry := RosterEntry{Author: author(0), Class: TabletLane, Incarnation: inc, Key: testKey("k")}
			n.do(Bind{Entry: entry})
			n.do(Receive{Runs: []Run{held}})
			before := n.State()
			ready := n.do(Receive{Runs: []Run{tc.run}})
			if len(ready.Changed) != tc.taken {
				t.Errorf("took %v, want %d", ready.Changed, tc.taken)
			}
			var fault RunFault
			if len(ready.Notes) == 1 {
				fault = ready.Notes[0].What
			}
			if fault != tc.fault {
				t.Errorf("notes %v, want %q", ready.Notes, tc.fault)
			}
			if tc.taken == 0 {
				if diff := cmp.Diff(before, n.State()); diff != "" || !ready.Batch.IsEmpty() {
					t.Errorf("a run that was not taken changed the state:\n%s", diff)
				}
			}
		})
	}
}

// A replica does not write what its peers would refuse: it would block its own lane.
func TestWriteRefusesWhatPeersCannotRead(t *testing.T) {
	c := newCrew(t, 1)
	tablet := c.tablets[0]
	for name, d := range map[string]Draft{
		"no kind":        {},
		"entity nowhere": SeenDraft(Dot{Nobody, 1}),
		"over nowhere":   {Kind: KindOutcome, Over: []Dot{{MaxAuthors, 1}}},
		"over no op":     {Kind: KindOutcome, Over: []Dot{{Notes, 0}}},
	} {
		before := tablet.State()
		_, err := tablet.Step(Write{Author: author(0), Drafts: []Draft{FinDraft(), d}, Salts: make([][SaltSize]byte, 2), Now: t0})
		if passenger.CodeOf(err) != passenger.Invalid {
			t.Errorf("%s: err %v, want invalid", name, err)
		}
		if diff := cmp.Diff(before, tablet.State()); diff != "" {
			t.Errorf("%s: an error changed the state:\n%s", name, diff)
		}
	}
	tablet.write(author(0), FinDraft())
	c.all()
	c.same()
}

// One tablet whose clock is far ahead does not drag the others along.
func TestClockFarAheadDragsNobody(t *testing.T) {
	c := newCrew(t, 2)
	note := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.all()
	wild := c.tablets[1]
	wild.do(Write{Author: author(1), Drafts: []Draft{OutcomeDraft(note, 1, acted(), nil, [8]byte{1})}, Salts: make([][SaltSize]byte, 1), Now: t0.AddDate(10, 0, 0)})
	c.all()
	c.tablets[0].write(author(0), OutcomeDraft(note, 1, declined(), nil, [8]byte{1}))
	c.all()
	c.same()
	for _, h := range c.ground.note(note).Heads {
		if h.By == author(0) && h.At.Sub(t0) > time.Hour {
			t.Errorf("the outcome of the tablet with the right clock is dated %s", h.At)
		}
	}
}

func TestStampNextAlwaysGrows(t *testing.T) {
	for _, s := range []Stamp{{}, {Ms: 5}, {5, 9}, {5, math.MaxUint64}, {math.MaxUint64, 3}} {
		for _, now := range []time.Time{{}, StampEpoch, t0, StampEpoch.Add(5 * time.Millisecond)} {
			if n := s.next(now); !s.Less(n) {
				t.Errorf("%v.next(%v) = %v", s, now, n)
			}
		}
	}
}

// A forked crew lane does not eat the budget of the others.
//
//	ground   4: 1 2'… (long)   5: 1 2 3      tablet   4: 1 2      asks with a small budget
func TestForkedLaneDoesNotStarveOthers(t *testing.T) {
	c := newCrew(t, 3)
	note := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
	c.all()
	twin := newNode(t, passenger.FlightID{1}, Nobody, 10)
	twin.store = c.tablets[0].store.Clone()
	twin.reload()
	twin.write(author(0), SeenDraft(note))
	req := twin.do(Ask{}).Request
	c.tablets[2].do(Receive{Runs: req.Runs}) // tablet 2 heard the twin first
	for i := range 40 {
		c.tablets[0].write(author(0), OutcomeDraft(note, 1, acted(), nil, [8]byte{byte(i + 1)}))
	}
	mine := c.tablets[1].write(author(1), OutcomeDraft(note, 1, acted(), nil, [8]byte{1}))[0]
	c.sync(0)
	c.sync(1)
	for range 10 {
		c.once(2, 300)
	}
	if !c.tablets[2].State().Vector().Covers(mine) {
		t.Error("the lane behind the fork does not arrive")
	}
}

// The answer to an absurd vector carries nothing absurd.
func TestAnswerToAnAbsurdVector(t *testing.T) {
	c := newCrew(t, 1)
	for _, have := range []Vector{{math.MaxUint64, math.MaxUint64}, make(Vector, 500)} {
		res := c.ground.do(Answer{Request: Request{Group: passenger.FlightID{1}, Have: have}}).Response
		for _, r := range res.Runs {
			if r.First == 0 || have.Of(r.Author) > 0 {
				t.Errorf("run of author %d from %d", r.Author, r.First)
			}
		}
	}
}

// A tablet whose store was wiped hears of its former lane and does not go on in it.
func TestWipedTabletTakesANewIndex(t *testing.T) {
	c := newCrew(t, 1)
	c.tablets[0].write(author(0), FinDraft())
	c.sync(0)
	wiped := newNode(t, passenger.FlightID{1}, Nobody, 77)
	req := wiped.do(Ask{}).Request
	res := c.ground.do(Answer{Request: *req}).Response
	wiped.do(c.answered(res))
	if me := wiped.State().Me; me != Nobody || !wiped.State().Vector().CoversAll(c.ground.State().Vector()) {
		t.Errorf("the wiped tablet is %d and holds %v", me, wiped.State().Vector())
	}
}
