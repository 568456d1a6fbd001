package power

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// nthPatience is how long writers may take that an error left hanging.
const nthPatience = 30 * time.Second

var nthOnly = flag.Int("power.nth", 0, "which I/O fails; 0: all")

// nth is what came of one failing I/O.
type nth struct {
	ledger
	fired        bool
	died, closed int
	alarmed      int // times that SQLite took a failed read of its log for damage
}

// TestNthFailure lets the n-th I/O of two writers in a row fail once, for n = 1, 2, 3 … until they
// have no n-th: the first makes a store (ground's mostly is there already) and closes it, the second
// opens it and writes on. The third
// finds a disk that works: everything that was acknowledged is there, once.
func TestNthFailure(t *testing.T) {
	needFuse(t)
	for _, c := range []struct {
		name, store   string
		made          bool // the store is there, with an entry
		sample, whole int  // every which I/O
	}{
		{"tablet", "tablet", false, 40, 1},
		{"ground", "ground", true, 40, 1},
		{"ground-migrates", "ground", false, 300, 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := c.store
			var image map[string][]byte
			if c.made {
				d := newDisk(nil)
				made := &nth{ledger: *newLedger()}
				made.on(t, d, order{Store: store, Writes: 1}, false)
				made.good(t)
				image = d.cut(rand.New(rand.NewPCG(*seed, 0)), 1)
			}
			if *nthOnly > 0 {
				failNth(t, store, image, *nthOnly).good(t)
				return
			}
			step := amount(c.sample, c.whole)
			var mu sync.Mutex
			var workers sync.WaitGroup
			all := newLedger()
			points, died, closed, alarmed, next, over := 0, 0, 0, 0, 1, false
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
						got := failNth(t, store, image, n)
						mu.Lock()
						if over = over || !got.fired; got.fired {
							points++
						}
						for _, why := range got.problems {
							all.problems = append(all.problems, fmt.Sprintf("%d: %s", n, why))
						}
						died, closed, alarmed = died+got.died, closed+got.closed, alarmed+got.alarmed
						all.acks, all.lost, all.twice, all.wrong = all.acks+got.acks, all.lost+got.lost, all.twice+got.twice, all.wrong+got.wrong
						all.refused, all.salvaged = all.refused+got.refused, all.salvaged+got.salvaged
						mu.Unlock()
					}
				})
			}
			workers.Wait()
			all.good(t)
			if points < 2 || all.acks == 0 || *full && all.refused+closed+died == 0 {
				t.Errorf("%d points, %d acks, %d refusals: nothing was tried", points, all.acks, all.refused+closed+died)
			}
			summary.line(t, "kind=nth-%s points=%d acked=%d refused=%d closed=%d died=%d alarmed=%d lost=%d twice=%d wrong=%d salvaged=%d",
				c.name, points, all.acks, all.refused, closed, died, alarmed, all.lost, all.twice, all.wrong, all.salvaged)
		})
	}
}

// failNth runs the three writers.
func failNth(t *testing.T, store string, image map[string][]byte, n int) *nth {
	got := &nth{ledger: *newLedger()}
	d := newDisk(image)
	d.fails = n
	for range 2 {
		got.on(t, d, order{Store: store, Seed: uint64(n), Writes: 2, Stubborn: 3}, true)
	}
	got.fired = d.failed != ""
	after := newDisk(d.cut(rand.New(rand.NewPCG(*seed, uint64(n))), 1)) // what was not written is gone with the pages of the kernel
	got.on(t, after, order{Store: store, Writes: 1}, false)
	for i, why := range append(got.problems, got.reasons...) {
		why = d.failed + ": " + why
		if i < len(got.problems) {
			got.problems[i] = why
		} else {
			got.problems = append(got.problems, why)
		}
	}
	return got
}

// on runs a writer on a mounted disk. With faults it may be refused, find no open store, or die of
// a page that it cannot read; but no passing error is damage.
func (g *nth) on(t *testing.T, d *disk, o order, faults bool) {
	o.Dir = t.TempDir()
	srv, err := mount(d, o.Dir)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() {
		for tries := 0; ; tries++ { // a writer that died may hold the folder for a moment
			if err := srv.Unmount(); err == nil || tries == 50 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	w := start(t, o)
	over := time.AfterFunc(nthPatience, w.kill)
	defer func() {
		if !over.Stop() {
			g.problems = append(g.problems, "the writer hangs")
		}
	}()
	if !faults {
		acks := g.acks
		if g.opened(w) {
			g.during(w, nthPatience)
		}
		g.drain(w)
		if g.acks == acks {
			g.problems = append(g.problems, "behind the fault nothing is taken")
		}
		return
	}
	done := false
	for line := range w.lines {
		what, rest, _ := strings.Cut(line, " ")
		switch {
		case what == "closed" || what == "unreadable":
			g.closed++
			done = true
			if o.Store == "ground" && strings.HasPrefix(rest, "corrupt ") {
				g.alarmed++
			} else if !strings.HasPrefix(rest, "unavailable ") {
				g.problems = append(g.problems, line)
			}
		case what == "refused" && !strings.HasPrefix(rest, "unavailable "), what == "salvaged":
			g.problems = append(g.problems, line)
			done = true
		case what == "done":
			done = true
		}
		g.took(line)
	}
	w.cmd.Wait()
	if refused := g.refused > 0; !done && !refused {
		g.died++
		if why := w.errors.Bytes(); !bytes.Contains(why, []byte("SIGBUS")) {
			g.problems = append(g.problems, fmt.Sprintf("the writer died: %.300q", why))
		}
	}
}
