package sim

import (
	"flag"
	"fmt"
	"runtime"
	"sync"
	"testing"
)

var (
	seeds = flag.Int("sim.seeds", 200, "how many flights to simulate")
	seed  = flag.Uint64("sim.seed", 1, "the first seed")
)

func replay(s uint64) string {
	return fmt.Sprintf("go test ./sync/sim -run 'TestSim$' -count=1 -args -sim.seeds=1 -sim.seed=%d", s)
}

// runAll plays the flights, each in one thread, as many at a time as there are processors.
func runAll() []Result {
	out := make([]Result, *seeds)
	next := make(chan int)
	var done sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		done.Go(func() {
			for i := range next {
				out[i] = Run(*seed+uint64(i), NoPlant)
			}
		})
	}
	for i := range out {
		next <- i
	}
	close(next)
	done.Wait()
	return out
}

func TestSim(t *testing.T) {
	var faults, exchanges, ops int
	kinds, reached := map[string]int{}, map[string]int{}
	for i, res := range runAll() {
		s := *seed + uint64(i)
		for what, n := range res.Reached {
			reached[what] += n
		}
		faults, exchanges, ops = faults+res.Faults, exchanges+res.Exchanges, ops+res.Ops
		for _, f := range res.Failures {
			kinds[f.Kind]++
			t.Errorf("seed %d: %s: %s\n\treplay: %s", s, f.Kind, f.What, replay(s))
		}
		if i%10 == 0 || *seeds == 1 {
			if again := Run(s, NoPlant); again.Trace != res.Trace {
				t.Errorf("seed %d: the second run took another course\n\treplay: %s", s, replay(s))
			}
		}
	}
	for _, what := range []string{"cut answer", "withdrawn", "never delivered", "retracted after delivery", "not seen", "disputed", "resolved",
		"acted", "declined", "not possible", "no outcome"} {
		if *seeds >= 100 && reached[what] == 0 {
			t.Errorf("%q never came up: the simulation says nothing about it", what)
		}
	}
	t.Logf("ops=%d reached=%v", ops, reached)
	fmt.Fprintf(t.Output(), "sim: seeds=%d flight_hours=%d faults=%d exchanges=%d lost=%d duplicated=%d diverged=%d stuck=%d\n",
		*seeds, *seeds*int(flightTime.Hours()), faults, exchanges, kinds["lost"], kinds["duplicated"], kinds["diverged"]+kinds["broken"], kinds["stuck"])
}

func TestPlanted(t *testing.T) {
	caught := 0
	for _, p := range Plants {
		found := false
		for s := uint64(1); s <= 200 && !found; s++ {
			if res := Run(s, p); len(res.Failures) > 0 {
				found = true
				t.Logf("%-24s seed %-3d %s: %s", p, s, res.Failures[0].Kind, res.Failures[0].What)
			}
		}
		if !found {
			t.Errorf("%s was not caught within 200 flights", p)
			continue
		}
		caught++
	}
	fmt.Fprintf(t.Output(), "planted=%d/%d\n", caught, len(Plants))
}
