package sync

import (
	"bytes"
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
)

// again checks that what a decoder read, once written, stays the same bytes.
func again[T any](t *testing.T, what string, b []byte, read func([]byte) (T, error), write func(T) []byte) {
	t.Helper()
	v, err := read(b)
	if err != nil {
		return
	}
	once := write(v)
	w, err := read(once)
	if err != nil {
		t.Errorf("%s: what was written of %+v cannot be read: %v", what, v, err)
	} else if twice := write(w); !bytes.Equal(once, twice) {
		t.Errorf("%s: written as %x, and then as %x", what, once, twice)
	}
}

// FuzzContents reads bytes as the content of each kind, writes what was read and reads it again.
func FuzzContents(f *testing.F) {
	for _, o := range sampleOps() {
		f.Add(o.Content())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > MaxOpBytes {
			return
		}
		content := func(d Draft) []byte { return d.Content }
		again(t, "schedule", b, decodeSchedule, func(g Genesis) []byte {
			if g.Key == (passenger.FlightKey{}) {
				return content(Amend{g.Arrival, g.STD, g.STA}.Draft())
			}
			return content(g.Draft())
		})
		again(t, "roster", b, decodeRoster, func(e RosterEntry) []byte { return content(e.Draft()) })
		again(t, "movement", b, decodeMovement, func(m MovementFact) []byte { return content(m.Draft()) })
		again(t, "cut", b, decodeCut, func(c Cut) []byte { return content(c.Draft()) })
		again(t, "verdict", b, decodeVerdict, func(v Verdict) []byte { return content(v.Draft()) })
		again(t, "feedback", b, decodeFeedback, encodeFeedback)
		again(t, "gesture", b, func(b []byte) (Gesture, error) { return decodeGesture(1, b) }, func(g Gesture) []byte { return content(g.Draft([8]byte{})) })
		again(t, "traveller", b, decodeTraveller, Traveller.encode)
		again(t, "list age", b, decodeListAge, func(l ListAge) []byte { return content(l.Draft()) })
		again(t, "note", b, func(b []byte) (passenger.Note, error) { return decodeNote(1, b) }, func(n passenger.Note) []byte { return content(NoteDraft(n)) })
		again(t, "text", b, decodeText, func(s string) []byte { return content(CloseDraft(s)) })
		again(t, "fork", b, readFork, Fork.marshal)
		again(t, "lane", b, func(b []byte) (Lane, error) { return readLane(b, testKey("ground")) }, func(l Lane) []byte { return l.marshal(testKey("ground")) })
		_, _ = decodePhrase(b)
		_, _ = decodePage(b)
		_, _ = decodeHave(b)
		_, _ = readDots(b)
		_, _, _ = ReadFin(opOf(Draft{Kind: KindFin, Content: b}, Dot{FirstTablet, 1}))
	})
}

func FuzzParseDot(f *testing.F) {
	for _, s := range []string{"4.7", "0.1", "4.0", "4", "04.7", "4.18446744073709551616", "-1.2", " 4.7"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, ok := ParseDot(s); ok && (d.String() != s || d.IsZero()) {
			t.Errorf("%q reads as %s", s, d)
		}
	})
}

// FuzzSealedRun opens arbitrary runs with a key that opens everything, and asks whether a store
// holds them.
func FuzzSealedRun(f *testing.F) {
	c := newCrew(f, 1)
	store := c.tablets[0].store
	first := opAt(f, c.tablets[0], Dot{Manifest, 1}).Raw()
	f.Add(uint32(Manifest), uint64(1), first, []byte{1})
	f.Add(uint32(64), uint64(1<<63), []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, a uint32, seq uint64, x, y []byte) {
		group := c.ground.State().Group
		sealed := SealedRun{Author: Author(a), First: seq, Ops: [][]byte{x, y}}
		var bound [][]byte
		run, err := sealed.Open(group, func(info, aad, b []byte) ([]byte, error) {
			bound = append(bound, aad)
			return b, nil
		})
		if err != nil || len(run.Ops) != 2 || !bytes.Equal(run.Ops[0], x) || bytes.Equal(bound[0], bound[1]) {
			t.Fatalf("%d ops, bound to %x, %v", len(run.Ops), bound, err)
		}
		run.Ops = run.Ops[:1]
		held, err := HoldsAll(store, run)
		if err != nil {
			t.Fatal(err)
		}
		if own := bytes.Equal(x, first); own != held && own {
			t.Error("an op that is held is not found")
		}
	})
}
