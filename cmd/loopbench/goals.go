package main

import (
	"fmt"
	"math"
	"strings"
)

// goal is one target of the reference: a row of performance.md "Proposed goals" (W1 to W7) or of
// flight-sync.md section E (#n).
type goal struct {
	row    string
	what   string // what is asked, when the figure's name does not say it
	figure string // "work name" of the figure that is held against it
	limit  float64
	kind   goalKind
	where  string // what shows it instead, when no figure of this program does
}

type goalKind int

const (
	atMost   goalKind = iota // value ≤ limit
	atLeast                  // value ≥ limit
	ratio                    // value ÷ floor ≤ limit
	ratioMin                 // value ÷ floor ≥ limit
)

var signs = map[goalKind]string{atMost: "≤ ", atLeast: "≥ ", ratio: "≤ ×", ratioMin: "≥ ×"}

// verdict is a goal held against the figures of this run.
type verdict struct {
	Row   string  `json:"row"`
	What  string  `json:"what"`
	Goal  string  `json:"goal,omitempty"`
	Ours  string  `json:"ours,omitempty"`
	Floor string  `json:"floor,omitempty"`
	Ratio float64 `json:"ratio,omitempty"`
	// State is met, missed, elsewhere (Why says where) or not measured in this run.
	State string  `json:"state"`
	By    float64 `json:"by,omitempty"` // value ÷ limit, of what is missed; 0 when the limit is 0
	Why   string  `json:"why,omitempty"`
}

const (
	met        = "met"
	missed     = "missed"
	elsewhere  = "elsewhere"
	unmeasured = "not measured"
)

// verdicts holds every goal against the figures, in the order of the reference.
func verdicts(figures []figure) (out []verdict) {
	known := map[string]figure{}
	for _, f := range figures {
		known[f.Work+" "+f.Name] = f
	}
	for _, g := range goals {
		f, ok := known[g.figure]
		out = append(out, g.judge(f, ok))
	}
	return out
}

func (g goal) judge(f figure, measured bool) verdict {
	v := verdict{Row: g.row, What: g.what, State: unmeasured}
	if v.What == "" {
		v.What = g.figure
	}
	if g.where != "" {
		v.State, v.Why = elsewhere, g.where
		return v
	}
	v.Goal = signs[g.kind] + short(g.limit)
	value, ok := f.Value[ours]
	if !measured || !ok {
		v.Why = f.Note // why it could not be
		return v
	}
	v.Goal, v.Ours, v.Floor, v.Ratio = unit(v.Goal, f.Unit, g.kind), f.show(ours), f.show(least), f.Ratio
	if g.kind == ratio || g.kind == ratioMin {
		if value = f.Ratio; value == 0 {
			v.Why = "no floor in this run"
			return v
		}
	}
	good := value <= g.limit
	if g.kind == atLeast || g.kind == ratioMin {
		good = value >= g.limit
	}
	if v.State = met; good {
		return v
	}
	v.State, v.Why = missed, whys[g.figure]
	if g.limit != 0 {
		v.By = math.Round(100*value/g.limit) / 100
	}
	return v
}

// overlooked is an error when a whole run has no figure for a goal and no reason for that: a part
// then forgot to measure.
func overlooked(goals []verdict) error {
	var names []string
	for _, v := range goals {
		if v.State == unmeasured && v.Why == "" {
			names = append(names, v.Row+" "+v.What)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("no part of the run measured %s", strings.Join(names, ", "))
}

// unit says what a limit counts; a ratio has none.
func unit(goal, unit string, kind goalKind) string {
	if unit == "" || kind == ratio || kind == ratioMin {
		return goal
	}
	return goal + " " + unit
}

func (v verdict) verdict() string {
	switch {
	case v.State != missed || v.By == 0:
		return v.State
	default:
		return "missed, ×" + short(v.By) + " of it"
	}
}
