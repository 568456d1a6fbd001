package sync

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
)

// TestSealedRunOpens: each op opens under its own place, and no other.
func TestSealedRunOpens(t *testing.T) {
	group, inc := passenger.FlightID{1}, Incarnation{2}
	seal := func(d Dot, inc Incarnation, raw string) []byte {
		return append(append(SealedAAD(group, d, inc), '|'), raw...)
	}
	closed := errors.New("closed")
	open := func(info, aad, sealed []byte) ([]byte, error) {
		raw, ok := bytes.CutPrefix(sealed, append(bytes.Clone(aad), '|'))
		if !ok || string(info) != SealedInfo {
			return nil, closed
		}
		return raw, nil
	}
	run := SealedRun{Author: 4, Incarnation: inc, First: 7, Head: Hash{3}, Sig: []byte{4},
		Ops: [][]byte{seal(Dot{4, 7}, inc, "a"), seal(Dot{4, 8}, inc, "b")}}
	got, err := run.Open(group, open)
	if err != nil || got.Author != 4 || got.First != 7 || got.Head != (Hash{3}) || !bytes.Equal(got.Sig, []byte{4}) ||
		string(bytes.Join(got.Ops, []byte(","))) != "a,b" || run.Last() != 8 {
		t.Errorf("opened %+v, %v", got, err)
	}
	for name, bad := range map[string]func(r *SealedRun){
		"other author": func(r *SealedRun) { r.Author = 5 }, "other place": func(r *SealedRun) { r.First = 8 },
		"other incarnation": func(r *SealedRun) { r.Incarnation = Incarnation{9} },
		"swapped":           func(r *SealedRun) { r.Ops = [][]byte{r.Ops[1], r.Ops[0]} },
	} {
		r := run
		bad(&r)
		if _, err := r.Open(group, open); !errors.Is(err, closed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := run.Open(passenger.FlightID{2}, open); !errors.Is(err, closed) {
		t.Errorf("other flight: %v", err)
	}
}

// TestHoldsAll: whether ops are there does not depend on the lane that they are in.
func TestHoldsAll(t *testing.T) {
	c := newCrew(t, 2)
	me := Admin // whose ops both hold
	var run Run
	if err := c.tablets[0].store.Ops(me, 1, func(o Op) bool { run.Ops = append(run.Ops, o.Raw()); return true }); err != nil || len(run.Ops) == 0 {
		t.Fatalf("%d ops, %v", len(run.Ops), err)
	}
	run.Author, run.First = me, 1
	holds := func(run Run) bool {
		t.Helper()
		ok, err := HoldsAll(c.ground.store, run)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	if !holds(run) {
		t.Error("ops that were exchanged are not held")
	}
	moved := run
	moved.Author = me + 40 // ground has them elsewhere
	if !holds(moved) {
		t.Error("ops in another lane are not held")
	}
	other := bytes.Clone(run.Ops[0])
	other[len(other)-1] ^= 1 // another body
	lacking := run
	lacking.Ops = append(slices.Clone(run.Ops), other)
	if holds(lacking) {
		t.Error("an op that was never exchanged is held")
	}
}
