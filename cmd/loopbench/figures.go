package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
)

// printFigures writes ours beside the floor.
func printFigures(w io.Writer, figures []figure) {
	if len(figures) == 0 {
		return
	}
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\tours\tfloor\tratio\tfloor+dict\tn")
	for _, f := range figures {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%d\n", f.title(), f.show(ours), f.show(least), factor(f.Ratio), f.show(leastDict), f.N)
	}
	t.Flush()
	for _, f := range figures {
		if f.Note != "" {
			fmt.Fprintf(w, "%s: %s\n", f.title(), f.Note)
		}
	}
}

// printGoals writes every goal of the reference with what this run measured.
func printGoals(w io.Writer, goals []verdict) {
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "goal\t\tasked\tours\tfloor\tratio\t")
	for _, v := range goals {
		last := v.verdict()
		if v.Why != "" && v.State != missed {
			last += ": " + v.Why
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", v.Row, v.What, v.Goal, v.Ours, v.Floor, factor(v.Ratio), last)
	}
	t.Flush()
	fmt.Fprintln(w, "\n"+tally(goals))
	for _, why := range reasons(goals) {
		fmt.Fprintln(w, "missed: "+why)
	}
}

// tally counts the goals by state.
func tally(goals []verdict) string {
	n := map[string]int{}
	for _, v := range goals {
		n[v.State]++
	}
	return fmt.Sprintf("goals: met=%d missed=%d elsewhere=%d unmeasured=%d", n[met], n[missed], n[elsewhere], n[unmeasured])
}

// reasons says why each goal is missed, once for all goals of one figure.
func reasons(goals []verdict) (out []string) {
	last := ""
	for _, v := range goals {
		if v.State != missed || v.Why == last && last != "" {
			continue
		}
		why := v.Why
		if last = why; why == "" {
			why = "no reason is written"
		}
		out = append(out, fmt.Sprintf("%s %s: %s", v.Row, v.What, why))
	}
	return out
}

func (f figure) title() string { return strings.ToUpper(f.Work) + " " + f.Name }

func factor(ratio float64) string {
	if ratio == 0 {
		return ""
	}
	return "×" + short(ratio)
}

func (f figure) show(who string) string {
	v, ok := f.Value[who]
	if !ok {
		return ""
	}
	return strings.TrimSpace(short(v) + " " + f.Unit)
}

// short writes three digits that say something.
func short(v float64) string {
	switch a := math.Abs(v); {
	case v == math.Trunc(v) || a >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}
