package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
)

// printFigures writes ours beside the floor with every goal, met or missed.
func printFigures(w io.Writer, figures []figure) {
	if len(figures) == 0 {
		return
	}
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\tours\tfloor\tratio\tfloor+dict\tn\tgoals")
	var notes []string
	for _, f := range figures {
		goals := make([]string, len(f.Goals))
		for i, g := range f.Goals {
			goals[i] = g.String() + " [" + g.From + "]"
		}
		ratio := ""
		if f.Ratio > 0 {
			ratio = "×" + short(f.Ratio)
		}
		fmt.Fprintf(t, "%s %s\t%s\t%s\t%s\t%s\t%d\t%s\n", strings.ToUpper(f.Work), f.Name, f.show(ours), f.show(least), ratio, f.show(leastDict), f.N, strings.Join(goals, "; "))
		if f.Note != "" {
			notes = append(notes, fmt.Sprintf("%s %s: %s", strings.ToUpper(f.Work), f.Name, f.Note))
		}
	}
	t.Flush()
	for _, n := range notes {
		fmt.Fprintln(w, n)
	}
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
