package sim

import (
	"errors"
	"math/rand/v2"
	"slices"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

var (
	errCrash = errors.New("the process ends here")
	errIO    = errors.New("an I/O error")
)

// disk is a durable store as Badger or SQL give it: a batch, or a transaction of several, is
// there whole or not at all. What no flush covers may be lost in a crash, from the end on.
// Every call is a point at which the process may end or the call may fail.
type disk struct {
	*points
	state  flightsync.State
	begun  bool
	lanes  [flightsync.MaxAuthors][]flightsync.Op
	tx     []func() // what undoes the transaction under way
	inTx   bool
	loose  [][]func() // what undoes transactions that no flush covers yet, oldest first
	rotten map[flightsync.Dot]bool
	full   bool
	stuck  bool // every call fails until a new process opens the store
	lazy   bool // plant: flushes do nothing
	halves bool // plant: a crash leaves half of a batch
	writes int  // changes so far, for caches
}

// points counts the calls of one disk, or of all disks of a flight.
type points struct {
	calls int
	ends  int  // the call at which the process ends; 0: none
	fails int  // the call that fails
	stick bool // and with it all that follow on its disk
	fired bool
}

func newDisk() *disk { return &disk{points: &points{}, rotten: map[flightsync.Dot]bool{}} }

func (d *disk) call() error {
	d.calls++
	switch d.calls {
	case d.ends:
		d.ends, d.fired = 0, true
		return errCrash
	case d.fails:
		d.fails, d.fired = 0, true
		d.stuck = d.stick
		return errIO
	}
	if d.stuck {
		return errIO
	}
	return nil
}

// State implements [flightsync.Storage].
func (d *disk) State() (flightsync.State, error) {
	if err := d.call(); err != nil {
		return flightsync.State{}, err
	}
	if !d.begun {
		return flightsync.State{}, passenger.Errorf(passenger.NotFound, "sim.State", "nothing here")
	}
	st := d.state
	st.Lanes = slices.Clone(st.Lanes)
	return st, nil
}

// Ops implements [flightsync.Storage].
func (d *disk) Ops(a flightsync.Author, first uint64, yield func(flightsync.Op) bool) error {
	if err := d.call(); err != nil {
		return err
	}
	for _, o := range d.lanes[a][min(max(first, 1)-1, uint64(len(d.lanes[a]))):] {
		if d.rotten[o.Dot] {
			return passenger.Errorf(passenger.Corrupt, "sim.Ops", "op %s cannot be read", o.Dot)
		}
		if !yield(o) {
			return nil
		}
	}
	return nil
}

// Apply implements [flightsync.Store].
func (d *disk) Apply(b flightsync.Batch) error {
	if b.IsEmpty() {
		return nil
	}
	if err := d.call(); err != nil {
		return err
	}
	if d.full && len(b.Ops) > 0 {
		return passenger.Errorf(passenger.Unavailable, "sim.Apply", "no space left")
	}
	if err := d.put(b); err != nil {
		return err
	}
	if d.inTx {
		return nil
	}
	return d.flush()
}

func (d *disk) put(b flightsync.Batch) error {
	was, begun := d.state, d.begun
	lanes := map[flightsync.Author][]flightsync.Op{}
	keep := func(a flightsync.Author) {
		if _, ok := lanes[a]; !ok {
			lanes[a] = d.lanes[a]
		}
	}
	for _, c := range b.Cuts {
		keep(c.Author)
		if c.Seq > uint64(len(d.lanes[c.Author])) {
			return passenger.Errorf(passenger.Internal, "sim.Apply", "no op %s to cut behind", c)
		}
		d.lanes[c.Author] = slices.Clip(d.lanes[c.Author][:c.Seq])
	}
	for _, o := range b.Ops {
		keep(o.Dot.Author)
		if o.Dot.Seq != uint64(len(d.lanes[o.Dot.Author]))+1 {
			return passenger.Errorf(passenger.Internal, "sim.Apply", "op %s leaves a gap", o.Dot)
		}
		d.lanes[o.Dot.Author] = append(d.lanes[o.Dot.Author], o)
	}
	for _, s := range b.Stubs {
		keep(s.Author)
		if s.Seq <= uint64(len(d.lanes[s.Author])) {
			l := slices.Clone(d.lanes[s.Author])
			l[s.Seq-1] = l[s.Seq-1].Stub()
			d.lanes[s.Author] = l
			delete(d.rotten, s)
		}
	}
	d.state, d.begun = b.State, true
	d.writes++
	d.undo(func() {
		for a, l := range lanes {
			d.lanes[a] = l
		}
		if d.halves && len(b.Ops) > 1 { // the state went to disk, and half of the ops
			half := b.Ops[:len(b.Ops)/2]
			for _, o := range half {
				d.lanes[o.Dot.Author] = append(slices.Clip(d.lanes[o.Dot.Author]), o)
			}
			return
		}
		d.state, d.begun = was, begun
	})
	return nil
}

// undo keeps what takes a change of the transaction under way back.
func (d *disk) undo(f func()) { d.tx = append(d.tx, f) }

// flush makes everything so far durable.
func (d *disk) flush() error {
	d.loose, d.tx = append(d.loose, d.tx), nil
	if err := d.call(); err != nil {
		return err
	}
	if !d.lazy {
		d.loose = nil
	}
	return d.call()
}

func (d *disk) begin() { d.inTx = true }

func (d *disk) commit() error {
	d.inTx = false
	if len(d.tx) == 0 {
		return nil
	}
	return d.flush()
}

func (d *disk) rollback() {
	d.inTx = false
	for _, f := range slices.Backward(d.tx) {
		f()
	}
	d.tx = nil
	d.writes++
}

// reopen is what a new process finds: all that was flushed, and a part of the rest.
func (d *disk) reopen(rng *rand.Rand) {
	d.rollback()
	d.stuck = false
	keep := 0
	if len(d.loose) > 0 {
		keep = rng.IntN(len(d.loose) + 1)
	}
	for _, tx := range slices.Backward(d.loose[keep:]) {
		for _, f := range slices.Backward(tx) {
			f()
		}
	}
	d.loose = nil
}

// image is a copy of what is on the disk, as a backup or another disk has it.
func (d *disk) image() *disk {
	c := newDisk()
	c.state, c.begun, c.lazy, c.halves = d.state, d.begun, d.lazy, d.halves
	for a, l := range d.lanes {
		c.lanes[a] = slices.Clip(l)     // appending copies; nobody writes into a lane
		if len(d.loose)+len(d.tx) > 0 { // what is taken back may be written over
			c.lanes[a] = slices.Clone(l)
		}
	}
	for dot := range d.rotten {
		c.rotten[dot] = true
	}
	return c
}

// all lists the ops that can be read.
func (d *disk) all() (out []flightsync.Op) {
	n := 0
	for _, l := range d.lanes {
		n += len(l)
	}
	out = make([]flightsync.Op, 0, n)
	for _, l := range d.lanes {
		for _, o := range l {
			if !d.rotten[o.Dot] {
				out = append(out, o)
			}
		}
	}
	return out
}

// op reads one op past the failing calls.
func (d *disk) op(dot flightsync.Dot) (flightsync.Op, bool) {
	if dot.Author >= flightsync.MaxAuthors || dot.Seq < 1 || dot.Seq > uint64(len(d.lanes[dot.Author])) || d.rotten[dot] {
		return flightsync.Op{}, false
	}
	return d.lanes[dot.Author][dot.Seq-1], true
}
