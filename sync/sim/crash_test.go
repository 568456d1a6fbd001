package sim

import (
	"flag"
	"fmt"
	"runtime"
	"sync"
	"testing"
)

var (
	every = flag.Int("sim.every", 150, "every which store call of the scripted flight is a point")
	point = flag.Int("sim.point", 0, "the store call of the scripted flight that is the last of its process, or fails")
	fails = flag.Bool("sim.fails", false, "it fails")
	stick = flag.Bool("sim.stick", false, "and so do all that follow until the store is opened anew")
)

// eachPoint plays the flight with every k-th point of a kind, as many at a time as there are
// processors, until it has no such call any more or each has seen enough.
func eachPoint(kind Point, every int, opt Options, each func(Point, Result) (enough bool)) {
	var mu sync.Mutex
	var done sync.WaitGroup
	next, end := 1, false
	take := func() (Point, bool) {
		mu.Lock()
		defer mu.Unlock()
		p := kind
		p.N, p.Stick = next, kind.Fails && next/every%3 == 0
		next += every
		return p, !end
	}
	for range runtime.GOMAXPROCS(0) {
		done.Go(func() {
			for p, ok := take(); ok; p, ok = take() {
				res, fired := Crash(p, opt)
				mu.Lock()
				end = end || !fired || each(p, res)
				mu.Unlock()
			}
		})
	}
	done.Wait()
}

// tally counts broken invariants in the words of the last line of a proof.
func tally(broken map[string]int) string {
	lost, duplicated := broken[I2]+broken[I15]+broken[I16], broken[I3]+broken[I4]
	diverged, stuck := broken[I1]+broken[I6]+broken[I9]+broken[I10]+broken[I11], broken[I12]
	all := 0
	for _, n := range broken {
		all += n
	}
	return fmt.Sprintf("lost=%d duplicated=%d diverged=%d stuck=%d other=%d", lost, duplicated, diverged, stuck, all-lost-duplicated-diverged-stuck)
}

// Whatever store call of a flight is the last of its process, or fails: when all is over nothing
// that was acknowledged is lost, nothing counts twice, and all agree.
func TestCrash(t *testing.T) {
	whole, _ := Crash(Point{}, Options{})
	if len(whole.Failures) > 0 {
		t.Fatalf("without a crash: %v", whole.Failures)
	}
	for _, kind := range []Point{{}, {Fails: true}} {
		n, broken := 0, map[string]int{}
		eachPoint(kind, *every, Options{}, func(p Point, res Result) bool {
			n++
			for i, f := range res.Failures {
				if broken[f.Invariant]++; i == 0 {
					t.Errorf("%+v: %s: %s\n\treplay: go test ./sync/sim -run TestCrashOne -count=1 -v -args -sim.point=%d -sim.fails=%v -sim.stick=%v", p, f.Invariant, f.What, p.N, p.Fails, p.Stick)
				}
			}
			return false
		})
		if want := whole.Calls / *every; n < want {
			t.Errorf("%d points were played; the flight has %d calls", n, whole.Calls)
		}
		name := "points"
		if kind.Fails {
			name = "failures"
		}
		fmt.Fprintf(t.Output(), "crash: %s=%d of %d ops=%d %s\n", name, n, whole.Calls, whole.Ops, tally(broken))
	}
}

// TestCrashOne plays one point and prints what happened.
func TestCrashOne(t *testing.T) {
	res, fired := Crash(Point{*point, *fails, *stick}, Options{Verbose: *point > 0})
	for _, line := range res.Log {
		fmt.Fprintln(t.Output(), line)
	}
	if fired != (*point > 0) || len(res.Failures) > 0 {
		t.Errorf("fired %v, %v", fired, res.Failures)
	}
}

// The same loop must see these bugs of a driver or a store.
func TestCrashPlanted(t *testing.T) {
	for _, x := range []struct {
		plant Plant
		fails bool
	}{{SkipFsync, false}, {AckBeforeCommit, false}, {AnswerBeforeCommit, false}, {HalfBatch, false}, {ForgetDedupe, false}, {RewriteAfterCrash, false},
		{KeepReplica, true}} {
		n, by := 0, ""
		eachPoint(Point{Fails: x.fails}, 7, Options{Plant: x.plant}, func(_ Point, res Result) bool {
			if n++; by == "" && len(res.Failures) > 0 {
				by = res.Failures[0].Invariant
			}
			return by != ""
		})
		fmt.Fprintf(t.Output(), "crash: planted %-20s caught after %3d points by %s\n", x.plant, n, by)
		if by == "" {
			t.Errorf("%s broke nothing", x.plant)
		}
	}
}
