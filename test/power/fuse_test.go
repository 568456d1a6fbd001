package power

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// cutter runs writers on a disk whose power is cut, again and again.
type cutter struct {
	t     *testing.T
	store string
	lies  bool
	// control makes cuts that must show a store which does not flush: behind an ack, keeping nothing
	// that was not flushed.
	control bool
	rng     *rand.Rand
	*ledger
	image   map[string][]byte
	flushes int
}

func newCutter(t *testing.T, store string) *cutter {
	return &cutter{t: t, store: store, rng: rand.New(rand.NewPCG(*seed, 2)), ledger: newLedger()}
}

// once mounts what the last cut left, lets a writer check it and write on, and cuts.
func (c *cutter) once() {
	t := c.t
	d := newDisk(c.image)
	d.lies = c.lies
	dir := t.TempDir()
	srv, err := mount(d, dir)
	if err != nil {
		t.Fatal(err)
	}
	w := start(t, order{Store: c.store, Dir: dir, Seed: c.rng.Uint64()})
	keep := []float64{0, 1, c.rng.Float64(), c.rng.Float64()}[c.rng.IntN(4)]
	if c.control {
		keep = 0
	}
	wait := time.Duration(c.rng.IntN(200)) * time.Millisecond
	before := len(c.problems)
	open := true
	if c.image != nil && !c.control && c.rng.IntN(5) == 0 {
		time.Sleep(wait) // the next cut comes while the store is opening
	} else if open = c.opened(w); open {
		c.during(w, wait)
		for tries, acks := 0, c.acks; c.control && c.acks == acks && tries < 100; tries++ {
			c.during(w, 20*time.Millisecond)
		}
	}
	image := d.cut(c.rng, keep)
	w.kill()
	c.drain(w)
	c.flushes += d.flushes
	if err := srv.Unmount(); err != nil {
		t.Fatal(err)
	}
	if len(c.problems) > before {
		c.problems[before] = fmt.Sprintf("keep %.2f: %s", keep, c.problems[before])
	}
	c.image = image
	if !open {
		c.image = nil
		c.fresh()
	}
}

// cuts runs n cuts; every so often a new store begins.
func (c *cutter) cuts(n int) {
	for i := range n {
		if i%8 == 0 {
			c.image = nil
			c.fresh()
		}
		c.once()
	}
	if c.image != nil { // what the last cut left
		c.once()
	}
}

func TestPowerCutTablet(t *testing.T) { powerCut(t, "tablet", "fuse-badger") }
func TestPowerCutGround(t *testing.T) { powerCut(t, "ground", "fuse-sqlite") }

func powerCut(t *testing.T, store, kind string) {
	needFuse(t)
	c := newCutter(t, store)
	n := amount(3, 100)
	c.cuts(n)
	c.good(t)
	if c.acks == 0 || c.flushes == 0 {
		t.Errorf("%d acks, %d flushes: nothing was tried", c.acks, c.flushes)
	}
	summary.line(t, "kind=%s cuts=%d acked=%d flushes=%d lost=%d twice=%d wrong=%d salvaged=%d", kind, n, c.acks, c.flushes, c.lost, c.twice, c.wrong, c.salvaged)
}

// TestTester shows that the power cuts would find a store that does not flush: each of these
// loses what it acknowledged.
func TestTester(t *testing.T) {
	needFuse(t)
	for _, c := range []struct {
		kind, store string
		lies        bool
	}{
		{"badger-no-sync", "loose-badger", false},
		{"sqlite-sync-normal", "loose-sqlite", false},
		{"tablet-on-a-lying-disk", "tablet", true},
		{"ground-on-a-lying-disk", "ground", true},
	} {
		t.Run(c.kind, func(t *testing.T) {
			n := amount(3, 5)
			k := newCutter(t, c.store)
			k.lies, k.control = c.lies, true
			blind := 0
			for range n {
				lost, problems := k.lost, len(k.problems)
				k.image = nil
				k.fresh()
				k.once()
				if k.image != nil {
					k.once()
				}
				if k.lost == lost && len(k.problems) == problems {
					blind++
				}
			}
			if blind > 1 { // one may follow right behind a checkpoint of SQLite's
				t.Errorf("%d of %d cuts were not noticed: the test is blind", blind, n)
			}
			summary.line(t, "kind=control-%s cuts=%d acked=%d lost=%d unopened=%d noticed=%d/%d", c.kind, n, k.acks, k.lost, len(k.problems), n-blind, n)
		})
	}
}
