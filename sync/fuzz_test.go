package sync

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func FuzzParseOp(f *testing.F) {
	for _, o := range sampleOps() {
		f.Add(o.Raw())
	}
	f.Add([]byte{0x83, 0x00, 8, 65, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8})
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := ParseOp(Dot{4, 1}, raw)
		if err != nil {
			return
		}
		if !bytes.Equal(o.Raw(), raw) {
			t.Fatalf("decode then encode gives other bytes:\n% x\n% x", raw, o.Raw())
		}
		if o.size() != len(raw) || o.Stub().size() != len(o.Stub().Raw()) {
			t.Fatalf("%d bytes count as %d, its stub's %d as %d", len(raw), o.size(), len(o.Stub().Raw()), o.Stub().size())
		}
		if s, err := ParseOp(o.Dot, o.Stub().Raw()); err != nil && len(raw) < MaxOpBytes-16 || err == nil && s.Commit != o.Commit {
			t.Fatalf("its stub: %v", err)
		}
		Fold([]Op{o})
	})
}

func FuzzDecodeHeader(f *testing.F) {
	for _, o := range sampleOps() {
		f.Add(o.Head)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := decodeHeader(b)
		if err != nil {
			return
		}
		again, err := decodeHeader(h.encode())
		if err != nil {
			t.Fatalf("%+v does not read back: %v", h, err)
		}
		if diff := cmp.Diff(h, again); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzFields(f *testing.F) {
	for _, o := range sampleOps() {
		f.Add(o.Content())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		total := 0
		if err := fields(b, func(x field) error { total += 1 + len(x.data); return nil }); err == nil && total > len(b) {
			t.Fatalf("%d bytes of fields in %d bytes", total, len(b))
		}
		// No content decoder panics, whatever the bytes.
		_, _ = decodeSchedule(b)
		_, _ = decodeRoster(b)
		_, _ = decodeMovement(b)
		_, _ = decodeCut(b)
		_, _ = decodeVerdict(b)
		_, _ = decodeHave(b)
		_, _ = decodeFeedback(b)
		_, _ = decodeGesture(1, b)
		_, _ = decodePage(b)
		_, _ = decodeListAge(b)
		_, _ = decodeNote(1, b)
		_, _ = decodeText(b)
	})
}

func FuzzUnmarshalState(f *testing.F) {
	c := newCrew(f, 2)
	f.Add(c.ground.State().Marshal())
	f.Add(c.tablets[1].State().Marshal())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := UnmarshalState(b)
		if err != nil {
			return
		}
		if len(s.Lanes) > MaxAuthors || len(s.Vector()) > MaxAuthors {
			t.Fatalf("%d lanes", len(s.Lanes))
		}
		again, err := UnmarshalState(s.Marshal())
		if diff := cmp.Diff(s, again); err != nil || diff != "" {
			t.Fatalf("%v\n%s", err, diff)
		}
	})
}

func FuzzUnpackVector(f *testing.F) {
	f.Add(Vector{3, 0, 300, 1 << 40}.Pack())
	f.Add(bytes.Repeat([]byte{0}, MaxAuthors+1))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := UnpackVector(b)
		if err != nil {
			return
		}
		again, err := UnpackVector(v.Pack())
		if len(v) > MaxAuthors || err != nil || !slices.Equal(v, again) {
			t.Fatalf("%v, %v, %v", v, again, err)
		}
	})
}

// opsFrom cuts bytes into ops: author, sequence, length, raw.
func opsFrom(b []byte) (ops []Op) {
	for len(b) > 4 {
		d, l := Dot{Author(b[0] % 70), uint64(b[1]%20) + 1}, int(binary.LittleEndian.Uint16(b[2:]))
		b = b[4:]
		l = min(l, len(b))
		if o, err := ParseOp(d, b[:l]); err == nil {
			ops = append(ops, o)
		}
		b = b[l:]
	}
	return ops
}

func bytesOf(ops []Op) (b []byte) {
	for _, o := range ops {
		raw := o.Raw()
		b = append(b, byte(o.Dot.Author), byte(o.Dot.Seq-1))
		b = append(binary.LittleEndian.AppendUint16(b, uint16(len(raw))), raw...)
	}
	return b
}

func FuzzFold(f *testing.F) {
	f.Add(bytesOf(sampleOps()))
	c := newCrew(f, 2)
	c.ground.write(Notes, NoteDraft(testNote(1)))
	c.all()
	c.tablets[1].write(author(1), OutcomeDraft(noteDot, 1, acted(), nil, [8]byte{1}), SeatNowDraft(1, "2B", nil, [8]byte{2}))
	f.Add(bytesOf(c.tablets[1].ops()))
	f.Fuzz(func(t *testing.T, b []byte) {
		ops := opsFrom(b)
		v := Fold(ops)
		if s := v.Sums(); !s.Close() {
			t.Fatalf("sums do not close: %+v", s)
		}
		slices.Reverse(ops)
		if diff := cmp.Diff(v, Fold(append(ops, ops...))); diff != "" {
			t.Fatalf("order or duplication matters:\n%s", diff)
		}
	})
}

// FuzzReceive feeds arbitrary runs to a tablet in a flight.
func FuzzReceive(f *testing.F) {
	c := newCrew(f, 2)
	c.ground.write(Notes, NoteDraft(testNote(1)))
	c.all()
	start := c.tablets[0].store
	c.ground.write(Notes, NoteDraft(testNote(2)))
	c.tablets[1].write(author(1), SeenDraft(noteDot))
	for _, n := range []*node{c.ground, c.tablets[1]} {
		for _, r := range n.do(Answer{Request: Request{Group: n.State().Group}}).Response.Runs {
			var raws []byte
			for _, raw := range r.Ops {
				raws = append(binary.LittleEndian.AppendUint16(raws, uint16(len(raw))), raw...)
			}
			f.Add(uint32(r.Author), r.First, r.Head[:], r.Sig, raws, true)
			f.Add(uint32(r.Author), r.First, r.Head[:], []byte{}, raws, true)
		}
	}
	f.Fuzz(func(t *testing.T, a uint32, first uint64, head, sig, raws []byte, have bool) {
		run := Run{Author: Author(a), First: first, Sig: sig}
		copy(run.Head[:], head)
		for len(raws) > 2 {
			l := min(int(binary.LittleEndian.Uint16(raws)), len(raws)-2)
			run.Ops = append(run.Ops, raws[2:2+l])
			raws = raws[2+l:]
		}
		store := start.Clone()
		r, err := Load(store, testVerify)
		if err != nil {
			t.Fatal(err)
		}
		if len(sig) == 0 && len(run.Ops) > 0 { // an author that signs anything
			key := "ground"
			if run.Author >= FirstTablet {
				key = string([]byte{byte(10 + run.Author - FirstTablet)})
			}
			l, _ := r.State().Lane(run.Author)
			run.Head, _ = r.headAt(l, min(first-1, l.Seq))
			for i, raw := range run.Ops {
				if o, err := ParseOp(Dot{run.Author, first + uint64(i)}, raw); err == nil {
					run.Head = chainNext(run.Head, o)
				}
			}
			run.Sig, _ = testSign(key)(r.claim(l, run.last(), run.Head).Message(r.st.Group))
		}
		before := r.State()
		ready, err := r.Step(Receive{Runs: []Run{run, run}, Have: have})
		if err != nil || len(ready.Changed) == 0 {
			if diff := cmp.Diff(before, r.State()); diff != "" || !ready.Batch.IsEmpty() {
				t.Fatalf("nothing was taken, and the state changed:\n%s", diff)
			}
			return
		}
		if err := store.Apply(ready.Batch); err != nil {
			t.Fatal(err)
		}
		for _, l := range r.State().Lanes {
			n := uint64(0)
			_ = store.Ops(l.Author, 1, func(Op) bool { n++; return true })
			if n != l.Seq {
				t.Fatalf("author %d: claims %d ops, holds %d", l.Author, l.Seq, n)
			}
		}
		if again, err := r.Step(Receive{Runs: []Run{run}, Have: have}); err != nil || len(again.Changed) > 0 {
			t.Fatalf("a second delivery took %v, %v", again.Changed, err)
		}
	})
}
