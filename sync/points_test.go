package sync

import (
	"slices"
	"testing"
)

// TestPointsAreWithinARun: of the proven places of a lane some go, but never so that a relay has
// nowhere to cut a run that may be carried.
func TestPointsAreWithinARun(t *testing.T) {
	for _, tc := range []struct{ have, want []uint64 }{
		{[]uint64{1, 2, 3}, []uint64{3}},
		{[]uint64{63, 64, 100}, []uint64{63, 100}},
		{[]uint64{10, MaxRunOps + 10, MaxRunOps + 11}, []uint64{10, MaxRunOps + 10, MaxRunOps + 11}},
		{[]uint64{MaxRunOps, MaxRunOps + 1, MaxRunOps + 2}, []uint64{MaxRunOps, MaxRunOps + 2}},
		{[]uint64{10, MaxRunOps + 9, MaxRunOps + 10}, []uint64{10, MaxRunOps + 10}},
	} {
		var ps []Point
		for _, seq := range tc.have {
			ps = withPoint(ps, Point{Seq: seq})
		}
		var got []uint64
		for _, p := range ps {
			got = append(got, p.Seq)
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("of claims at %v those at %v stay, want %v", tc.have, got, tc.want)
		}
	}
}
