package sim

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

const (
	fleetSteps = 180
	fleetStep  = 25 * time.Minute // mean
	openStores = 3                // of one tablet at a time
	listPage   = 16               // flights in one page of ground's list; small, so that hundreds are cheap
	roundSize  = 8                // flights that a round exchanges
	leaseAfter = 12 * time.Hour   // the arrival
)

// fleet is several flights of several tablets: stores that open, close and are merged, lists in
// pages, leases under wrong clocks, answers that get mixed up, access that ends and is given
// again. What happens within one flight is the rest of the package; here ground never fails.
type fleet struct {
	*world
	legs    []*leg
	access  map[int]string // by key: "" while a tablet may come, or why not
	keys    int            // given so far
	tablets []*device
	acked   map[form]*leg // entries that somebody was told are saved
	wire    []answer      // some that went by
}

// fly plays the fleet of the seed.
func (w *world) fly() {
	f := newFleet(w)
	for range fleetSteps {
		w.now += w.around(fleetStep)
		f.step(f.tablets[w.rng.IntN(len(f.tablets))])
		if len(w.res.Failures) > 0 {
			return
		}
	}
	f.settle()
}

func newFleet(w *world) *fleet {
	f := &fleet{world: w, access: map[int]string{}, acked: map[form]*leg{}}
	w.now = 0
	n := 4 + w.rng.IntN(5)
	if w.chance(0.15) {
		n = 100 + w.rng.IntN(200)
		w.reached("a tablet has hundreds of flights")
	}
	for i := range n {
		l := &leg{fleet: f, sta: time.Duration(i%9) * 8 * time.Hour, bound: map[int]flightsync.Author{}, effects: map[form]int{}}
		binary.LittleEndian.PutUint64(l.id[:], w.rng.Uint64()|1)
		f.legs = append(f.legs, l)
	}
	for range 1 + w.rng.IntN(3) {
		d := &device{fleet: f, points: &points{}, rows: map[passenger.FlightID]*row{}, box: map[form]item{}}
		d.index = d.store()
		d.key = f.key()
		f.tablets = append(f.tablets, d)
	}
	return f
}

func (f *fleet) key() int {
	f.keys++
	return f.keys
}

// step is one thing that happens to a tablet.
func (f *fleet) step(d *device) {
	w := f.world
	switch w.rng.IntN(16) {
	case 0, 1, 2, 3, 4:
		d.record()
	case 5, 6, 7, 8:
		d.round(roundSize)
	case 9:
		d.tick()
	case 10, 11:
		r := d.any()
		if r == nil {
			return
		}
		if w.chance(0.6) { // at any of its calls
			d.fault("store merge fails at a call")
			if at := d.calls() + 1 + w.rng.IntN(14); w.chance(0.5) {
				d.points.ends = at
			} else {
				d.points.fails = at
			}
		}
		d.merge(r)
	case 12:
		f.wrongClock(d)
	case 13:
		f.accessEnds(d)
	case 14:
		if d.away = !d.away && w.chance(0.5); d.away {
			w.reached("a tablet of the fleet has no link")
		}
	case 15:
		w.fault("crash at a call of any flight's store")
		d.points.ends = d.calls() + 1 + w.rng.IntN(30)
	}
}

// wrongClock puts a tablet's clock off, or right again.
func (f *fleet) wrongClock(d *device) {
	if d.skew != 0 {
		d.skew = 0
		d.tick()
		return
	}
	now := start.Add(f.now)
	switch f.rng.IntN(4) {
	case 0:
		f.fault("clock a day ahead")
		d.skew = 24 * time.Hour
	case 1:
		f.fault("clock a month ahead")
		d.skew = 31 * 24 * time.Hour
	case 2:
		f.fault("clock of 1970")
		d.skew = time.Unix(0, 0).Sub(now)
	case 3:
		f.fault("clock of 2099")
		d.skew = time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC).Sub(now)
	}
	d.tick()
}

// accessEnds ends a tablet's access; if it ended before, it is given again, or the tablet is enrolled.
func (f *fleet) accessEnds(d *device) {
	switch why := f.access[d.key]; {
	case why == "revoked" && f.chance(0.4):
		f.reached("access was given again")
		f.access[d.key] = ""
	case why != "":
		d.enrol()
	case f.chance(0.4):
		why = []string{"revoked", "lost", "replaced"}[f.rng.IntN(3)]
		f.fault("access " + why)
		f.access[d.key] = why
	}
}

// settle ends all faults and the last lease, lets everybody speak, and looks what came of it.
func (f *fleet) settle() {
	w := f.world
	for range 6 {
		w.now += 30 * time.Hour
		for _, d := range f.tablets {
			d.points.ends, d.points.fails, d.skew, d.away, d.calm = 0, 0, 0, false, true
			if f.access[d.key] != "" {
				d.enrol()
			}
			d.round(len(f.legs))
			if len(w.res.Failures) > 0 {
				return
			}
		}
	}
	w.checked(I12)
	for i, d := range f.tablets {
		if len(d.box) > 0 {
			w.fail(I12, "tablet %d of the fleet still keeps %d entries for ground", i, len(d.box))
		}
		for _, id := range d.ids {
			if r := d.rows[id]; r.disk != nil {
				w.fail(I12, "tablet %d of the fleet holds flight %x long after its lease", i, id)
				return
			}
		}
	}
	w.checked(I2)
	w.checked(I3)
	for _, l := range f.legs {
		for _, e := range slices.SortedFunc(keysOf(f.acked, l), compareForms) {
			switch n := l.effects[e]; {
			case n == 0:
				w.fail(I2, "entry %x of flight %x was acknowledged and is not on ground", e, l.id)
			case n > 1:
				w.fail(I3, "entry %x of flight %x counts %d times", e, l.id, n)
			}
		}
	}
}
