package pack_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/crewapi/pack"
	"github.com/cabinloop/cabinloop/crewapi/pack/invented"
)

var rewrite = flag.Bool("rewrite", false, "write testdata/sizes.txt anew")

// workload is what an exchange carries, as runs: one a lane. most is the bytes it may take,
// noise included: what the salts, nonces and stamps of the ops take is in no compressor's power.
type workload struct {
	name string
	most int
	runs func(seed uint64) [][][]byte
}

var workloads = []workload{
	{"one feedback op", 50, func(s uint64) [][][]byte { return [][][]byte{invented.Outcomes(s, 1, invented.Unseen)} }},
	{"40-op landing batch", 1400, func(s uint64) [][][]byte { return [][][]byte{invented.Outcomes(s, 40, invented.Unseen)} }},
	{"a tablet, every kind", 2000, func(s uint64) [][][]byte {
		return invented.Flight(s, invented.LongHaul, invented.Unseen)[4:5]
	}},
	// Reference E.8: at most 12 kB, and one initial TCP window of 14,600 bytes.
	{"first load, 360 passengers", 8000, func(s uint64) [][][]byte { return invented.Flight(s, invented.LongHaul, invented.Unseen)[:4] }},
	{"whole flight", 16000, func(s uint64) [][][]byte { return invented.Flight(s, invented.LongHaul, invented.Unseen) }},
}

// sizes is bytes, a mean over seeds.
type sizes struct{ ops, noise, raw, gzip, plain, packed int }

func measure(w workload, seeds int) sizes {
	var s sizes
	for seed := range uint64(seeds) {
		for _, ops := range w.runs(seed) {
			joined := join(ops)
			_, plain := pack.Pack(ops, pack.Plain)
			_, body := pack.Pack(ops)
			s.ops += len(ops)
			s.noise += pack.NoiseOf(ops)
			s.raw += len(joined)
			s.gzip += zipped(joined)
			s.plain += len(plain)
			s.packed += len(body)
		}
	}
	for _, n := range []*int{&s.ops, &s.noise, &s.raw, &s.gzip, &s.plain, &s.packed} {
		*n = (*n + seeds/2) / seeds
	}
	return s
}

func join(ops [][]byte) (b []byte) {
	for _, o := range ops {
		b = append(binary.AppendUvarint(b, uint64(len(o))), o...)
	}
	return b
}

func zipped(b []byte) int {
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	z.Write(b)
	z.Close()
	return out.Len()
}

// TestSizes holds the sizes exactly: they repeat to the byte. After a change of the ops, or a new
// version, -rewrite writes them anew.
func TestSizes(t *testing.T) {
	t.Parallel()
	const file = "testdata/sizes.txt"
	var got strings.Builder
	fmt.Fprintf(&got, "%-28s %6s %6s %6s %6s %6s %6s\n", "bytes, mean of 16 flights", "ops", "noise", "raw", "gzip", "zstd", "packed")
	for _, w := range workloads {
		s := measure(w, 16)
		fmt.Fprintf(&got, "%-28s %6d %6d %6d %6d %6d %6d\n", w.name, s.ops, s.noise, s.raw, s.gzip, s.plain, s.packed)
		if s.packed > w.most {
			t.Errorf("%s: %d bytes, want at most %d", w.name, s.packed, w.most)
		}
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got.String()); d != "" {
		t.Errorf("sizes have changed; if that is meant, run with -rewrite (-want +got):\n%s", d)
	}
}

func BenchmarkPack(b *testing.B) {
	for _, w := range workloads {
		b.Run(strings.ReplaceAll(w.name, " ", "-"), func(b *testing.B) {
			runs := w.runs(1)
			ops := 0
			for _, r := range runs {
				ops += len(r)
			}
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				n = 0
				for _, r := range runs {
					_, body := pack.Pack(r)
					n += len(body)
				}
			}
			b.ReportMetric(float64(n)/float64(ops), "bytes/op")
			b.ReportMetric(float64(n), "bytes")
		})
	}
}

func BenchmarkUnpack(b *testing.B) {
	for _, w := range workloads {
		b.Run(strings.ReplaceAll(w.name, " ", "-"), func(b *testing.B) {
			type packed struct {
				dict uint32
				body []byte
			}
			var all []packed
			for _, r := range w.runs(1) {
				dict, body := pack.Pack(r)
				all = append(all, packed{dict, body})
			}
			b.ReportAllocs()
			for b.Loop() {
				for _, p := range all {
					if _, err := pack.Unpack(p.dict, p.body, 0); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
