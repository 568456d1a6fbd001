// Package scenario_test plays every edge case of the flight sync protocol by name, end to end: ground
// on SQLite and on PostgreSQL behind the real handlers, tablets on Badger (the purser's program) and
// on memory (a bare replica). Flights that merge and provisional certificates are not built: a flight
// that merges gets new notes like one that was cancelled, and a tablet that is on no roster is
// told what to do.
package scenario_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
)

// full plays every scenario on every pair of stores; without it each is played on one or two of
// them, in turn, so that every pair gets its share.
var full = flag.Bool("scenario.full", false, "play every scenario on every pair of stores")

// scenario is one story.
type scenario struct {
	name string
	play func(*world)
	only string // the one kind of tablet store it is about; "" for all
}

// scenarios are all of them, in the order of the table they come from.
var scenarios = []scenario{
	{"late feedback on a sealed flight", lateFeedback, ""},
	{"late feedback about an erased passenger", lateFeedbackErased, ""},
	{"erasure in an open flight, and a tablet that joins after it", erasureOpen, ""},
	{"aircraft swap", aircraftSwap, ""},
	{"seat change in flight", seatChange, ""},
	{"diversion", diversion, ""},
	{"turn-back and new dispatch", turnBack, ""},
	{"cancelled flight", cancelled, ""},
	{"unlisted tablet without internet", unlistedTablet, ""},
	{"tablet lost in flight", lostTablet, ""},
	{"access ended while entries wait", accessEnded, "badger"},
	{"tablet replaced by another device", replacedTablet, "badger"},
	{"enrolled again with a damaged store", enrolledDamaged, "badger"},
	{"ground restored from before an enrolment", restoredBeforeEnrolment, "badger"},
	{"crew change at a turnaround", crewChange, "badger"},
	{"two gateways at once", twoGateways, ""},
	{"app downgrade", downgrade, "badger"},
	{"ground restored from a backup", groundRestored, ""},
	{"send-only after the lease", sendOnly, "badger"},
	{"hand-in blocked while an entry is on one tablet only", handInBlocked, "badger"},
	{"a tablet's own hand-in and purge", ownHandIn, "badger"},
	{"two pursers act on one note", dispute, ""},
	{"cloned tablet", clone, ""},
	{"rolled-back tablet", rollback, ""},
	{"entry that cannot be read", poison, ""},
	{"kind of a later version", unknownKind, ""},
	{"disk full on a tablet", diskFull, "badger"},
	{"clocks ten years off", clocks, ""},
	{"answers of another flight, and old ones", mixedAnswers, "badger"},
	{"a wrong clock in flight", wrongClock, "badger"},
	{"cabin without internet, then landing", noInternet, ""},
	{"note taken back after on-block", retractLate, ""},
}

var pairs = [][2]string{{"sqlite", "badger"}, {"postgres", "memory"}, {"postgres", "badger"}, {"sqlite", "memory"}}

// played are the pairs of stores that the nth scenario is played on.
func (s scenario) played(n int) (out [][2]string) {
	for i, p := range pairs {
		if s.only != "" && s.only != p[1] {
			continue
		}
		if *full || i%2 == n%2 || s.only != "" && n%2 == i/2 {
			out = append(out, p)
		}
	}
	return out
}

// TestEveryScenarioIsNamed: docs/proof.md lists the scenarios, each by its name.
func TestEveryScenarioIsNamed(t *testing.T) {
	b, err := os.ReadFile("../../docs/proof.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range scenarios {
		if n := strings.Count(string(b), "\n| "+s.name+" |"); n != 1 {
			t.Errorf("docs/proof.md names %q %d times, want once", s.name, n)
		}
	}
}

func TestScenarios(t *testing.T) {
	var plays, failed atomic.Int64
	t.Run("all", func(t *testing.T) {
		for n, s := range scenarios {
			for _, p := range s.played(n) {
				t.Run(fmt.Sprintf("%s %s/%s", s.name, p[0], p[1]), func(t *testing.T) {
					t.Parallel()
					plays.Add(1)
					t.Cleanup(func() {
						word := "ok"
						if t.Failed() {
							word = "failed"
							failed.Add(1)
						}
						fmt.Printf("scenario: %s %s/%s %s\n", s.name, p[0], p[1], word)
					})
					w := newWorld(t, p[0], p[1])
					s.play(w)
					w.clean()
				})
			}
		}
	})
	fmt.Printf("scenario: named=%d plays=%d failed=%d\n", len(scenarios), plays.Load(), failed.Load())
}
