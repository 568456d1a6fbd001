package pack_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"testing"

	"github.com/cabinloop/cabinloop/crewapi/pack"
	"github.com/cabinloop/cabinloop/crewapi/pack/invented"
)

// workload is what an exchange carries, as runs: one a lane.
type workload struct {
	name string
	runs func(seed uint64) [][][]byte
}

var workloads = []workload{
	{"one feedback op", func(s uint64) [][][]byte { return [][][]byte{invented.Outcomes(s, 1, invented.Unseen)} }},
	{"40-op landing batch", func(s uint64) [][][]byte { return [][][]byte{invented.Outcomes(s, 40, invented.Unseen)} }},
	{"80 ops of every kind", func(s uint64) [][][]byte {
		return invented.Flight(s, invented.LongHaul, invented.Unseen)[4:5]
	}},
	{"first load, 360 passengers", func(s uint64) [][][]byte {
		return invented.Flight(s, invented.LongHaul, invented.Unseen)[:4]
	}},
	{"whole flight", func(s uint64) [][][]byte { return invented.Flight(s, invented.LongHaul, invented.Unseen) }},
}

type sizes struct{ ops, raw, gzip, plain, packed int }

// measure sums the sizes of a workload over seeds, and divides.
func measure(w workload, seeds int) sizes {
	var s sizes
	for seed := range uint64(seeds) {
		for _, ops := range w.runs(seed) {
			joined := join(ops)
			s.ops += len(ops)
			s.raw += len(joined)
			s.gzip += zipped(joined)
			_, plain := pack.Pack(ops, pack.Plain)
			_, body := pack.Pack(ops)
			s.plain += len(plain)
			s.packed += len(body)
		}
	}
	for _, n := range []*int{&s.ops, &s.raw, &s.gzip, &s.plain, &s.packed} {
		*n = (*n + seeds/2) / seeds
	}
	return s
}

func zipped(b []byte) int {
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	z.Write(b)
	z.Close()
	return out.Len()
}

func TestSizes(t *testing.T) {
	for _, w := range workloads {
		t.Logf("%s: %+v", w.name, measure(w, 16))
	}
}

func join(ops [][]byte) (b []byte) {
	for _, o := range ops {
		b = append(binary.AppendUvarint(b, uint64(len(o))), o...)
	}
	return b
}
