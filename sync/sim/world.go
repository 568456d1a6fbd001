package sim

import (
	"container/heap"
	"encoding/binary"
	"fmt"
	"hash"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

const (
	flightTime = 18 * time.Hour   // one simulated flight, check-in to hand-in
	landedAt   = 17 * time.Hour   // on-block
	syncEvery  = 20 * time.Minute // mean, with jitter; arbitrary, as are those below
	actEvery   = 40 * time.Minute
	writeEvery = 30 * time.Minute
	faultEvery = 45 * time.Minute
	patience   = 5 * time.Second // a tablet gives an exchange up after that
)

var start = time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC)

// Result is what one run saw.
type Result struct {
	Seed      uint64
	Trace     uint64 // hash over everything that happened, in order
	Faults    int
	Exchanges int
	Ops       int
	Reached   map[string]int // interesting states that came up
	Failures  []Failure
}

// Failure is one broken invariant. Kind is lost, duplicated, diverged, stuck or broken.
type Failure struct{ Kind, What string }

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
	plant   Plant
	now     time.Duration
	queue   queue
	seq     int
	trace   hash.Hash64
	res     Result
	group   passenger.FlightID
	ground  *ground
	tablets []*tablet
	healed  bool
	loss    float64
	double  float64
	cut     map[[2]int]bool         // pairs that cannot reach each other; 0 is ground, i+1 tablet i
	held    map[flightsync.Dot]bool // notes that some tablet had in time
	taps    int                     // gestures that people recorded
}

// Run plays the flight of a seed.
func Run(seed uint64, plant Plant) Result {
	w := &world{rng: rand.New(rand.NewPCG(seed, 0x5ca1ab1e)), plant: plant, trace: fnv.New64a(), res: Result{Seed: seed, Reached: map[string]int{}},
		cut: map[[2]int]bool{}, held: map[flightsync.Dot]bool{}}
	binary.LittleEndian.PutUint64(w.group[:], w.rng.Uint64()|1)
	w.loss, w.double = w.rng.Float64()*0.4, w.rng.Float64()*0.2
	w.ground = newGround(w)
	for i := range 1 + w.rng.IntN(6) {
		w.tablets = append(w.tablets, newTablet(w, i))
	}
	w.every(writeEvery, w.ground.act)
	w.every(faultEvery, w.fault)
	for _, t := range w.tablets {
		w.every(actEvery, t.act)
		w.every(syncEvery, t.callGround)
		w.every(syncEvery, t.callPeer)
	}
	w.at(landedAt, w.ground.land)
	for len(w.queue) > 0 && w.queue[0].at <= flightTime && len(w.res.Failures) == 0 {
		w.step()
	}
	if len(w.res.Failures) == 0 {
		w.heal()
	}
	w.res.Trace = w.trace.Sum64()
	return w.res
}

func (w *world) step() {
	e := heap.Pop(&w.queue).(event)
	w.now = e.at
	e.do()
}

func (w *world) at(t time.Duration, do func()) {
	w.seq++
	heap.Push(&w.queue, event{t, w.seq, do})
}

// every calls do again and again, a mean of d apart.
func (w *world) every(d time.Duration, do func()) {
	var again func()
	again = func() {
		if !w.healed {
			do()
			w.at(w.now+w.around(d), again)
		}
	}
	w.at(w.now+w.around(d), again)
}

func (w *world) around(d time.Duration) time.Duration {
	return d/4 + time.Duration(w.rng.Int64N(int64(d)*3/2))
}

func (w *world) chance(p float64) bool { return w.rng.Float64() < p }

func (w *world) time() time.Time { return start.Add(w.now) }

func (w *world) salt() (s [flightsync.SaltSize]byte) {
	binary.LittleEndian.PutUint64(s[:], w.rng.Uint64())
	return s
}

func (w *world) log(format string, args ...any) {
	fmt.Fprintf(w.trace, "%d ", w.now)
	fmt.Fprintf(w.trace, format, args...)
}

func (w *world) fail(kind, format string, args ...any) {
	w.res.Failures = append(w.res.Failures, Failure{kind, fmt.Sprintf(format, args...)})
}

// send delivers a message later, twice, or not at all.
func (w *world) send(from, to int, deliver func()) {
	n := 1
	if w.chance(w.loss) {
		n = 0
		w.res.Faults++
	} else if w.chance(w.double) {
		n = 2
		w.res.Faults++
	}
	for range n {
		// A wide spread: messages overtake each other.
		w.at(w.now+20*time.Millisecond+time.Duration(w.rng.Int64N(int64(4*time.Second))), func() {
			if w.cut[[2]int{from, to}] {
				return
			}
			deliver()
		})
	}
}

// fault breaks something, or mends what is broken.
func (w *world) fault() {
	w.res.Faults++
	switch n := len(w.tablets); w.rng.IntN(5) {
	case 0: // one direction of one pair
		pair := [2]int{w.rng.IntN(n + 1), w.rng.IntN(n + 1)}
		w.cut[pair] = !w.cut[pair]
		w.log("pair %v cut=%v", pair, w.cut[pair])
	case 1: // the link to ground: all tablets at once
		down := w.chance(0.5)
		for i := range n {
			w.cut[[2]int{0, i + 1}], w.cut[[2]int{i + 1, 0}] = down, down
		}
		w.log("link down=%v", down)
	case 2:
		w.tablets[w.rng.IntN(n)].crash()
	case 3:
		w.ground.crash()
	case 4:
		w.loss, w.double = w.rng.Float64()*0.5, w.rng.Float64()*0.3
		w.log("loss")
	}
}

// crashes says how the next durable step goes: 0 well, 1 crash before it, 2 crash after it.
func (w *world) crashes() int {
	if w.healed || !w.chance(0.03) {
		return 0
	}
	w.res.Faults++
	return 1 + w.rng.IntN(2)
}
