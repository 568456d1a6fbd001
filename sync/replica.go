package sync

import (
	"github.com/cabinloop/cabinloop/passenger"
)

// Replica is one holder of a flight: ground or a tablet. It caches the state of its storage.
type Replica struct {
	store Storage
	st    State
}

// Create returns the batch that begins a store: ground begins with me = Admin, a tablet with
// me = Nobody. inc is random.
func Create(group passenger.FlightID, me Author, inc Incarnation) Batch {
	st := State{Group: group, Me: me, Incarnation: inc}
	if me == Admin {
		for a := Admin; a < FirstTablet; a++ {
			st.setLane(Lane{Author: a, Incarnation: inc, Head: chainStart(group, a, inc)})
		}
	}
	return Batch{State: st}
}

// Load makes a replica from what storage holds. Errors: those of the storage.
func Load(s Storage) (*Replica, error) {
	st, err := s.State()
	if err != nil {
		return nil, err
	}
	return &Replica{store: s, st: st}, nil
}

// State returns a copy of the replica's state.
func (r *Replica) State() State { return r.st.clone() }

// Step takes one event. On an error nothing has changed.
func (r *Replica) Step(ev Event) (Ready, error) {
	before := r.st.clone()
	ready, err := r.step(ev)
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
	case Rotate:
		if r.st.Me == Admin {
			return Ready{}, passenger.Errorf(passenger.Phase, "sync.Rotate", "ground's own lanes are not rotated")
		}
		r.st.Me, r.st.Incarnation = Nobody, ev.Incarnation
		return Ready{Batch: r.batch(nil)}, nil
	case EraseBodies:
		return r.erase(ev)
	}
	return Ready{}, passenger.Errorf(passenger.Internal, "sync.Step", "unknown event")
}

func (r *Replica) batch(ops []Op) Batch { return Batch{State: r.st.clone(), Ops: ops} }

// mine reports whether this replica writes the lane of a.
func (r *Replica) mine(a Author) bool {
	if r.st.Me == Admin {
		l, ok := r.st.Lane(a)
		return ok && l.Incarnation == r.st.Incarnation
	}
	return r.st.Me != Nobody && a == r.st.Me
}

func (r *Replica) bind(ev Bind) (Ready, error) {
	if ev.Author >= MaxAuthors {
		return Ready{}, passenger.Errorf(passenger.TooMuch, "sync.Bind", "a flight has at most %d author indexes", MaxAuthors)
	}
	if l, ok := r.st.Lane(ev.Author); ok {
		if l.Incarnation == ev.Incarnation {
			return Ready{}, nil
		}
		return Ready{}, passenger.Errorf(passenger.Exists, "sync.Bind", "author index %d is bound to another incarnation", ev.Author)
	}
	r.st.setLane(Lane{Author: ev.Author, Incarnation: ev.Incarnation, Head: chainStart(r.st.Group, ev.Author, ev.Incarnation)})
	return Ready{Batch: r.batch(nil)}, nil
}

func (r *Replica) erase(ev EraseBodies) (Ready, error) {
	v := r.st.Vector()
	var held []Dot
	for _, d := range ev.Dots {
		if v.Covers(d) {
			held = append(held, d)
		}
	}
	if len(held) == 0 {
		return Ready{}, nil
	}
	b := r.batch(nil)
	b.Stubs = held
	return Ready{Batch: b, Changed: held}, nil
}
