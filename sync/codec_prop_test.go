package sync

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cabinloop/cabinloop/passenger"
)

func drawDot(t *rapid.T) Dot {
	return Dot{Author(rapid.IntRange(0, MaxAuthors-1).Draw(t, "author")), rapid.Uint64Min(1).Draw(t, "seq")}
}

func drawBytes(t *rapid.T, n int) []byte {
	return rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "bytes")
}

// TestPropOps: any header and content is read as it was written, and its stub has its chain.
func TestPropOps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := Header{Kind: Kind(rapid.Uint32Min(1).Draw(t, "kind")), Stamp: Stamp{rapid.Uint64().Draw(t, "ms"), rapid.Uint64().Draw(t, "ctr")},
			Traveller: passenger.TravellerNo(rapid.Uint32().Draw(t, "traveller")), Flags: rapid.Uint64().Draw(t, "flags")}
		if rapid.Bool().Draw(t, "entity") {
			h.Entity = drawDot(t)
		}
		for range rapid.IntRange(0, 4).Draw(t, "over") {
			h.Over = append(h.Over, drawDot(t))
		}
		copy(h.Nonce[:], drawBytes(t, 8))
		body := append(drawBytes(t, SaltSize), rapid.SliceOfN(rapid.Byte(), 0, 60).Draw(t, "content")...)
		o := Op{Dot: drawDot(t), Header: h, Head: h.encode(), Body: body, Commit: commit(body)}
		got, err := ParseOp(o.Dot, o.Raw())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(o, got); diff != "" {
			t.Fatalf("(-written +read)\n%s", diff)
		}
		if o.size() != len(o.Raw()) || o.Stub().size() != len(o.Stub().Raw()) {
			t.Fatalf("%d bytes count as %d, its stub's %d as %d", len(o.Raw()), o.size(), len(o.Stub().Raw()), o.Stub().size())
		}
		stub, err := ParseOp(o.Dot, o.Stub().Raw())
		if prev := (Hash{1}); err != nil || !stub.IsStub() || chainNext(prev, stub) != chainNext(prev, o) {
			t.Fatalf("its stub has another chain: %v", err)
		}
	})
}

// TestPropStates: vectors and stored states are read as they were written.
func TestPropStates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := Vector(rapid.SliceOfN(rapid.Uint64(), 0, MaxAuthors).Draw(t, "vector"))
		if got, err := UnpackVector(v.Pack()); err != nil || !bytes.Equal(got.Pack(), v.Pack()) || len(got) != len(v) {
			t.Fatalf("%v is read as %v, %v", v, got, err)
		}
		s := State{Group: passenger.FlightID{1}, Me: Nobody, Root: testKey("ground"), Clock: Stamp{rapid.Uint64().Draw(t, "ms"), rapid.Uint64().Draw(t, "ctr")},
			Window: Window{rapid.Uint64().Draw(t, "from"), rapid.Uint64().Draw(t, "to")}, Untold: rapid.Bool().Draw(t, "untold"), Sealed: rapid.Bool().Draw(t, "sealed")}
		copy(s.Incarnation[:], drawBytes(t, 8))
		for range rapid.IntRange(0, 5).Draw(t, "lanes") {
			l := Lane{Author: drawDot(t).Author, Class: TabletLane, Key: testKey(rapid.SampledFrom([]string{"ground", "a", "b"}).Draw(t, "key")), Seq: rapid.Uint64().Draw(t, "seq"),
				Head: Hash(drawBytes(t, 16)), Freed: rapid.Uint64().Draw(t, "freed"), Points: []Point{{rapid.Uint64Min(1).Draw(t, "point"), drawBytes(t, 64)}}}
			if rapid.Bool().Draw(t, "branch") {
				l.Fork = Fork{Of: drawDot(t).Author, At: rapid.Uint64().Draw(t, "at"), Start: Hash(drawBytes(t, 16)), First: Hash{1}}
			}
			s.setLane(l)
		}
		got, err := UnmarshalState(s.Marshal())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s, got); diff != "" {
			t.Fatalf("(-written +read)\n%s", diff)
		}
	})
}
