package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/internal/link"
	"github.com/cabinloop/cabinloop/internal/testenv"
)

func labOn(t *testing.T, legs ...leg) *lab {
	s, err := newSite(t.Context(), t.TempDir(), "", map[string]string{"ground": testenv.Bin(t, "ground"), "purser": testenv.Bin(t, "purser")}, 42)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	if err := s.prepare(legs); err != nil {
		t.Fatal(err, s.lastWords())
	}
	return &lab{site: s, sheet: &sheet{}, rounds: 1}
}

// value is a figure of ours, which must have been measured.
func (l *lab) value(t *testing.T, work, name string) float64 {
	t.Helper()
	f := l.sheet.find(work, name)
	if f == nil {
		t.Fatalf("%s %s was not measured", work, name)
	}
	v, ok := f.Value[ours]
	if !ok {
		t.Fatalf("%s %s: %s", work, name, f.Note)
	}
	return v
}

// TestWaits holds how many round trips a person waits. Each is one above its target (2, 2 and
// 1): the list of flights is asked for before the flights.
func TestWaits(t *testing.T) {
	l := labOn(t, far)
	base := map[string]time.Duration{}
	for _, p := range []link.Profile{{Name: "none"}, {Name: counted.Name, RTT: time.Second}} {
		if err := l.linkOurs(p, base); err != nil {
			t.Fatal(err, l.lastWords())
		}
	}
	for _, x := range []struct {
		work, name string
		bound      float64
	}{{"w1", "eRTT, all local", 3}, {"w6", "cold, eRTT", 3}, {"w6", "kept, eRTT", 2}} {
		// Half a round trip is half a second: a busy machine is not a wait more.
		if v := l.value(t, x.work, x.name); v > x.bound+0.5 {
			t.Errorf("%s %s: %.2f round trips, want %.0f", x.work, x.name, v, x.bound)
		}
	}
}

// TestFlushes holds the flush calls of a tap and of a first load, where strace may count them.
// A tap is at its target, Badger's two. A load makes 35 where the target is 13: 2 for the flight's
// key, 9 to open a store of its own (2 of them say its format), 4 for the index (the store begun, the round's end), 2 for
// each of four batches (the store's first, the frame that came with the list, and two exchanges), and 12 because each file
// of the tablet's own stands twice, so that one of two is whole at any moment (decision 0042).
func TestFlushes(t *testing.T) {
	l := labOn(t, carried[1])
	if err := l.localOurs(0, carried[1]); err != nil {
		t.Fatal(err, l.lastWords())
	}
	f := l.sheet.find("w7", "flushes a write")
	if f == nil || len(f.Value) == 0 {
		t.Logf("not counted: %+v", f)
		return
	}
	// Badger may flush a table of its own meanwhile: a part of a call each.
	if v := l.value(t, "w7", "flushes a write"); v > 2.2 {
		t.Errorf("%.2f flush calls a tap, want 2", v)
	}
	if v := l.value(t, "w7", "flushes a pull"); v != 35 {
		t.Errorf("%.0f flush calls a first load, want 35", v)
	}
}

func TestGoals(t *testing.T) {
	s := &sheet{}
	for _, v := range []float64{30, 10, 20} {
		s.add("w1", "time", "ms", ours, v)
		s.add("w1", "time", "ms", least, v/4)
	}
	s.add("w5", "200 tablets, rate", "/s", ours, 50)
	s.add("w5", "200 tablets, rate", "/s", least, 100)
	s.add("w7", "flushes a write", "", ours, 2)
	s.add("w6", "cold, eRTT", "", ours, -1)
	s.uncounted("w6", "cold, eRTT")
	got := s.finished()
	if f := got[0]; f.Value[ours] != 20 || f.Ratio != 4 || f.N != 3 {
		t.Errorf("time: %+v", f)
	}
	held := map[string]verdict{}
	for _, v := range verdicts(got) {
		held[v.Row+" "+v.What] = v
	}
	for name, want := range map[string]verdict{
		"W1 w1 time":               {State: missed, By: 2, Goal: "≤ ×2", Ours: "20 ms", Floor: "5 ms", Why: whys["w1 time"]},
		"W5 w5 200 tablets, rate":  {State: missed, By: 0.77, Goal: "≥ ×0.65", Ours: "50 /s", Floor: "100 /s", Why: whys["w5 200 tablets, rate"]},
		"W7 w7 flushes a write":    {State: met, Goal: "≤ 2", Ours: "2"},
		"W6 w6 cold, eRTT":         {State: unmeasured, Goal: "≤ 2", Why: "not counted: the machine was too busy"},
		"W7 w7 list p50":           {State: unmeasured, Goal: "≤ ×1.50"},
		"#39 protocol and vectors": {State: elsewhere, Why: "docs/protocol, test/conformance"},
	} {
		v := held[name]
		v.Row, v.What, v.Ratio = "", "", 0
		if v != want {
			t.Errorf("%s: %+v, want %+v", name, v, want)
		}
	}
}

// TestOverlooked: a whole run that forgot a goal fails, one that says why it has no figure does not.
func TestOverlooked(t *testing.T) {
	some := []verdict{{Row: "W1", What: "a", State: met}, {Row: "W6", What: "b", State: unmeasured, Why: "the machine was too busy"}, {Row: "#39", What: "c", State: elsewhere}}
	if err := overlooked(some); err != nil {
		t.Error(err)
	}
	err := overlooked(append(some, verdict{Row: "#37", What: "backlog", State: unmeasured}, verdict{Row: "#38", What: "idle", State: unmeasured}))
	if err == nil || err.Error() != "no part of the run measured #37 backlog, #38 idle" {
		t.Error(err)
	}
}

// TestGoalRows: every row of both tables is there, every goal that this program measures says why
// it could be missed, and no reason is of another figure.
func TestGoalRows(t *testing.T) {
	rows, figures := map[string]bool{}, map[string]bool{}
	for _, g := range goals {
		rows[g.row] = true
		if figures[g.figure] = true; g.figure == "" && g.where == "" {
			t.Errorf("%s %s is held nowhere", g.row, g.what)
		}
	}
	for i := range 39 {
		if row := fmt.Sprintf("#%d", i+1); !rows[row] {
			t.Errorf("no goal %s", row)
		}
	}
	for i := range 7 {
		if row := fmt.Sprintf("W%d", i+1); !rows[row] {
			t.Errorf("no goal %s", row)
		}
	}
	for figure, why := range whys {
		if !figures[figure] || why == "" {
			t.Errorf("%q: a reason of nothing, or none", figure)
		}
	}
}

func TestMarkdownHasEveryGoal(t *testing.T) {
	var b strings.Builder
	result{Goals: verdicts(nil)}.markdown(&b)
	for _, g := range goals {
		if !strings.Contains(b.String(), "| "+g.row+" | ") {
			t.Errorf("no row %s", g.row)
		}
	}
}
