package sim

import (
	"flag"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

var (
	seeds   = flag.Int("sim.seeds", 40, "how many flights to simulate")
	seed    = flag.Uint64("sim.seed", 1, "the first seed")
	without = flag.String("sim.without", "", "kinds of fault that do not happen, separated by ;")
	verbose = flag.Bool("sim.log", false, "print what happened")
)

func replay(s uint64) string {
	return fmt.Sprintf("go test ./sync/sim -run 'TestSim$' -count=1 -v -args -sim.seeds=1 -sim.seed=%d -sim.log", s)
}

// runAll plays flights, each in one thread, as many at a time as there are processors.
func runAll(n int, first uint64, opt Options, each func(Result)) {
	next := make(chan int)
	var mu sync.Mutex
	var done sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		done.Go(func() {
			for i := range next {
				res := Run(first+uint64(i), opt)
				mu.Lock()
				each(res)
				mu.Unlock()
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	done.Wait()
}

var caught int

func plantsCaught() string {
	if caught == 0 {
		return "not-run"
	}
	return fmt.Sprintf("%d/%d", caught, len(Plants))
}

// A simulator that finds nothing proves nothing: each planted bug must break an invariant.
func TestPlanted(t *testing.T) {
	plants, most := []Plant{SkipFsync, AckBeforeCommit, AnswerBeforeCommit, HalfBatch, KeepReplica, MergeDropsOld, BelieveCrossed, EnrolForgets}, 8 // a sample
	if *seeds > 60 {
		plants, most = Plants, 500
	}
	for _, p := range plants {
		after, by := 0, ""
		for first := uint64(1); after == 0 && first <= uint64(most); first += 4 {
			runAll(4, first, Options{Plant: p}, func(res Result) {
				if len(res.Failures) > 0 && (after == 0 || int(res.Seed) < after) {
					after, by = int(res.Seed), res.Failures[0].Invariant
				}
			})
		}
		if after > 0 {
			caught++
			fmt.Fprintf(t.Output(), "plant: %-24s caught after %3d seeds by %s\n", p, after, by)
		} else {
			fmt.Fprintf(t.Output(), "plant: %-24s not caught in %d seeds\n", p, most)
		}
	}
	if caught < len(plants) {
		t.Errorf("%d of %d planted bugs were caught", caught, len(plants))
	}
}

func TestSim(t *testing.T) {
	sum := Result{Faults: map[string]int{}, Checks: map[string]int{}, Reached: map[string]int{}}
	broken := map[string]int{}
	add := func(to, from map[string]int) {
		for k, n := range from {
			to[k] += n
		}
	}
	failed := 0
	runAll(*seeds, *seed, Options{Verbose: *verbose, Without: strings.Split(*without, ";")}, func(res Result) {
		add(sum.Faults, res.Faults)
		add(sum.Checks, res.Checks)
		add(sum.Reached, res.Reached)
		sum.Exchanges += res.Exchanges
		sum.Ops += res.Ops
		for _, line := range res.Log {
			fmt.Fprintln(t.Output(), line)
		}
		for i, f := range res.Failures {
			broken[f.Invariant]++
			if failed++; failed < 20 && i < 2 {
				t.Errorf("seed %d: %s: %s\n\treplay: %s", res.Seed, f.Invariant, f.What, replay(res.Seed))
			}
		}
	})
	faults := 0
	for _, n := range sum.Faults {
		faults += n
	}
	out := t.Output()
	fmt.Fprintf(out, "faults: kinds=%d: %s\n", len(sum.Faults), counts(sum.Faults))
	fmt.Fprintf(out, "reached: ops=%d states=%d: %s\n", sum.Ops, len(sum.Reached), counts(sum.Reached))
	for _, i := range Invariants {
		fmt.Fprintf(out, "invariant: %-40s checked %8d times, broken %d\n", i, sum.Checks[i], broken[i])
	}
	for _, f := range Faults() {
		if *seeds >= 60 && sum.Faults[f] == 0 {
			t.Errorf("%q never happened", f)
		}
	}
	for _, s := range States {
		if *seeds >= 60 && sum.Reached[s] == 0 {
			t.Errorf("%q was never reached", s)
		}
	}
	for _, i := range Invariants {
		if *seeds >= 60 && sum.Checks[i] == 0 {
			t.Errorf("%q was never checked", i)
		}
	}
	fmt.Fprintf(out, "sim: seeds=%d flight_hours=%d faults=%d exchanges=%d %s planted=%s\n", *seeds, 18**seeds, faults, sum.Exchanges, tally(broken), plantsCaught())
}

// counts writes a map by name, in order.
func counts(m map[string]int) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, fmt.Sprintf("%s %d", k, m[k]))
	}
	return strings.Join(out, ", ")
}

// The same seed is the same flight, to the last message.
func TestReplay(t *testing.T) {
	for _, s := range []uint64{1, 2, 3, 9} {
		if a, b := Run(s, Options{}), Run(s, Options{}); a.Trace != b.Trace || a.Exchanges != b.Exchanges {
			t.Errorf("seed %d: traces %x and %x", s, a.Trace, b.Trace)
		}
	}
}
