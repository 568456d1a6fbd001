package sync

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cabinloop/cabinloop/passenger"
)

// mended applies what Mend says to an empty store and loads it.
func mended(tb testing.TB, m Mended) (*Memory, *Replica) {
	tb.Helper()
	mem := NewMemory()
	for _, b := range m.Batches {
		if err := mem.Apply(b); err != nil {
			tb.Fatal(err)
		}
	}
	r, err := Load(mem, testVerify)
	if err != nil {
		tb.Fatal(err)
	}
	return mem, r
}

// TestMend: whatever ops of a store are lost, and whether its state is, the new store holds of each
// lane what is before the first that is lost; what is behind it is given back; and with nothing lost
// of its own lane the replica goes on under its own index.
func TestMend(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := newCrew(t, 2)
		note := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
		c.ground.write(Notes, NoteDraft(testNote(2)))
		c.sync(0)
		c.tablets[0].write(author(0), SeenDraft(note), OutcomeDraft(note, 1, passenger.Feedback{Outcome: passenger.Acted}, nil, [8]byte{1}))
		c.sync(0)
		c.tablets[0].write(author(0), OutcomeDraft(note, 1, passenger.Feedback{Outcome: passenger.Declined}, nil, [8]byte{2}))
		st := c.tablets[0].State()
		var all, left []Op
		for _, l := range st.Lanes {
			if err := c.tablets[0].store.Ops(l.Author, 1, func(o Op) bool { all = append(all, o); return true }); err != nil {
				rt.Fatal(err)
			}
		}
		lost := map[Dot]bool{}
		for _, o := range all {
			if rapid.IntRange(0, 9).Draw(rt, "lost") == 0 {
				lost[o.Dot] = true
			} else {
				left = append(left, o)
			}
		}
		from := st
		if stateLost := rapid.Bool().Draw(rt, "state lost"); stateLost {
			b := Create(st.Group, Nobody, st.Incarnation, st.Root)
			from = b.State
			from.Own = st.Own
		}
		m := Mend(from, left, st.Vector(), Incarnation{99}, testVerify)
		mem, r := mended(t, m)
		got := r.State()
		for _, o := range all {
			l, known := got.Lane(o.Dot.Author)
			rest := slices.ContainsFunc(m.Rest, func(x Op) bool { return x.Dot == o.Dot })
			held := known && o.Dot.Seq <= l.Seq
			if held == lost[o.Dot] && held || !lost[o.Dot] && held == rest {
				rt.Fatalf("op %s: lost %v, held %v, given back %v", o.Dot, lost[o.Dot], held, rest)
			}
		}
		me := author(0)
		if whole := got.Vector().Of(me) == st.Vector().Of(me); whole != (got.Me == me) || !whole && got.Incarnation != (Incarnation{99}) {
			rt.Fatalf("own lane whole: %v, but the replica is %d under %x", whole, got.Me, got.Incarnation)
		}
		if len(lost) == 0 {
			if diff := cmp.Diff(Fold(all).Notes, mustFold(rt, mem).Notes); diff != "" {
				rt.Fatal(diff)
			}
		}
	})
}

func mustFold(rt *rapid.T, s Storage) *View {
	v, err := FoldStorage(s)
	if err != nil {
		rt.Fatal(err)
	}
	return v
}
