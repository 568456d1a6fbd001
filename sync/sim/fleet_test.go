package sim

import (
	"fmt"
	"testing"
)

// Each call of a merge fails once, and is once the last of its process: the flight goes on with the
// old store or with the new one, and everything is there.
func TestMergePoints(t *testing.T) {
	play := func(n int, fails bool, opt Options) (res Result, fired bool) {
		w := newWorld(3, opt)
		f := newFleet(w)
		d := f.tablets[0]
		d.calm = true
		for range 12 {
			d.round(len(f.legs))
			for range 4 {
				d.record()
			}
		}
		var r *row // ground lacks an entry of it
		for _, id := range d.ids {
			for _, o := range d.rows[id].own() {
				if e, _ := formOf(o); d.rows[id].leg.effects[e] == 0 {
					r = d.rows[id]
				}
			}
		}
		if len(f.acked) < 20 || r == nil {
			t.Fatalf("%d entries, and everything is on ground: %v", len(f.acked), r == nil)
		}
		if d.points.ends = d.calls() + n; fails {
			d.points.ends, d.points.fails = 0, d.points.ends
		}
		d.points.fired = false
		d.merge(r)
		fired = d.points.fired
		f.settle()
		return w.res, fired
	}
	points := 0
	for _, fails := range []bool{false, true} {
		for n := 1; ; n++ {
			res, fired := play(n, fails, Options{})
			if len(res.Failures) > 0 {
				t.Fatalf("call %d, fails %v: %v", n, fails, res.Failures)
			}
			if !fired {
				break
			}
			points++
		}
	}
	for n := 1; ; n++ {
		res, fired := play(n, true, Options{Plant: MergeDropsOld})
		if len(res.Failures) > 0 {
			fmt.Fprintf(t.Output(), "crash: merge points=%d; planted %s caught after %d points by %s\n", points, MergeDropsOld, n, res.Failures[0].Invariant)
			return
		}
		if !fired {
			t.Fatalf("the planted bug was not caught in %d points", n)
		}
	}
}
