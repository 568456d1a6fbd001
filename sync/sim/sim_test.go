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
	seeds   = flag.Int("sim.seeds", 60, "how many flights to simulate")
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
	fmt.Fprintf(t.Output(), "ops=%d\nfaults=%v\nchecks=%v\nreached=%v\nbroken=%v\n", sum.Ops, sum.Faults, sum.Checks, sum.Reached, broken)
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
	_ = maps.Keys(broken)
	_ = slices.Max([]int{1})
}
