package sync

import (
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
)

// TestBounds is the table of the engine's bounds: at each of them all goes on, beyond it is refused or
// cut, and somebody hears: who writes gets an error to show, who sends keeps what was not taken and the
// receiver's log has the fault.
func TestBounds(t *testing.T) {
	write := func(d Draft) func(t *testing.T) passenger.Code {
		return func(t *testing.T) passenger.Code {
			c := newCrew(t, 1)
			_, err := c.tablets[0].Step(Write{Author: author(0), Drafts: []Draft{d}, Salts: make([][SaltSize]byte, 1), Now: t0})
			return passenger.CodeOf(err)
		}
	}
	overs := func(n int) Draft {
		var dots []Dot
		for i := range n {
			dots = append(dots, Dot{author(0), uint64(i + 1)})
		}
		return OutcomeDraft(Dot{Notes, 1}, 1, acted(), dots, [8]byte{1})
	}
	receive := func(runs ...Run) func(t *testing.T) passenger.Code {
		return func(t *testing.T) passenger.Code {
			n := newNode(t, runGroup, Nobody, 2)
			n.do(Bind{Entry: RosterEntry{Author: author(0), Class: TabletLane, Incarnation: Incarnation{4}, Key: testKey("k")}})
			ready, err := n.Step(Receive{Runs: runs})
			if err == nil && len(ready.Notes) > 0 {
				return passenger.Code(ready.Notes[0].What)
			}
			return passenger.CodeOf(err)
		}
	}
	run := func(raws ...[]byte) Run { return makeRun(runGroup, author(0), Incarnation{4}, "k", raws...) }
	bind := func(a Author) func(t *testing.T) passenger.Code {
		return func(t *testing.T) passenger.Code {
			_, err := newNode(t, runGroup, Admin, 2).Step(Bind{Entry: RosterEntry{Author: a, Class: TabletLane, Incarnation: Incarnation{4}, Key: testKey("k")}})
			return passenger.CodeOf(err)
		}
	}
	tooLong := run(seenOps(1, 9, 0)...)
	tooLong.First = MaxLaneOps + 1
	for _, tc := range []struct {
		bound    string
		hears    string
		at, over func(t *testing.T) passenger.Code
		want     passenger.Code
	}{
		{"an op in bytes, written", "the crew: shorten the words", write(Draft{Kind: 999, Content: make([]byte, MaxOpBytes-200)}), write(Draft{Kind: 999, Content: make([]byte, MaxOpBytes)}), passenger.TooMuch},
		{"an op in bytes, received", "the receiver's log", receive(run(make([]byte, MaxRawBytes))), receive(run(make([]byte, MaxRawBytes+1))), passenger.Code(FaultTooLarge)},
		{"what an op supersedes", "nobody: the newest are named", write(overs(MaxOver)), write(overs(20 * MaxOver)), ""},
		{"ops of an exchange", "the sender: too_much", receive(run(seenOps(MaxRunOps, MaxRunOps+1, 0)...)), receive(run(seenOps(MaxRunOps+1, MaxRunOps+2, 0)...)), passenger.TooMuch},
		{"ops of a lane", "the receiver's log", receive(run(seenOps(1, 9, 0)...)), receive(tooLong), passenger.Code(FaultTooLarge)},
		{"author indexes", "ground's log", bind(MaxAuthors - 1), bind(MaxAuthors), passenger.TooMuch},
	} {
		if got := tc.at(t); got != "" {
			t.Errorf("%s, at the bound: %q", tc.bound, got)
		}
		if got := tc.over(t); got != tc.want {
			t.Errorf("%s, beyond: %q, want %q; it is heard by %s", tc.bound, got, tc.want, tc.hears)
		}
	}
}
