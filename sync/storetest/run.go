package storetest

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Run checks one implementation. open returns a new, empty store and cleans up with t.Cleanup;
// reopen closes s the way a process ends and returns what a new process finds.
func Run(t *testing.T, open func(t *testing.T) flightsync.Store, reopen func(t *testing.T, s flightsync.Store) flightsync.Store) {
	for name, check := range map[string]func(*suite, *testing.T){
		"empty store":             (*suite).emptyStore,
		"state and ops":           (*suite).stateAndOps,
		"zero batch":              (*suite).zeroBatch,
		"gap is refused":          (*suite).gapIsRefused,
		"first and limit":         (*suite).firstAndLimit,
		"lanes do not mix":        (*suite).lanesDoNotMix,
		"stubs drop bodies":       (*suite).stubsDropBodies,
		"new op arrives as stub":  (*suite).newOpArrivesAsStub,
		"a cut lane":              (*suite).cutLane,
		"a branch moves":          (*suite).branchMoves,
		"ops nobody can read":     (*suite).poisonIsKept,
		"copies are not shared":   (*suite).copiesAreNotShared,
		"unknown kinds are kept":  (*suite).unknownKindsAreKept,
		"large lanes":             (*suite).largeLanes,
		"largest exchange fits":   (*suite).largestExchangeFits,
		"engine runs on it":       (*suite).engineRunsOnIt,
		"author index at the end": (*suite).highAuthor,
	} {
		t.Run(name, func(t *testing.T) {
			check(&suite{Store: open(t), reopen: func(s flightsync.Store) flightsync.Store { return reopen(t, s) }}, t)
		})
	}
}

type suite struct {
	flightsync.Store
	reopen func(flightsync.Store) flightsync.Store
}

var group = passenger.FlightID{1, 2, 3, 4, 5, 6, 7, 8}

// makeOp builds a well-formed op without the engine: header {kind}, salt, content.
func makeOp(t *testing.T, dot flightsync.Dot, kind byte, content []byte) flightsync.Op {
	t.Helper()
	raw := append([]byte{2, 8, kind, 0}, bytes.Repeat([]byte{byte(dot.Seq)}, flightsync.SaltSize)...)
	o, err := flightsync.ParseOp(dot, append(raw, content...))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func lane(t *testing.T, a flightsync.Author, from, to uint64) []flightsync.Op {
	var out []flightsync.Op
	for seq := from; seq <= to; seq++ {
		out = append(out, makeOp(t, flightsync.Dot{Author: a, Seq: seq}, 66, []byte{byte(seq)}))
	}
	return out
}

func state(lanes ...flightsync.Lane) flightsync.State {
	return flightsync.State{Group: group, Me: 4, Incarnation: flightsync.Incarnation{9},
		Clock: flightsync.Stamp{Ms: 12345, Ctr: 6}, Lanes: lanes}
}

func at(a flightsync.Author, seq uint64) flightsync.Lane {
	return flightsync.Lane{Author: a, Incarnation: flightsync.Incarnation{byte(a)}, Seq: seq, Head: flightsync.Hash{byte(seq)}}
}

func (s *suite) apply(t *testing.T, b flightsync.Batch) {
	t.Helper()
	if err := s.Apply(b); err != nil {
		t.Fatal(err)
	}
}

func (s *suite) wantState(t *testing.T, want flightsync.State) {
	t.Helper()
	got, err := s.State()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("state (-want +got):\n%s", d)
	}
}

func (s *suite) wantOps(t *testing.T, a flightsync.Author, first uint64, want []flightsync.Op) {
	t.Helper()
	var got []flightsync.Op
	if err := s.Ops(a, first, func(o flightsync.Op) bool { got = append(got, o); return true }); err != nil {
		t.Fatal(err)
	}
	same := slices.EqualFunc(want, got, func(x, y flightsync.Op) bool {
		return x.Dot == y.Dot && x.Commit == y.Commit && bytes.Equal(x.Raw(), y.Raw())
	})
	if same { // cmp takes seconds over thousands of ops
		return
	}
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("ops of author %d from %d (-want +got):\n%s", a, first, d)
	}
}

// again reopens the store and goes on with what is there.
func (s *suite) again() { s.Store = s.reopen(s.Store) }
