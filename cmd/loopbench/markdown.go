package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// markdown writes the result for docs/bench.md: goals, why some are missed, what else was measured.
func (r result) markdown(w io.Writer) {
	fmt.Fprintf(w, "Ground on %s, seed %d, %.0f s; load average %s before, %s after. %s\n\n", r.Database, r.Seed, r.Seconds, r.LoadBefore, r.LoadAfter, strings.TrimPrefix(tally(r.Goals), "goals: "))
	table(w, "goal", "what", "asked", "ours", "floor", "ratio", "")
	for _, v := range r.Goals {
		last := v.verdict()
		switch v.State {
		case elsewhere:
			last = v.Why
		case missed:
			last = "**" + last + "**"
		}
		line(w, v.Row, v.What, v.Goal, v.Ours, v.Floor, factor(v.Ratio), last)
	}
	fmt.Fprint(w, "\nMissed, and why:\n\n")
	for _, why := range reasons(r.Goals) {
		fmt.Fprintln(w, "- "+why)
	}
	fmt.Fprintln(w, "\nEverything measured:")
	fmt.Fprintln(w)
	table(w, "", "ours", "floor", "ratio", "floor with dictionary", "n")
	for _, f := range r.Figures {
		line(w, f.title(), f.show(ours), f.show(least), factor(f.Ratio), f.show(leastDict), fmt.Sprint(f.N))
	}
	fmt.Fprintln(w)
	table(w, "", "", "")
	for _, x := range r.rows() {
		line(w, strings.TrimSpace(x.what), x.value, x.how)
	}
}

func table(w io.Writer, heads ...string) {
	line(w, heads...)
	fmt.Fprintln(w, strings.Repeat("|---", len(heads))+"|")
}

func line(w io.Writer, cells ...string) { fmt.Fprintln(w, "| "+strings.Join(cells, " | ")+" |") }

// loadAverage is the kernel's of the last minute; "?" where there is none.
func loadAverage() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "?"
	}
	first, _, _ := strings.Cut(string(b), " ")
	return first
}
