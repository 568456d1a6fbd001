package columns

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/cabinloop/cabinloop/crewapi/pack/invented"
)

// TestBreakdown prints what each column of a landing takes before anything is compressed (-v):
// where the next byte could be saved. It holds that the columns are all there is.
func TestBreakdown(t *testing.T) {
	b, err := os.ReadFile("../v1.tables")
	if err != nil {
		t.Fatal(err)
	}
	tables, err := ParseTables(b)
	if err != nil {
		t.Fatal(err)
	}
	tables = tables.Counting()
	ops := invented.Outcomes(1, 40, invented.Unseen)
	s := tables.split(ops, nil)
	stream, noise, _ := tables.Split(ops)
	t.Logf("noise %d, stream %d: structure %d", len(noise), len(stream), len(s.structure))
	sum := len(s.structure) + len(s.noise)
	for _, k := range slices.SortedFunc(maps.Keys(s.columns), func(a, b column) int {
		return cmp.Compare(len(s.columns[b].numbers)+len(s.columns[b].bytes), len(s.columns[a].numbers)+len(s.columns[a].bytes))
	}) {
		c := s.columns[k]
		sum += len(c.numbers) + len(c.bytes)
		t.Logf("%-16s numbers %4d, bytes %4d", fmt.Sprintf("(%d,%d,%d)", k.kind, k.in, k.tag), len(c.numbers), len(c.bytes))
	}
	if sum != len(stream)+len(noise) {
		t.Errorf("the columns are %d bytes, stream and noise %d", sum, len(stream)+len(noise))
	}
}
