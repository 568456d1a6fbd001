package columns

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/crewapi/pack/invented"
)

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		for a, ops := range invented.Flight(seed, invented.LongHaul, invented.Unseen) {
			seen := Shapes(ops)
			for _, tables := range []*Tables{NewTables(nil, nil), NewTables(slices.Sorted(func(yield func(string) bool) {
				for s := range seen {
					if !yield(s) {
						return
					}
				}
			}), []string{"acted", "declined", "pleased"}), NewTables(nil, nil).Counting()} {
				stream, noise, ok := tables.Split(ops)
				if !ok {
					t.Fatal("too many values")
				}
				got, err := tables.Join(stream, noise, len(ops), 1<<20)
				if err != nil {
					t.Fatalf("lane %d of flight %d: %v", a, seed, err)
				}
				if d := cmp.Diff(ops, got); d != "" {
					t.Fatalf("lane %d of flight %d (-want +got):\n%s", a, seed, d)
				}
			}
		}
	}
}
