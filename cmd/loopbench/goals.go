package main

import "fmt"

// goal is one target of the reference: performance.md "Proposed goals" (ratios to the floor of
// the same run, or exact numbers) or flight-sync.md section E (#n).
type goal struct {
	limit float64
	kind  goalKind
	from  string
}

type goalKind int

const (
	atMost   goalKind = iota // value ≤ limit
	atLeast                  // value ≥ limit
	ratio                    // value ÷ floor ≤ limit
	ratioMin                 // value ÷ floor ≥ limit
)

// verdict is a goal held against a figure.
type verdict struct {
	Goal string  `json:"goal"`
	From string  `json:"from"`
	Met  bool    `json:"met"`
	By   float64 `json:"by"` // value ÷ limit
}

func (g goal) judge(f figure) verdict {
	v, sign := f.Value[ours], "≤ "
	if g.kind == ratio || g.kind == ratioMin {
		v = f.Ratio
		sign = "≤ ×"
	}
	out := verdict{From: g.from, Met: v <= g.limit, By: v / g.limit}
	if g.kind == atLeast || g.kind == ratioMin {
		out.Met = v >= g.limit
		sign = map[goalKind]string{atLeast: "≥ ", ratioMin: "≥ ×"}[g.kind]
	}
	out.Goal = sign + short(g.limit)
	return out
}

func (v verdict) String() string {
	if v.Met {
		return v.Goal + " met"
	}
	return fmt.Sprintf("%s MISSED (%s of it)", v.Goal, "×"+short(v.By))
}

// goals by "work name". Ratios judge times; exact things are judged by numbers.
var goals = map[string][]goal{
	"w1 bytes":                           {{0.75, ratio, "W1"}, {12000, atMost, "#8"}},
	"w1 eRTT, all local":                 {{2, atMost, "W1"}},
	"w1 time":                            {{2, ratio, "W1"}},
	"w1 tablet CPU":                      {{30, atMost, "W1"}},
	"w1 tablet RSS":                      {{1.5, ratio, "W1"}, {25, atMost, "W1"}},
	"w1 disk, real":                      {{1.5, ratio, "W1"}, {110, atMost, "W1"}},
	"w2 cold, all local":                 {{0.95, ratio, "W2"}},
	"w2 kept connection":                 {{0.65, ratio, "W2"}},
	"w2 cold, all notes":                 {{0.80, ratio, "W2"}},
	"link satcom-700, first note p50":    {{2500, atMost, "#9"}},
	"link satcom-700, first note worst":  {{6000, atMost, "#9"}},
	"link satcom-2000, first note worst": {{30000, atMost, "#10"}},
	"w6 kept, eRTT":                      {{1, atMost, "W6"}},
	"w3 bytes":                           {{1.10, ratio, "W3"}},
	"w3 time":                            {{2, ratio, "W3"}},
	"w3 satcom time":                     {{1.05, ratio, "W3"}},
	"w3 entries, each once":              {{480, atLeast, "W3"}, {480, atMost, "W3"}},
	"w4 p50":                             {{1.3, ratio, "W4"}},
	"w4 p99":                             {{1.5, ratio, "W4"}},
	"w4 bytes a note":                    {{1.10, ratio, "W4"}},
	"w6 cold, bytes":                     {{1.2, ratio, "W6"}, {410, atMost, "W6"}},
	"w6 cold, eRTT":                      {{2, atMost, "W6"}},
	"w6 kept, bytes":                     {{100, atMost, "W6"}, {300, atMost, "#4"}},
	"w6 kept, turns":                     {{1, atMost, "W6"}},
	"w7 list p50":                        {{1.5, ratio, "W7"}},
	"w7 list p99":                        {{2, atMost, "W7"}},
	"w7 write p50":                       {{1.3, ratio, "W7"}, {2, atMost, "#21"}},
	"w7 write p99":                       {{25, atMost, "#21"}},
	"w7 flushes a write":                 {{2, atMost, "W7"}},
	"w7 flushes a pull":                  {{13, atMost, "W7"}},
	"wire one op of 40":                  {{48, atMost, "#5"}},
	"wire 40 ops":                        {{900, atMost, "#6"}},
	"disk apparent":                      {{16384, atMost, "#20"}},
	"disk real":                          {{3072, atMost, "#20"}},
	"tls new connection, X25519":         {{2300, atMost, "#13"}},
	"tls resumed, X25519":                {{1700, atMost, "#13"}},
	"tablet memory, three flights":       {{40, atMost, "#19"}},
	"tablet start to first note, p99":    {{150, atMost, "#11"}},
	"w5 200 tablets, rate":               {{0.65, ratioMin, "W5"}},
	"w5 200 tablets, p99":                {{1.6, ratio, "W5"}},
	"w5 1000 tablets, rate":              {{0.65, ratioMin, "W5"}},
	"w5 1000 tablets, ops":               {{15000, atLeast, "#17"}},
	"w5 1000 tablets, p99":               {{1.6, ratio, "W5"}},
	"w5 1000 tablets, all":               {{5000, atMost, "#17"}},
	"w5 1000 tablets, ground CPU each":   {{1.7, ratio, "W5"}},
	"w5 1000 tablets, ground RSS":        {{1.5, ratio, "W5"}, {225, atMost, "W5"}},
	"w5 pg 1000 tablets, ops":            {{20000, atLeast, "#18"}},
	"w5 pg 1000 tablets, all":            {{5000, atMost, "#18"}},
	"fan-out one flight p99":             {{1000, atMost, "#15"}},
	"fan-out all flights p99":            {{1000, atMost, "#15"}},
	"fan-out server memory":              {{300, atMost, "#15"}},
	"fan-out missing after reconnect":    {{0, atMost, "#15"}},
}
