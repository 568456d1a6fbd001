package budget

import (
	"cmp"
	"fmt"
	"slices"
)

// table prints the seconds of each package, dearest first, and their sum. Packages run side by
// side, so the sum is work, not waiting.
func (run *Run) table() {
	if len(run.packages) == 0 {
		return
	}
	costs := slices.Clone(run.packages)
	slices.SortFunc(costs, func(a, b cost) int {
		return cmp.Or(cmp.Compare(b.seconds, a.seconds), cmp.Compare(a.pkg, b.pkg))
	})
	fmt.Fprintf(run.out, "\n%9s  %6s  %s\n", "seconds", "share", "package")
	total := 0.0
	for _, c := range costs {
		total += c.seconds
	}
	for _, c := range costs {
		note := ""
		if c.cached {
			note = " (cached)"
		}
		share := 0.0
		if total > 0 {
			share = 100 * c.seconds / total
		}
		fmt.Fprintf(run.out, "%9.2f  %5.1f%%  %s%s\n", c.seconds, share, c.pkg, note)
	}
	fmt.Fprintf(run.out, "%9.2f  %6s  %d packages\n", total, "", len(costs))
}
