package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/internal/cli"
	"github.com/cabinloop/cabinloop/internal/stage"
)

type benchCmd struct {
	DB   string `help:"Database of the ground, an empty one: postgres://… or sqlite:FILE. A fresh SQLite file by default." env:"CABINLOOP_BENCH_DB"`
	Dir  string `help:"Where the run makes its own folder, which it removes; its disk is what the durable writes are measured on." default:"var" type:"path"`
	Seed uint64 `help:"Seed of the invented data." default:"42"`
	JSON bool   `help:"Print exactly one JSON document on standard output." xor:"form"`
	// How it is printed and what is measured.
	Markdown bool     `help:"Print the tables of docs/bench.md." xor:"form"`
	Parts    []string `help:"Only these parts, by the names that the run prints (w1,w5,…), with what they need." placeholder:"PART,…"`
	Storms   []int    `help:"How many tablets land at once: one storm after the other." default:"200,1000" placeholder:"N,…"`
	Rounds   int      `help:"Rounds of the workloads W1 to W3 and W7; medians are printed." default:"3"`
}

// result is everything measured in one run. Times are milliseconds, sizes bytes.
type result struct {
	Commit   string       `json:"commit,omitempty"` // of this program, when the build knows it
	Go       string       `json:"go"`
	Cores    int          `json:"cores"`
	Database string       `json:"database"` // sqlite or postgres
	Seed     uint64       `json:"seed"`
	Posts    postsResult  `json:"posts"`
	Wire     wireResult   `json:"wire"`
	Memory   memoryResult `json:"memory"`
	Push     pushResult   `json:"push"`
	Start    startResult  `json:"start"`
	Record   recordResult `json:"record"`
	// Figures are the workloads of the reference, ours beside the floor.
	Figures []figure `json:"figures"`
	// Goals are all rows of the reference's tables, held against the figures.
	Goals   []verdict `json:"goals"`
	Seconds float64   `json:"seconds"`
	// The kernel's load averages of a minute: times of a busy machine are upper bounds.
	LoadBefore string `json:"load_before"`
	LoadAfter  string `json:"load_after"`
}

// run measures one thing after the other, so that none disturbs another.
func (c *benchCmd) run(ctx context.Context, out cli.IO) (err error) {
	begun := time.Now()
	ctx, end := context.WithTimeout(ctx, runLimit)
	defer end()
	bins := map[string]string{}
	for _, name := range []string{"ground", "purser", "loopfloor"} {
		if bins[name], err = stage.Binary(name); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(c.Dir, "loopbench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := newSite(ctx, dir, c.DB, bins, c.Seed)
	if err != nil {
		return err
	}
	defer s.close()
	r := result{Go: runtime.Version(), Cores: runtime.NumCPU(), Database: s.engine(), Seed: c.Seed}
	r.Commit, r.LoadBefore = commit(), loadAverage()
	l := &lab{site: s, sheet: &sheet{}, rounds: max(c.Rounds, 1), storms: c.Storms}
	defer l.close()
	for _, part := range c.plan(l, &r) {
		fmt.Fprintf(out.Err, "%5.1fs  %s\n", time.Since(begun).Seconds(), part.name)
		if err := part.do(); err != nil {
			return fmt.Errorf("%s: %w%s", part.name, err, s.lastWords())
		}
	}
	r.Figures = l.sheet.finished()
	r.Goals = verdicts(r.Figures)
	r.Seconds, r.LoadAfter = time.Since(begun).Seconds(), loadAverage()
	form := r.print
	if c.Markdown {
		form = r.markdown
	}
	if err := out.Print(r, form); err != nil || len(c.Parts) > 0 || !slices.Contains(c.Storms, largestStorm) {
		return err
	}
	return overlooked(r.Goals)
}

// commit is the revision that the build noted; "+" marks changed files.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	rev, mark := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			rev = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			mark = "+"
		}
	}
	return rev + mark
}

// lastWords are the last lines that the programs said, for the error of a failed run.
func (s *site) lastWords() string {
	b, err := os.ReadFile(filepath.Join(s.dir, "processes.log"))
	if err != nil || len(b) == 0 {
		return ""
	}
	return "\nthe programs' last words:\n" + string(b[max(0, len(b)-1000):])
}
