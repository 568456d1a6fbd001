package power

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/internal/testenv"
)

func TestKillTablet(t *testing.T) { killed(t, "tablet", "kill-tablet") }
func TestKillGround(t *testing.T) { killed(t, "ground", "kill-ground") }

// killed kills writers at any moment, opening and closing included.
func killed(t *testing.T, store, kind string) {
	rng := rand.New(rand.NewPCG(*seed, 3))
	l := newLedger()
	n := amount(12, 400)
	early, dir := 0, ""
	slowest := time.Duration(0)
	for i := range n {
		if i%20 == 0 {
			dir = t.TempDir()
			l.fresh()
		}
		o := order{Store: store, Dir: dir, Seed: rng.Uint64()}
		if rng.IntN(6) == 0 {
			o.Writes = 1 + rng.IntN(10) // then it closes, and is killed meanwhile
		}
		w := start(t, o)
		wait := time.Duration(rng.IntN(60_000)) * time.Microsecond
		switch {
		case i%20 > 0 && rng.IntN(6) == 0:
			time.Sleep(wait)
			early++
		default:
			began := time.Now()
			if !l.opened(w) {
				dir = t.TempDir()
				l.fresh()
			}
			slowest = max(slowest, time.Since(began))
			l.during(w, wait)
		}
		w.kill()
		l.drain(w)
	}
	l.good(t)
	if l.acks < n {
		t.Errorf("only %d acks in %d cycles", l.acks, n)
	}
	summary.line(t, "kind=%s kills=%d acked=%d lost=%d twice=%d wrong=%d salvaged=%d while_opening=%d slowest_open=%v", kind, n, l.acks, l.lost, l.twice, l.wrong, l.salvaged, early, slowest.Round(time.Millisecond))
}

// TestKillPrograms kills the programs themselves, ground and tablets, in the demo's short script,
// until enough have died. The sample of it is package e2e's TestKill.
func TestKillPrograms(t *testing.T) {
	if !*full {
		t.Skip("the sample is TestKill of test/e2e")
	}
	for _, name := range []string{"ground", "purser"} {
		testenv.Bin(t, name)
	}
	kills, acked, runs := 0, 0, 0
	for ; kills < 40 && runs < 20; runs++ {
		out, err := exec.CommandContext(t.Context(), testenv.Bin(t, "demo"), "--once", "--json", "--dir", t.TempDir(),
			"--short", "--kills", "40", "--seed", fmt.Sprint(*seed+uint64(runs))).Output()
		if err != nil {
			t.Fatalf("demo: %v\n%s", err, out)
		}
		var s struct {
			Lost, Duplicated, Kills int
			OpsIssued               int  `json:"ops_issued"`
			OpsOnGround             int  `json:"ops_on_ground"`
			SumsClose               bool `json:"sums_close"`
		}
		if err := json.Unmarshal(out, &s); err != nil {
			t.Fatal(err)
		}
		if s.Lost != 0 || s.Duplicated != 0 || s.OpsIssued != s.OpsOnGround || !s.SumsClose {
			t.Errorf("run %d: %+v", runs, s)
		}
		kills, acked = kills+s.Kills, acked+s.OpsOnGround
	}
	if kills < 40 {
		t.Errorf("only %d kills", kills)
	}
	summary.line(t, "kind=kill-programs kills=%d runs=%d acked=%d lost=0 twice=0", kills, runs, acked)
}
