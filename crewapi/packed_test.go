package crewapi

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/cabinloop/cabinloop/crewapi/pack"
)

// What is remembered is what packing gives, for each receiver and each content, and is bounded.
func TestPackedRuns(t *testing.T) {
	p := &packed{}
	most := 0
	for i := range 3 * maxPacked / (8 << 10) {
		// Noise does not shrink: each is some 8 KiB.
		op := make([]byte, 8<<10)
		for j := range op {
			op[j] = byte((i + 1) * (j + 7) * (j ^ i + 3) >> 5)
		}
		runs := [][][]byte{{op}, {op[:len(op)/2], op[len(op)/2:]}}
		if i%64 > 0 {
			runs = runs[:1]
		}
		for _, ops := range runs {
			for _, peer := range []uint32{pack.Raw, pack.V1} {
				dict, body := pack.Pack(ops, pack.UpTo(peer)...)
				for range 2 {
					if d, b := p.pack(ops, peer); d != dict || !bytes.Equal(b, body) {
						t.Fatalf("%d ops for %d: packed otherwise than without memory", len(ops), peer)
					}
				}
			}
		}
		kept := 0
		for _, m := range []map[packedKey]packedOps{p.now, p.old} {
			for _, x := range m {
				kept += len(x.body)
			}
		}
		most = max(most, kept)
	}
	if most > 2*maxPacked || most < maxPacked/2 {
		t.Errorf("%s kept of at most %d bytes", fmt.Sprint(most), 2*maxPacked)
	}
}

// Equal answers are packed once.
func TestPackedOnce(t *testing.T) {
	p := &packed{}
	ops := [][]byte{[]byte("one"), []byte("two")}
	_, first := p.pack(ops, pack.V1)
	_, again := p.pack([][]byte{[]byte("one"), []byte("two")}, pack.V1)
	if &first[0] != &again[0] {
		t.Error("the same ops were packed twice")
	}
}
