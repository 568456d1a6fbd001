package columns

import (
	"bytes"
	"slices"
	"testing"

	"github.com/cabinloop/cabinloop/crewapi/pack/invented"
)

// FuzzJoin puts arbitrary streams together. What comes out, taken apart again, comes out again.
func FuzzJoin(f *testing.F) {
	tables := NewTables([]string{"\x42\x05\x04\x00\x02\x00"}, []string{"acted"})
	for _, ops := range invented.Flight(1, invented.Size{Travellers: 5, Notes: 2, Tablets: 1, Feedback: 4}, invented.Unseen) {
		stream, noise, _ := tables.Split(ops)
		f.Add(stream, noise)
		f.Add(stream[:len(stream)/2], noise)
	}
	f.Add([]byte{1, 0, 6, 3, 0, 2, 6, 8, 0, 255, 255, 3}, []byte{})
	f.Fuzz(func(t *testing.T, stream, noise []byte) {
		const maxOps, maxBytes = 100, 64 << 10
		tables := tables
		if len(stream)%2 == 1 {
			tables = tables.Counting()
		}
		ops, err := tables.Join(stream, noise, maxOps, maxBytes)
		if err != nil {
			return
		}
		total := 0
		for _, o := range ops {
			total += len(o)
		}
		if len(ops) > maxOps || total > maxBytes {
			t.Fatalf("%d ops of %d bytes", len(ops), total)
		}
		s, n, ok := tables.Split(ops)
		again, err := tables.Join(s, n, maxOps, maxBytes)
		if !ok || err != nil || !slices.EqualFunc(ops, again, bytes.Equal) {
			t.Fatalf("%x came back as %x, %v", ops, again, err)
		}
	})
}

// FuzzSplit takes two arbitrary ops apart: they come back bit for bit.
func FuzzSplit(f *testing.F) {
	tables := NewTables(nil, []string{"acted"})
	f.Add([]byte{9, 8, 65, 0x22, 2, 3, 1, 0x42, 1, 7, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x0a, 5, 'a', 'c', 't', 'e', 'd'}, []byte{})
	f.Add([]byte{2, 8, 48, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x32, 2, 0x0a, 0, 0x32, 1, 8}, []byte{1, 2})
	f.Fuzz(func(t *testing.T, x, y []byte) {
		ops := [][]byte{x, y, x}
		tables := tables
		if len(x)%2 == 1 {
			tables = tables.Counting()
		}
		stream, noise, ok := tables.Split(ops)
		if !ok {
			return
		}
		got, err := tables.Join(stream, noise, 3, len(x)*2+len(y))
		if err != nil || !slices.EqualFunc(ops, got, bytes.Equal) {
			t.Fatalf("%x came back as %x, %v", ops, got, err)
		}
	})
}

func FuzzParseTables(f *testing.F) {
	f.Add(NewTables([]string{"\x42\x05\x00\x02\x00"}, []string{"acted", "pleased"}).Marshal())
	f.Add([]byte{2, 1, 'a'})
	f.Fuzz(func(t *testing.T, b []byte) {
		tables, err := ParseTables(b)
		if err != nil {
			return
		}
		again, err := ParseTables(tables.Marshal())
		if err != nil || !slices.Equal(tables.shapes, again.shapes) || !slices.Equal(tables.codes, again.codes) {
			t.Fatalf("%q %q came back as %q %q, %v", tables.shapes, tables.codes, again.shapes, again.codes, err)
		}
	})
}
