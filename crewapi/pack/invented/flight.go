package invented

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Size says how large a flight is.
type Size struct {
	Travellers, Notes, Tablets, Feedback int // Feedback is ops a tablet records beside its own have ops
}

// LongHaul is the flight the goals speak of (reference/performance.md: 360 passengers, 50 notes).
var LongHaul = Size{Travellers: 360, Notes: 50, Tablets: 4, Feedback: 80}

// Lanes holds the raw ops of a flight, by author index: ground's four lanes, then the tablets'.
type Lanes [][][]byte

// Flight makes a flight. It panics when the engine refuses what it wrote: an error of this package.
func Flight(seed uint64, size Size, cast Cast) Lanes {
	f := newFlight(seed, size, cast)
	f.groundLanes()
	for i := range size.Tablets {
		f.tablet(flightsync.FirstTablet+flightsync.Author(i), size.Feedback)
	}
	return f.lanes
}

// Outcomes makes n outcome ops of one tablet, half of them with words: what a landing batch holds.
func Outcomes(seed uint64, n int, cast Cast) [][]byte {
	f := newFlight(seed, Size{Travellers: 360, Notes: 50, Tablets: 1}, cast)
	for range n {
		f.write(flightsync.FirstTablet, f.outcome())
	}
	return f.lanes[flightsync.FirstTablet]
}

type flight struct {
	*rand.Rand
	cast    Cast
	size    Size
	now     time.Time
	std     time.Time
	group   passenger.FlightID
	ground  *node
	tablets map[flightsync.Author]*node
	lanes   Lanes
	forms   uint64 // nonce of the last one
	people  []flightsync.Traveller
}

func newFlight(seed uint64, size Size, cast Cast) *flight {
	f := &flight{Rand: rand.New(rand.NewPCG(seed, seed^0x9e3779b97f4a7c15)), cast: cast, size: size, tablets: map[flightsync.Author]*node{}}
	f.std = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(f.IntN(3*365*24*12)) * 5 * time.Minute)
	f.now = f.std.Add(-72 * time.Hour)
	f.lanes = make(Lanes, int(flightsync.FirstTablet)+size.Tablets)
	f.random(f.group[:])
	f.ground = begin(flightsync.Create(f.group, flightsync.Admin, f.incarnation(), flightsync.PublicKey{Bytes: "invented"}))
	for i := range size.Tablets {
		a, inc := flightsync.FirstTablet+flightsync.Author(i), f.incarnation()
		f.tablets[a] = begin(flightsync.Create(f.group, flightsync.Nobody, inc, flightsync.PublicKey{Bytes: "invented"}))
		for _, n := range []*node{f.ground, f.tablets[a]} {
			n.step(flightsync.Bind{Entry: flightsync.RosterEntry{Author: a, Class: flightsync.TabletLane, Incarnation: inc, Key: flightsync.PublicKey{Bytes: "invented"}}})
		}
		f.exchange(a)
	}
	seats := f.Perm(400)
	for i := range size.Travellers {
		seat := passenger.Seat(fmt.Sprintf("%d%c", 1+seats[i]/9, "ABCDEFGHK"[seats[i]%9]))
		f.people = append(f.people, flightsync.Traveller{No: passenger.TravellerNo(i + 1), Name: f.name(), Seat: seat,
			Tier: pick(f, []string{"", "", "", "", "silver", "gold", "platinum", "explorer"})})
	}
	return f
}

// node is one replica with its store.
type node struct {
	store *flightsync.Memory
	*flightsync.Replica
}

func begin(b flightsync.Batch) *node {
	store := flightsync.NewMemory()
	must(store.Apply(b))
	r, err := flightsync.Load(store, func(flightsync.Algorithm, []byte, []byte, []byte) bool { return true })
	must(err)
	return &node{store, r}
}

func (n *node) step(ev flightsync.Event) flightsync.Ready {
	ready, err := n.Step(ev)
	must(err)
	must(n.Sign(&ready, func([]byte) ([]byte, error) { return []byte{1}, nil }))
	must(n.store.Apply(ready.Batch))
	return ready
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// exchange gives the tablet of a what ground holds; it answers with the have op it then writes.
func (f *flight) exchange(a flightsync.Author) {
	t := f.tablets[a]
	req := t.step(flightsync.Ask{}).Request
	res := f.ground.step(flightsync.Answer{Request: *req, Limit: 1 << 20}).Response
	ev := flightsync.Receive{Runs: res.Runs, Have: true}
	f.random(ev.Salt[:])
	f.keep(a, t.step(ev).Batch.Ops)
}

// keep takes the ops of a's own lane among those a step made.
func (f *flight) keep(a flightsync.Author, ops []flightsync.Op) {
	for _, o := range ops {
		if o.Dot.Author == a {
			f.lanes[a] = append(f.lanes[a], o.Raw())
		}
	}
}

// write appends drafts to a lane and lets some seconds to minutes pass.
func (f *flight) write(a flightsync.Author, drafts ...flightsync.Draft) {
	n, ok := f.tablets[a]
	if !ok {
		n = f.ground
	}
	ev := flightsync.Write{Author: a, Drafts: drafts, Salts: make([][flightsync.SaltSize]byte, len(drafts)), Now: f.now}
	for i := range ev.Salts {
		f.random(ev.Salts[i][:])
	}
	f.keep(a, n.step(ev).Batch.Ops)
	f.now = f.now.Add(time.Duration(f.ExpFloat64()*90_000) * time.Millisecond)
}

func (f *flight) random(b []byte) {
	for len(b) > 0 {
		var w [8]byte
		binary.LittleEndian.PutUint64(w[:], f.Uint64())
		b = b[copy(b, w[:]):]
	}
}

// nonce counts forms from a random number, as the pages do: some are opened and not sent.
func (f *flight) nonce() (n [8]byte) {
	if r := f.Uint64(); f.forms == 0 {
		f.forms = r
	} else {
		f.forms += 1 + r%3
	}
	binary.BigEndian.PutUint64(n[:], f.forms)
	return n
}

func (f *flight) incarnation() (i flightsync.Incarnation) { f.random(i[:]); return i }

func (f *flight) name() string {
	return fmt.Sprintf("%s %c. %s", pick(f, []string{"Mr", "Mr", "Ms", "Ms", "Mrs", "Mx", "Dr"}), 'A'+f.IntN(26), pick(f, f.cast.Surnames))
}

func (f *flight) day() string { return f.std.AddDate(0, 0, -3-f.IntN(150)).Format(time.DateOnly) }

func pick[T any](f *flight, from []T) T { return from[f.IntN(len(from))] }
