package storetest

import (
	"bytes"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

func (s *suite) emptyStore(t *testing.T) {
	for range 2 {
		if _, err := s.State(); passenger.CodeOf(err) != passenger.NotFound {
			t.Fatalf("state of an empty store: %v, want not_found", err)
		}
		s.wantOps(t, 4, 1, nil)
		s.again()
	}
}

func (s *suite) stateAndOps(t *testing.T) {
	first := lane(t, 4, 1, 3)
	s.apply(t, flightsync.Batch{State: state(at(4, 3)), Ops: first})
	s.apply(t, flightsync.Batch{State: state(at(4, 5)), Ops: lane(t, 4, 4, 5)})
	for range 2 {
		s.wantState(t, state(at(4, 5)))
		s.wantOps(t, 4, 1, append(first, lane(t, 4, 4, 5)...))
		s.again()
	}
	unbound := state()
	unbound.Me, unbound.Lanes = flightsync.Nobody, []flightsync.Lane{at(4, 5)}
	s.apply(t, flightsync.Batch{State: unbound})
	s.again()
	s.wantState(t, unbound)
}

func (s *suite) zeroBatch(t *testing.T) {
	s.apply(t, flightsync.Batch{})
	if _, err := s.State(); passenger.CodeOf(err) != passenger.NotFound {
		t.Errorf("after the zero batch: %v, want not_found", err)
	}
	s.apply(t, flightsync.Batch{State: state(at(4, 1)), Ops: lane(t, 4, 1, 1)})
	s.apply(t, flightsync.Batch{})
	s.wantState(t, state(at(4, 1)))
}

func (s *suite) gapIsRefused(t *testing.T) {
	s.apply(t, flightsync.Batch{State: state(at(4, 2)), Ops: lane(t, 4, 1, 2)})
	for name, ops := range map[string][]flightsync.Op{
		"hole before":        lane(t, 4, 4, 5),
		"hole within":        append(lane(t, 4, 3, 3), lane(t, 4, 5, 5)...),
		"held already":       lane(t, 4, 2, 3),
		"descending":         append(lane(t, 4, 4, 4), lane(t, 4, 3, 3)...),
		"another lane holds": append(lane(t, 5, 1, 2), lane(t, 4, 4, 4)...),
	} {
		if err := s.Apply(flightsync.Batch{State: state(at(4, 9), at(5, 2)), Ops: ops}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	for range 2 {
		s.wantState(t, state(at(4, 2)))
		s.wantOps(t, 4, 1, lane(t, 4, 1, 2))
		s.wantOps(t, 5, 1, nil)
		s.again()
	}
}

func (s *suite) firstAndLimit(t *testing.T) {
	s.apply(t, flightsync.Batch{State: state(at(4, 300)), Ops: lane(t, 4, 1, 300)})
	s.wantOps(t, 4, 0, lane(t, 4, 1, 300))
	s.wantOps(t, 4, 1, lane(t, 4, 1, 300))
	s.wantOps(t, 4, 256, lane(t, 4, 256, 300))
	s.wantOps(t, 4, 300, lane(t, 4, 300, 300))
	s.wantOps(t, 4, 301, nil)
	n := 0
	if err := s.Ops(4, 7, func(o flightsync.Op) bool { n++; return n < 3 }); err != nil || n != 3 {
		t.Errorf("a limited read yielded %d ops, %v; want 3", n, err)
	}
}

func (s *suite) lanesDoNotMix(t *testing.T) {
	ops := append(lane(t, 0, 1, 2), lane(t, 4, 1, 3)...)
	ops = append(ops, lane(t, 5, 1, 1)...)
	s.apply(t, flightsync.Batch{State: state(at(0, 2), at(4, 3), at(5, 1)), Ops: ops})
	s.again()
	s.wantOps(t, 0, 1, lane(t, 0, 1, 2))
	s.wantOps(t, 4, 2, lane(t, 4, 2, 3))
	s.wantOps(t, 5, 1, lane(t, 5, 1, 1))
	s.wantOps(t, 1, 1, nil)
}

func (s *suite) stubsDropBodies(t *testing.T) {
	ops := lane(t, 3, 1, 3)
	s.apply(t, flightsync.Batch{State: state(at(3, 3)), Ops: ops})
	st := state(at(3, 3))
	st.Clock.Ctr++
	s.apply(t, flightsync.Batch{State: st, Stubs: []flightsync.Dot{{Author: 3, Seq: 2}, {Author: 3, Seq: 9}, {Author: 8, Seq: 1}}})
	want := []flightsync.Op{ops[0], ops[1].Stub(), ops[2]}
	for range 2 {
		s.wantOps(t, 3, 1, want)
		s.wantState(t, st)
		s.again()
	}
	s.apply(t, flightsync.Batch{State: st, Stubs: []flightsync.Dot{{Author: 3, Seq: 2}}})
	s.wantOps(t, 3, 1, want)
}

func (s *suite) newOpArrivesAsStub(t *testing.T) {
	ops := lane(t, 3, 1, 2)
	ops[0] = ops[0].Stub()
	s.apply(t, flightsync.Batch{State: state(at(3, 2)), Ops: ops, Stubs: []flightsync.Dot{{Author: 3, Seq: 2}}})
	s.again()
	s.wantOps(t, 3, 1, []flightsync.Op{ops[0], ops[1].Stub()})
}

func (s *suite) copiesAreNotShared(t *testing.T) {
	st := state(at(4, 1))
	s.apply(t, flightsync.Batch{State: st, Ops: lane(t, 4, 1, 1)})
	st.Lanes[0].Seq = 99
	got, err := s.State()
	if err != nil {
		t.Fatal(err)
	}
	got.Lanes[0].Seq = 77
	s.wantState(t, state(at(4, 1)))
	var kept []flightsync.Op
	if err := s.Ops(4, 1, func(o flightsync.Op) bool { kept = append(kept, o); return true }); err != nil {
		t.Fatal(err)
	}
	s.apply(t, flightsync.Batch{State: state(at(4, 200)), Ops: lane(t, 4, 2, 200)})
	if !bytes.Equal(kept[0].Raw(), lane(t, 4, 1, 1)[0].Raw()) {
		t.Error("an op handed out changed behind its reader")
	}
}

func (s *suite) unknownKindsAreKept(t *testing.T) {
	raw := []byte{8, 8, 120, 0xfa, 7, 3, 'n', 'e', 'w', 0}
	raw = append(raw, "12345678 content of tomorrow \x00\xff"...)
	dot := flightsync.Dot{Author: 4, Seq: 1}
	o, err := flightsync.ParseOp(dot, raw)
	if err != nil {
		t.Fatal(err)
	}
	s.apply(t, flightsync.Batch{State: state(at(4, 1)), Ops: []flightsync.Op{o}})
	s.again()
	var got []byte
	if err := s.Ops(4, 1, func(o flightsync.Op) bool { got = o.Raw(); return true }); err != nil || !bytes.Equal(got, raw) {
		t.Errorf("an op of an unknown kind came back as %x, %v; want %x", got, err, raw)
	}
}

func (s *suite) largeLanes(t *testing.T) {
	const batches, size = 12, 250
	for i := range uint64(batches) {
		s.apply(t, flightsync.Batch{State: state(at(4, (i+1)*size)), Ops: lane(t, 4, i*size+1, (i+1)*size)})
	}
	s.again()
	s.wantOps(t, 4, 1, lane(t, 4, 1, batches*size))
}

// largestExchangeFits: as many ops as one exchange may carry, and as many bytes as its budget.
func (s *suite) largestExchangeFits(t *testing.T) {
	s.apply(t, flightsync.Batch{State: state(at(2, flightsync.MaxRunOps)), Ops: lane(t, 2, 1, flightsync.MaxRunOps)})
	var big []flightsync.Op
	content := bytes.Repeat([]byte{7}, flightsync.MaxOpBytes-64)
	for seq := uint64(1); seq <= flightsync.DefaultBudget/flightsync.MaxOpBytes+1; seq++ {
		big = append(big, makeOp(t, flightsync.Dot{Author: 3, Seq: seq}, 48, content))
	}
	s.apply(t, flightsync.Batch{State: state(at(2, flightsync.MaxRunOps), at(3, uint64(len(big)))), Ops: big})
	s.again()
	s.wantOps(t, 3, 1, big)
}

// cutLane: what stood behind the cut is gone, and the lane goes on from there.
func (s *suite) cutLane(t *testing.T) {
	s.apply(t, flightsync.Batch{State: state(at(4, 5)), Ops: lane(t, 4, 1, 5)})
	s.apply(t, flightsync.Batch{State: state(at(4, 2)), Cuts: []flightsync.Dot{{Author: 4, Seq: 2}}})
	for range 2 {
		s.wantState(t, state(at(4, 2)))
		s.wantOps(t, 4, 1, lane(t, 4, 1, 2))
		s.again()
	}
	s.apply(t, flightsync.Batch{State: state(at(4, 1)), Cuts: []flightsync.Dot{{Author: 4, Seq: 0}}, Ops: lane(t, 4, 1, 1)})
	s.again()
	s.wantOps(t, 4, 1, lane(t, 4, 1, 1))
	if err := s.Apply(flightsync.Batch{State: state(at(4, 3)), Cuts: []flightsync.Dot{{Author: 4, Seq: 3}}}); err == nil {
		t.Error("a cut behind the lane's end was taken")
	}
	s.again()
	s.wantOps(t, 4, 1, lane(t, 4, 1, 1))
}

// branchMoves: a cut, what stood behind it in another lane, and new ops in its place, at once.
func (s *suite) branchMoves(t *testing.T) {
	s.apply(t, flightsync.Batch{State: state(at(4, 4)), Ops: lane(t, 4, 1, 4)})
	other := makeOp(t, flightsync.Dot{Author: 4, Seq: 3}, 66, []byte("another history"))
	moved := lane(t, 7, 1, 2)
	s.apply(t, flightsync.Batch{State: state(at(4, 3), at(7, 2)), Cuts: []flightsync.Dot{{Author: 4, Seq: 2}}, Ops: append([]flightsync.Op{other}, moved...)})
	for range 2 {
		s.wantOps(t, 4, 1, append(lane(t, 4, 1, 2), other))
		s.wantOps(t, 7, 1, moved)
		s.wantState(t, state(at(4, 3), at(7, 2)))
		s.again()
	}
}

// poisonIsKept: bytes that are no op to this program are one to another.
func (s *suite) poisonIsKept(t *testing.T) {
	var ops []flightsync.Op
	for i, raw := range [][]byte{{}, {0xff}, []byte("no op at all"), {0, 0, 1, 2, 3, 4, 5, 6, 7, 8}, {2, 8, 66, 1, 1}} {
		o, err := flightsync.ParseOp(flightsync.Dot{Author: 4, Seq: uint64(i + 1)}, raw)
		if err != nil || o.Poison == "" {
			t.Fatalf("% x: %v, poison %q", raw, err, o.Poison)
		}
		ops = append(ops, o)
	}
	s.apply(t, flightsync.Batch{State: state(at(4, uint64(len(ops)))), Ops: ops})
	for range 2 {
		s.wantOps(t, 4, 1, ops)
		s.again()
	}
}

func (s *suite) engineRunsOnIt(t *testing.T) {
	s.apply(t, flightsync.Create(group, flightsync.Admin, flightsync.Incarnation{1}, flightsync.PublicKey{Alg: flightsync.ES256, Bytes: "k"}))
	r, err := flightsync.Load(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	ready, err := r.Step(flightsync.Write{Author: flightsync.Admin, Now: now, Salts: make([][flightsync.SaltSize]byte, 1),
		Drafts: []flightsync.Draft{flightsync.CloseDraft("person")}})
	if err != nil {
		t.Fatal(err)
	}
	s.apply(t, ready.Batch)
	s.again()
	v, err := flightsync.FoldStorage(s)
	if err != nil || v.Closed != "person" {
		t.Errorf("the fold of the store says closed = %q, %v", v.Closed, err)
	}
	s.wantState(t, r.State())
}

func (s *suite) highAuthor(t *testing.T) {
	const a = flightsync.MaxAuthors - 1
	s.apply(t, flightsync.Batch{State: state(at(a, 2)), Ops: lane(t, a, 1, 2)})
	s.again()
	s.wantOps(t, a, 2, lane(t, a, 2, 2))
}
