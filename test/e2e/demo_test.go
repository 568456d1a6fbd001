// Package e2e runs the real programs, as their users do.
package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/internal/testenv"
)

// summary is what the demo promises under --json.
type summary struct {
	Posts, Cases, Flagged, Compiled, Delivered, Seen, Acted, Declined, Disputed, Withdrawn, Closed, Duplicated, Lost, Kills int
	NeverDelivered                                                                                                          int  `json:"never_delivered"`
	NotSeen                                                                                                                 int  `json:"not_seen"`
	NotPossible                                                                                                             int  `json:"not_possible"`
	NoOutcome                                                                                                               int  `json:"no_outcome"`
	OpsIssued                                                                                                               int  `json:"ops_issued"`
	OpsOnGround                                                                                                             int  `json:"ops_on_ground"`
	FollowUps                                                                                                               int  `json:"follow_ups"`
	SumsClose                                                                                                               bool `json:"sums_close"`
	Seconds                                                                                                                 float64
}

// play runs the demo once and reads its summary.
func play(t *testing.T, args ...string) summary {
	t.Helper()
	for _, name := range []string{"ground", "purser"} {
		testenv.Bin(t, name) // the demo starts them from its own folder
	}
	cmd := exec.CommandContext(t.Context(), testenv.Bin(t, "demo"), append([]string{"--once", "--json", "--dir", t.TempDir()}, args...)...)
	var out, story bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &story
	err := cmd.Run()
	if err != nil {
		t.Fatalf("demo %s: %v\n%s\n%s", strings.Join(args, " "), err, story.String(), out.String())
	}
	var s summary
	dec := json.NewDecoder(&out)
	if err := dec.Decode(&s); err != nil {
		t.Fatalf("summary: %v", err)
	}
	if dec.More() {
		t.Error("more than one JSON document on standard output")
	}
	return s
}

func check(t *testing.T, s summary) {
	t.Helper()
	if s.Lost != 0 || s.Duplicated != 0 || !s.SumsClose {
		t.Errorf("lost %d, duplicated %d, sums close %v", s.Lost, s.Duplicated, s.SumsClose)
	}
	if s.Compiled != s.Delivered+s.NeverDelivered+s.Withdrawn || s.Delivered != s.Seen+s.NotSeen ||
		s.Seen != s.Acted+s.Declined+s.NotPossible+s.Disputed+s.NoOutcome || s.OpsIssued != s.OpsOnGround {
		t.Errorf("the printed sums do not add up: %+v", s)
	}
}

func TestDemo(t *testing.T) {
	for name, db := range map[string]func() string{
		"sqlite":   func() string { return "sqlite:" + filepath.Join(t.TempDir(), "ground.db") },
		"postgres": func() string { return testenv.Postgres(t) },
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, "--db", db())
			check(t, s)
			// The story is fixed, so are its sums.
			want := summary{Posts: 13, Cases: 13, Flagged: 12, Compiled: 10, Delivered: 10, Seen: 9, NotSeen: 1, Acted: 5, Declined: 1,
				NotPossible: 2, Disputed: 1, FollowUps: 11, Closed: 11, OpsIssued: s.OpsIssued, OpsOnGround: s.OpsOnGround, SumsClose: true, Seconds: s.Seconds}
			if s != want {
				t.Errorf("summary\n got %+v\nwant %+v", s, want)
			}
		})
	}
}

// TestKill kills ground and tablets at 50 random moments and more of a one-flight script. The
// seeds are fixed; the moments are not, since programs run as fast as the machine lets them.
func TestKill(t *testing.T) {
	const want = 50
	kills := 0
	for seed := 1; kills < want; seed++ {
		if seed > 40 {
			t.Fatalf("only %d kills in %d scripts", kills, seed-1)
		}
		s := play(t, "--short", "--kills", "40", "--seed", fmt.Sprint(seed))
		check(t, s)
		if s.Acted != 2 || s.Declined != 1 || s.NotPossible != 2 || s.Disputed != 1 {
			t.Errorf("seed %d: outcomes %+v", seed, s)
		}
		kills += s.Kills
	}
	t.Logf("%d kills, lost 0, duplicated 0", kills)
}

// TestLoopReal closes the loop on real posts, when the data is at hand.
func TestLoopReal(t *testing.T) {
	data := testenv.Shared(t)
	for _, name := range []string{"ground", "purser"} {
		testenv.Bin(t, name)
	}
	began := time.Now()
	cmd := exec.CommandContext(t.Context(), testenv.Bin(t, "demo"), "real", "--data", data, "--dir", t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("demo real: %v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if last := lines[len(lines)-1]; last != "sums_close=true" {
		t.Errorf("last line is %q", last)
	}
	t.Logf("%v\n%s", time.Since(began).Round(time.Second), out)
}
