package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/cabinloop/cabinloop/internal/stage"
)

// print writes the result as tables.
func (r result) print(w io.Writer) {
	fmt.Fprintf(w, "Cabinloop%s, %s, %d cores, ground on %s, seed %d\n\n", prefixed(" ", r.Commit), r.Go, r.Cores, r.Database, r.Seed)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, x := range r.rows() {
		fmt.Fprintf(t, "%s\t%s\t%s\n", x.what, x.value, x.how)
	}
	t.Flush()
	printFigures(w, r.Figures)
	printGoals(w, r.Goals)
	fmt.Fprintf(w, "\nmeasured in %.0f s, all of it on 127.0.0.1; load average %s before, %s after\n", r.Seconds, r.LoadBefore, r.LoadAfter)
}

// row is one line of what was measured with the programs alone.
type row struct{ what, value, how string }

// rows leaves out the parts that did not run.
func (r result) rows() (out []row) {
	add := func(what, value, how string, args ...any) {
		out = append(out, row{what, value, fmt.Sprintf(how, args...)})
	}
	if p := r.Posts; p.Posts > 0 {
		add("posts imported", fmt.Sprintf("%.0f/s", p.PerSecond), "%d posts in %.2f s through ground import posts, process start included", p.Posts, p.Seconds)
		add("  without start", fmt.Sprintf("%.0f/s", p.Net), "%.3f s: the same program with one post", p.StartSeconds)
		add("  known posts", fmt.Sprintf("%.0f/s", p.Again), "the same file again, process start included: nothing new")
	}
	if r.Push.Readable.N > 0 {
		add("note released → readable", times(r.Push.Readable), "%s", r.Push.Path)
		add("  form answered", times(r.Push.Answered), "by the same run: the note is durable on ground")
	}
	if x := r.Wire; x.LoadFloor > 0 {
		add("first load", fmt.Sprintf("%d B, %d turns", x.Load.Bytes(), x.Load.Turns), "%d passengers, %d notes; %s; h2 without TLS, headers included", x.Passengers, x.Notes, ways(x.Load))
		add("  floor", fmt.Sprintf("%d B, ×%.2f", x.LoadFloor, x.LoadRatio), "the same content as one protobuf message, gzip -9, no HTTP")
		add("idle round", fmt.Sprintf("%d B, %d turns", x.Idle.Bytes(), x.Idle.Turns), "nothing new; %s", ways(x.Idle))
		add("one feedback delivered", fmt.Sprintf("%d B, %d turns", x.Feedback.Bytes(), x.Feedback.Turns), "%s; recording it used no network", ways(x.Feedback))
		add("  floor", fmt.Sprintf("%d B, ×%.1f", x.OneFloor, x.OneRatio), "one protobuf message; over the idle round ×%.1f", x.NetRatio)
	}
	if m := r.Memory; m.PeakKB > 0 {
		add("tablet memory, peak", fmt.Sprintf("%.1f MiB", float64(m.PeakKB)/1024), "VmHWM of purser serve: %d such flights loaded, every page rendered %d times", m.Flights, m.Renderings)
	}
	if r.Start.FirstNote.N > 0 {
		add("start → first note", times(r.Start.FirstNote), "purser serve, data on disk, ground off, until the flight page answers 200 with a note")
		add("  listening", times(r.Start.Listening), "of it, until the program listens")
	}
	if x := r.Record; x.Write.N > 0 {
		add("durable local write", times(x.Write), "agent's Record, %.0f/s with one writer", x.PerSecond)
		add("  floor", times(x.Flush), "append 4 KiB and fsync on the same disk: p50 ×%.1f", x.Write.P50/x.Flush.P50)
	}
	return out
}

func times(s spread) string { return fmt.Sprintf("p50 %.2f ms, p99 %.2f ms (n %d)", s.P50, s.P99, s.N) }

func ways(t stage.Traffic) string { return fmt.Sprintf("%d up, %d down", t.Up, t.Down) }

func prefixed(before, s string) string {
	if s == "" {
		return ""
	}
	return before + s
}
