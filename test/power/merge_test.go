package power

import (
	"fmt"
	"math/rand/v2"
	"path"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// ofMerge are the calls that a merge of a store's tables makes, and the writes of what says which store
// counts. A flight's first store is in the folder 1.
func ofMerge(what, name string) bool {
	if base := path.Base(name); strings.HasPrefix(base, "flights.json") || strings.HasPrefix(base, "FLIGHT") {
		return what != "read"
	}
	parts := strings.Split(name, "/")
	return len(parts) > 2 && parts[0] == "flights" && parts[2] >= "2" && parts[2] <= "9"
}

// TestMergeFails lets the n-th I/O of a merge fail once, or from then on, for n = 1, 2, 3 … until there
// is no n-th: on tablets with 8 and with 40 flights, two of which have as many tables as a store may have.
// The agent records and tidies, starts again, and does so once more; then the power goes. On a disk that
// works everything is there that was acknowledged.
func TestMergeFails(t *testing.T) {
	needFuse(t)
	for _, c := range []struct{ flights, sample, whole int }{{8, 120, 1}, {40, 0, 12}} { // every which
		t.Run(fmt.Sprint(c.flights), func(t *testing.T) {
			if amount(c.sample, c.whole) == 0 {
				t.Skip("not in a sample")
			}
			image, entries := agentImage(t, c.flights)
			var mu sync.Mutex
			var workers sync.WaitGroup
			all := newLedger()
			points, next, over, kept, step := 0, 1, false, 0, amount(c.sample, c.whole)
			take := func() (int, bool) {
				mu.Lock()
				defer mu.Unlock()
				n := next
				next += step
				return n, !over
			}
			for range runtime.GOMAXPROCS(0) {
				workers.Go(func() {
					for n, ok := take(); ok; n, ok = take() {
						for _, sticky := range []bool{false, true} {
							got, fired, merged := failMerge(t, image, entries, n, sticky)
							mu.Lock()
							if over = over || !fired; fired {
								points++
							}
							if !merged {
								kept++
							}
							if !fired && !merged {
								all.problems = append(all.problems, fmt.Sprintf("%d: nothing failed, and nothing was merged", n))
							}
							for _, why := range got.problems {
								all.problems = append(all.problems, fmt.Sprintf("%d, from then on %v: %s", n, sticky, why))
							}
							all.acks, all.lost, all.twice, all.wrong, all.refused = all.acks+got.acks, all.lost+got.lost, all.twice+got.twice, all.wrong+got.wrong, all.refused+got.refused
							mu.Unlock()
						}
					}
				})
			}
			workers.Wait()
			all.good(t)
			if points < 2 || all.acks == 0 || kept == 0 {
				t.Errorf("%d points, %d acks, %d times the old store: nothing was tried", points, all.acks, kept)
			}
			summary.line(t, "kind=merge-%d points=%d acked=%d refused=%d unmerged=%d lost=%d twice=%d wrong=%d", c.flights, points, all.acks, all.refused, kept, all.lost, all.twice, all.wrong)
		})
	}
}

// failMerge runs the agent three times. merged reports that some store was replaced by the end.
func failMerge(t *testing.T, image map[string][]byte, entries uint64, n int, sticky bool) (got *nth, fired, merged bool) {
	got = &nth{ledger: *newLedger()}
	for seq := range entries {
		got.acked[seq] = true
	}
	d := newDisk(image)
	d.fails, d.sticky, d.counts = n, sticky, ofMerge
	for range 2 {
		got.on(t, d, order{Store: "agent", Seed: uint64(n), Writes: 2, Stubborn: 3}, true)
	}
	fired = d.failed != ""
	after := newDisk(d.cut(rand.New(rand.NewPCG(*seed, uint64(n))), float64(n%2)))
	got.on(t, after, order{Store: "agent", Writes: 1}, false)
	for i, why := range got.problems {
		got.problems[i] = d.failed + ": " + why
	}
	for name := range d.names {
		merged = merged || strings.HasSuffix(name, ".sst") && ofMerge("", name)
	}
	return got, fired, merged
}

// TestMergeTester shows that the failing merges would find a store that loses: Badger that merges its
// tables itself.
func TestMergeTester(t *testing.T) {
	needFuse(t)
	d := newDisk(nil)
	made := &nth{ledger: *newLedger()}
	for range 6 {
		made.on(t, d, order{Store: "merging-badger", Writes: 2}, false)
	}
	made.good(t)
	image := d.cut(rand.New(rand.NewPCG(*seed, 0)), 1)
	tried, noticed, lost := 0, 0, 0
	for n := range amount(1, 4) {
		got := &nth{ledger: *newLedger()}
		for seq := range made.acked {
			got.acked[seq] = true
		}
		d := newDisk(image)
		d.fails, d.counts = n+1, func(_, name string) bool { return strings.HasSuffix(name, ".sst") && image[name] == nil }
		func() {
			dir := t.TempDir()
			srv, err := mount(d, dir)
			if err != nil {
				t.Fatal(err)
			}
			w := start(t, order{Store: "merging-badger", Dir: dir, Pause: 50 * time.Millisecond})
			got.opened(w)
			got.during(w, 2*time.Second) // a merge begins within a second
			w.kill()
			got.drain(w)
			for tries := 0; srv.Unmount() != nil && tries < 50; tries++ {
				time.Sleep(20 * time.Millisecond)
			}
		}()
		if d.failed == "" {
			continue
		}
		tried++
		got.problems = nil
		got.on(t, newDisk(d.cut(rand.New(rand.NewPCG(*seed, 0)), 1)), order{Store: "merging-badger", Writes: 1}, false)
		if lost += got.lost; got.lost > 0 || len(got.problems) > 0 {
			noticed++
		}
	}
	if noticed == 0 {
		t.Errorf("%d merges failed, and nothing was noticed: the test is blind", tried)
	}
	summary.line(t, "kind=control-badger-merges points=%d lost=%d noticed=%d/%d", tried, lost, noticed, tried)
}
