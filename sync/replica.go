package sync

import (
	"maps"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// Replica is one holder of a flight: ground or a tablet. It caches the state of its storage.
type Replica struct {
	store  Storage
	verify Verify
	st     State
	taken  overlay   // of the step under way
	now    time.Time // of a Receive under way
}

// Create returns the batch that begins a store: ground begins with me = Admin, a tablet with
// me = Nobody. inc is random. root is ground's public key, which proves its lanes; a tablet has
// it from its enrolment.
func Create(group passenger.FlightID, me Author, inc Incarnation, root PublicKey) Batch {
	st := State{Group: group, Me: me, Incarnation: inc, Root: root}
	// Ground's first lanes need no roster: the group's key is all there is to know of them.
	for a := Admin; a < FirstTablet; a++ {
		st.setLane(Lane{Author: a, Class: Class(a) + AdminLane, Key: root, Head: chainStart(group, a, Incarnation{})})
	}
	return Batch{State: st}
}

// Load makes a replica from what storage holds. verify is what proves foreign runs; with nil
// none is taken. Errors: those of the storage.
func Load(s Storage, verify Verify) (*Replica, error) {
	st, err := s.State()
	if err != nil {
		return nil, err
	}
	return &Replica{store: s, verify: verify, st: st}, nil
}

// State returns a copy of the replica's state.
func (r *Replica) State() State { return r.st.clone() }

// Step takes one event. On an error nothing has changed.
func (r *Replica) Step(ev Event) (Ready, error) {
	before := r.st.clone()
	ready, err := r.step(ev)
	r.taken = overlay{}
	if err != nil {
		r.st = before
	}
	return ready, err
}

func (r *Replica) step(ev Event) (Ready, error) {
	switch ev := ev.(type) {
	case Write:
		return r.write(ev)
	case Receive:
		return r.receive(ev)
	case Ask:
		return r.ask(ev)
	case Answer:
		return r.answer(ev)
	case Bind:
		return r.bind(ev)
	case EraseBodies:
		return r.erase(ev)
	}
	return Ready{}, passenger.Errorf(passenger.Internal, "sync.Step", "unknown event")
}

// mine reports whether this replica writes the lane of a.
func (r *Replica) mine(a Author) bool {
	if r.st.Me == Admin {
		return a < FirstTablet
	}
	return r.st.Me != Nobody && a == r.st.Me
}

func (r *Replica) erase(ev EraseBodies) (Ready, error) {
	orders, err := r.orders()
	if err != nil {
		return Ready{}, err
	}
	var held []Dot
	for _, d := range ev.Dots {
		l, ok := r.st.Lane(d.Author)
		if !ok || d.Seq < 1 || d.Seq > l.Seq {
			continue
		}
		// What nobody ordered stays: a dot may have been another op's before a restore.
		if err := r.ops(l, d.Seq, func(o Op) bool {
			if r.ordered(orders, l, o) {
				held = append(held, d)
			}
			return false
		}); err != nil {
			return Ready{}, err
		}
	}
	if len(held) == 0 {
		return Ready{}, nil
	}
	return Ready{Batch: Batch{State: r.st.clone(), Stubs: held}, Changed: held}, nil
}

// overlay is what a step has taken and its driver has not yet stored: ops behind the stored
// ones, and lanes cut short before that.
type overlay struct {
	ops  map[Author][]Op
	cuts map[Author]uint64
}

func (v *overlay) add(o Op) {
	if v.ops == nil {
		v.ops = map[Author][]Op{}
	}
	v.ops[o.Dot.Author] = append(v.ops[o.Dot.Author], o)
}

// cut ends a lane at seq; seq is within what is stored.
func (v *overlay) cut(a Author, seq uint64) {
	if v.cuts == nil {
		v.cuts = map[Author]uint64{}
	}
	v.cuts[a] = seq
	delete(v.ops, a)
}

// batch makes the batch of a step.
func (r *Replica) batch() Batch {
	b := Batch{State: r.st.clone()}
	for _, a := range slices.Sorted(maps.Keys(r.taken.cuts)) {
		b.Cuts = append(b.Cuts, Dot{a, r.taken.cuts[a]})
	}
	n := 0
	for _, ops := range r.taken.ops {
		n += len(ops)
	}
	b.Ops = slices.Grow(b.Ops, n)
	for _, a := range slices.Sorted(maps.Keys(r.taken.ops)) {
		b.Ops = append(b.Ops, r.taken.ops[a]...)
	}
	return b
}

// ops reads a lane as it stands in this step.
func (r *Replica) ops(l Lane, first uint64, yield func(Op) bool) error {
	fresh := r.taken.ops[l.Author]
	stored := l.Seq - uint64(len(fresh))
	if first <= stored {
		more := true
		if err := r.store.Ops(l.Author, first, func(o Op) bool {
			more = o.Dot.Seq <= stored && yield(o)
			return more && o.Dot.Seq < stored
		}); err != nil || !more {
			return err
		}
	}
	for _, o := range fresh {
		if o.Dot.Seq >= first && !yield(o) {
			break
		}
	}
	return nil
}

// headAt returns h_seq of a lane. Heads of prefixes are not kept: it walks the chain.
func (r *Replica) headAt(l Lane, seq uint64) (Hash, error) {
	if seq == l.Seq {
		return l.Head, nil
	}
	h := r.start(l)
	if seq == 0 {
		return h, nil
	}
	err := r.ops(l, 1, func(o Op) bool {
		h = chainNext(h, o)
		return o.Dot.Seq < seq
	})
	return h, err
}

// start returns h_0 of a lane.
func (r *Replica) start(l Lane) Hash {
	if l.Fork.Is() {
		return l.Fork.Start
	}
	return chainStart(r.st.Group, l.Author, l.Incarnation)
}

// put appends an op to its lane.
func (r *Replica) put(l Lane, o Op) Lane {
	l.Seq, l.Head, l.Bytes = o.Dot.Seq, chainNext(l.Head, o), l.Bytes+uint64(o.size())
	r.taken.add(o)
	r.st.setLane(l)
	return l
}
