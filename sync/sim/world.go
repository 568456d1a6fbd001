package sim

import (
	"container/heap"
	"encoding/binary"
	"fmt"
	"hash"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

const (
	flightTime = 18 * time.Hour // one simulated flight, check-in to hand-in
	landedAt   = 17 * time.Hour // on-block
	// Means, with jitter; arbitrary, so that a flight has a few hundred ops.
	syncEvery  = 30 * time.Minute
	actEvery   = 60 * time.Minute
	writeEvery = 25 * time.Minute
	patience   = 15 * time.Second // a tablet gives an exchange up after that
	checkEvery = 64               // steps between comparisons with the model
)

var start = time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC)

// Result is what one run saw.
type Result struct {
	Seed      uint64
	Trace     uint64 // hash over everything that happened, in order
	Exchanges int
	Ops       int
	Calls     int // of all stores, in a scripted flight
	Faults    map[string]int
	Checks    map[string]int // by invariant
	Reached   map[string]int // states that came up
	Failures  []Failure
	Log       []string // with Verbose
}

// Failure is one broken invariant.
type Failure struct {
	Invariant string
	What      string
}

// Options change a run.
type Options struct {
	Plant   Plant
	Verbose bool
	Without []string // fault kinds that do not happen
}

type event struct {
	at  time.Duration
	seq int
	do  func()
}

type queue []event

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].seq < q[j].seq
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(event)) }
func (q *queue) Pop() any {
	old := *q
	e := old[len(old)-1]
	*q = old[:len(old)-1]
	return e
}

// world is one flight with everything that can go wrong.
type world struct {
	rng     *rand.Rand
	opt     Options
	now     time.Duration
	queue   queue
	seq     int
	steps   int
	trace   hash.Hash64
	res     Result
	group   passenger.FlightID
	net     network
	ground  *ground
	tablets []*tablet // by address-1; clones stand behind the crew's own
	healed  bool
	without map[string]bool
	truth   truth
	points  *points // of all disks together; nil: each counts its own calls
}

// Run plays the flight of a seed.
func Run(seed uint64, opt Options) Result {
	w := newWorld(seed, opt)
	w.ground = newGround(w)
	w.ground.load()
	w.ground.open()
	n := 1 + w.rng.IntN(5)
	if w.chance(0.3) {
		n = 1 + w.rng.IntN(flightsync.MaxTablets)
	}
	for range n {
		w.addTablet(true).live()
	}
	w.every(writeEvery, w.ground.act)
	w.at(w.gap(), w.breakSomething)
	w.at(landedAt, w.ground.land)
	for len(w.queue) > 0 && w.queue[0].at <= flightTime && len(w.res.Failures) == 0 {
		w.step()
	}
	w.heal()
	if len(w.res.Failures) == 0 {
		w.fly()
	}
	w.res.Trace = w.trace.Sum64()
	return w.res
}

func newWorld(seed uint64, opt Options) *world {
	w := &world{rng: rand.New(rand.NewPCG(seed, 0x5ca1ab1e)), opt: opt, trace: fnv.New64a(), truth: newTruth(), without: map[string]bool{},
		res: Result{Seed: seed, Faults: map[string]int{}, Checks: map[string]int{}, Reached: map[string]int{}}}
	for _, f := range opt.Without {
		w.without[f] = true
	}
	binary.LittleEndian.PutUint64(w.group[:], w.rng.Uint64()|1)
	w.net = newNetwork(w)
	return w
}

// disk puts a disk into this world.
func (w *world) disk(d *disk) *disk {
	if w.points != nil {
		d.points = w.points
	}
	return d
}

// addTablet puts a tablet on board; with roster it is on ground's roster.
func (w *world) addTablet(roster bool) *tablet {
	t := newTablet(w, len(w.tablets)+1, w.disk(newDisk()), w.ground.devices)
	if roster {
		w.ground.devices++
	}
	w.tablets = append(w.tablets, t)
	t.load()
	return t
}

func (w *world) step() {
	e := heap.Pop(&w.queue).(event)
	w.now = e.at
	e.do()
	w.steps++
	if w.steps%checkEvery == 0 {
		w.checkSome()
	}
}

func (w *world) at(t time.Duration, do func()) {
	w.seq++
	heap.Push(&w.queue, event{t, w.seq, do})
}

func (w *world) in(d time.Duration, do func()) { w.at(w.now+d, do) }

// every calls do again and again, a mean of d apart, until the faults stop.
func (w *world) every(d time.Duration, do func()) {
	var again func()
	again = func() {
		if !w.healed {
			do()
			w.in(w.around(d), again)
		}
	}
	w.in(w.around(d), again)
}

func (w *world) around(d time.Duration) time.Duration {
	return d/4 + time.Duration(w.rng.Int64N(int64(d)*3/2))
}

// gap is the time to the next fault: 0.2 s to 40 minutes, even over the magnitudes.
func (w *world) gap() time.Duration {
	return time.Duration(float64(200*time.Millisecond) * math.Exp(w.rng.Float64()*math.Log(12000)))
}

func (w *world) chance(p float64) bool { return w.rng.Float64() < p }

func (w *world) salt() (s [flightsync.SaltSize]byte) {
	binary.LittleEndian.PutUint64(s[:], w.rng.Uint64())
	return s
}

func (w *world) incarnation() flightsync.Incarnation { return flightsync.Incarnation(w.salt()) }

func (w *world) log(format string, args ...any) {
	line := fmt.Sprintf("%v ", w.now) + fmt.Sprintf(format, args...)
	w.trace.Write([]byte(line))
	if w.opt.Verbose {
		w.res.Log = append(w.res.Log, line)
	}
}

func (w *world) fail(invariant, format string, args ...any) {
	w.res.Failures = append(w.res.Failures, Failure{invariant, fmt.Sprintf(format, args...)})
	w.log("FAIL %s %s", invariant, w.res.Failures[len(w.res.Failures)-1].What)
}

// checked counts that an invariant was looked at.
func (w *world) checked(invariant string) { w.res.Checks[invariant]++ }

func (w *world) reached(state string) { w.res.Reached[state]++ }

func (w *world) fault(kind string) { w.res.Faults[kind]++ }

func (w *world) planted(p Plant) bool { return w.opt.Plant == p }
