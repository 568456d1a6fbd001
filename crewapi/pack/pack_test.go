package pack_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cabinloop/cabinloop/crewapi/pack"
	"github.com/cabinloop/cabinloop/crewapi/pack/invented"
)

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		for a, ops := range invented.Flight(seed, invented.LongHaul, invented.Unseen) {
			for _, peer := range [][]uint32{nil, {pack.Plain}, {pack.Raw}} {
				dict, body := pack.Pack(ops, peer...)
				got, err := pack.Unpack(dict, body, 0)
				if err != nil {
					t.Fatalf("lane %d of flight %d, dictionary %d: %v", a, seed, dict, err)
				}
				if d := cmp.Diff(ops, got, cmpopts.EquateEmpty()); d != "" {
					t.Fatalf("lane %d of flight %d, dictionary %d (-want +got):\n%s", a, seed, dict, d)
				}
			}
		}
	}
}
