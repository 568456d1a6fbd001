package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/cabinloop/cabinloop/internal/stage"
)

// print writes the result as a table.
func (r result) print(w io.Writer) {
	fmt.Fprintf(w, "Cabinloop%s, %s, %d cores, ground on %s, seed %d\n\n", prefixed(" ", r.Commit), r.Go, r.Cores, r.Database, r.Seed)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(what, value, how string, args ...any) {
		fmt.Fprintf(t, "%s\t%s\t%s\n", what, value, fmt.Sprintf(how, args...))
	}
	p := r.Posts
	row("posts imported", fmt.Sprintf("%.0f/s", p.PerSecond), "%d posts in %.2f s through ground import posts, process start included", p.Posts, p.Seconds)
	row("", fmt.Sprintf("%.0f/s", p.Net), "without start (%.3f s: the same program with one post)", p.StartSeconds)
	row("", fmt.Sprintf("%.0f/s", p.Again), "the same file again, process start included: nothing new")
	row("note released → readable", times(r.Push.Readable), "%s", r.Push.Path)
	row("  form answered", times(r.Push.Answered), "by the same run: the note is durable on ground")
	x := r.Wire
	row("first load", fmt.Sprintf("%d B, %d turns", x.Load.Bytes(), x.Load.Turns), "%d passengers, %d notes; %s; h2 without TLS, headers included", x.Passengers, x.Notes, ways(x.Load))
	row("  floor", fmt.Sprintf("%d B, ×%.2f", x.LoadFloor, x.LoadRatio), "the same content as one protobuf message, gzip -9, no HTTP")
	row("idle round", fmt.Sprintf("%d B, %d turns", x.Idle.Bytes(), x.Idle.Turns), "nothing new; %s", ways(x.Idle))
	row("one feedback delivered", fmt.Sprintf("%d B, %d turns", x.Feedback.Bytes(), x.Feedback.Turns), "%s; recording it used no network", ways(x.Feedback))
	row("  floor", fmt.Sprintf("%d B, ×%.1f", x.OneFloor, x.OneRatio), "one protobuf message; over the idle round ×%.1f", x.NetRatio)
	row("tablet memory, peak", fmt.Sprintf("%.1f MiB", float64(r.Memory.PeakKB)/1024), "VmHWM of purser serve: %d such flights loaded, every page rendered %d times", r.Memory.Flights, r.Memory.Renderings)
	row("start → first note", times(r.Start.FirstNote), "purser serve, data on disk, ground off, until the flight page answers 200 with a note")
	row("  listening", times(r.Start.Listening), "of it, until the program listens")
	row("durable local write", times(r.Record.Write), "agent's Record, %.0f/s with one writer", r.Record.PerSecond)
	row("  floor", times(r.Record.Flush), "append 4 KiB and fsync on the same disk: p50 ×%.1f", r.Record.Write.P50/r.Record.Flush.P50)
	t.Flush()
	printFigures(w, r.Figures)
	fmt.Fprintf(w, "\nmeasured in %.0f s, all of it on 127.0.0.1\n", r.Seconds)
}

func times(s spread) string { return fmt.Sprintf("p50 %.2f ms, p99 %.2f ms (n %d)", s.P50, s.P99, s.N) }

func ways(t stage.Traffic) string { return fmt.Sprintf("%d up, %d down", t.Up, t.Down) }

func prefixed(before, s string) string {
	if s == "" {
		return ""
	}
	return before + s
}
