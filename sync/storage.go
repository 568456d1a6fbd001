package sync

import (
	"slices"

	"github.com/cabinloop/cabinloop/passenger"
)

// Lane is what a replica knows of one author: how far it holds the chain, and its head.
type Lane struct {
	Author      Author
	Incarnation Incarnation
	Seq         uint64 // ops held, without gaps
	Head        Hash   // h_Seq
}

// State is all a replica needs besides the ops. It is persisted with every batch.
type State struct {
	Group       passenger.FlightID
	Me          Author // Nobody until ground has bound it; Admin on ground
	Incarnation Incarnation
	Clock       Stamp
	Untold      bool   // holds ops about notes that no have op of its own tells of yet
	Lanes       []Lane // by author, ascending
}

// Storage is what a [Replica] reads. Every write leaves through [Ready]. An implementation
// returns its own copies: the engine keeps what it is given.
type Storage interface {
	// State returns the state of the last applied batch. Errors: not_found before the first.
	State() (State, error)
	// Ops yields the ops of author from first on, in order, until yield returns false.
	Ops(author Author, first uint64, yield func(Op) bool) error
}

// Store is a Storage that can apply a batch: all of it durably, or none of it.
type Store interface {
	Storage
	Apply(Batch) error
}

// Batch is one atomic write. State is always whole; the zero Batch writes nothing.
type Batch struct {
	State State
	Ops   []Op  // new ops, ascending within each author
	Stubs []Dot // ops whose body must go; header and commit stay
}

// IsEmpty reports whether nothing needs to be written.
func (b Batch) IsEmpty() bool { return b.State.Group == (passenger.FlightID{}) }

// Vector returns how far each author's lane is held.
func (s State) Vector() Vector {
	var v Vector
	for _, l := range s.Lanes {
		v = v.Set(l.Author, l.Seq)
	}
	return v
}

// Lane returns the lane of a.
func (s State) Lane(a Author) (Lane, bool) {
	i, ok := slices.BinarySearchFunc(s.Lanes, a, func(l Lane, a Author) int { return int(l.Author) - int(a) })
	if !ok {
		return Lane{}, false
	}
	return s.Lanes[i], true
}

func (s *State) setLane(l Lane) {
	i, ok := slices.BinarySearchFunc(s.Lanes, l.Author, func(l Lane, a Author) int { return int(l.Author) - int(a) })
	if ok {
		s.Lanes[i] = l
		return
	}
	s.Lanes = slices.Insert(s.Lanes, i, l)
}

func (s State) clone() State { s.Lanes = slices.Clone(s.Lanes); return s }

// Digest is the XOR over all lanes with ops of the first 8 bytes of the chain head: equal vectors with
// unequal digests mean a fork.
func (s State) Digest() uint64 {
	var d uint64
	for _, l := range s.Lanes {
		if l.Seq == 0 {
			continue
		}
		for i := range 8 {
			d ^= uint64(l.Head[i]) << (8 * i)
		}
	}
	return d
}

// Marshal encodes the state for a store.
func (s State) Marshal() []byte {
	var w writer
	w.bytes(1, s.Group[:])
	w.uint(2, uint64(s.Me)+1)
	w.bytes(3, s.Incarnation[:])
	w.uint(4, s.Clock.Ms)
	w.uint(5, s.Clock.Ctr)
	w.bool(7, s.Untold)
	for _, l := range s.Lanes {
		var lw writer
		lw.uint(1, uint64(l.Author)+1)
		lw.bytes(2, l.Incarnation[:])
		lw.uint(3, l.Seq)
		lw.bytes(4, l.Head[:])
		w.bytes(6, lw.b)
	}
	return w.b
}

// unread marks an author index that a stored state did not say.
const unread = Nobody + 1

// UnmarshalState decodes what [State.Marshal] wrote. A state that does not say whose it is, or
// names an author index beyond [MaxAuthors], is none. Errors: corrupt.
func UnmarshalState(b []byte) (State, error) {
	s := State{Me: unread}
	err := fields(b, func(f field) (err error) {
		switch f.id {
		case 1:
			if len(f.data) != len(s.Group) {
				return errWire
			}
			copy(s.Group[:], f.data)
		case 2:
			if f.num == uint64(Nobody)+1 {
				s.Me = Nobody
				return nil
			}
			s.Me, err = f.author()
		case 3:
			copy(s.Incarnation[:], f.data)
		case 4:
			s.Clock.Ms = f.num
		case 5:
			s.Clock.Ctr = f.num
		case 6:
			l := Lane{Author: unread}
			if err := fields(f.data, func(f field) (err error) {
				switch f.id {
				case 1:
					l.Author, err = f.author()
				case 2:
					copy(l.Incarnation[:], f.data)
				case 3:
					l.Seq = f.num
				case 4:
					copy(l.Head[:], f.data)
				}
				return err
			}); err != nil {
				return err
			}
			if l.Author == unread {
				return errWire
			}
			s.setLane(l)
		case 7:
			s.Untold = f.num != 0
		}
		return err
	})
	if err == nil && (s.Me == unread || s.Group == (passenger.FlightID{})) {
		err = errWire
	}
	if err != nil {
		return State{}, passenger.Wrap(passenger.Corrupt, "sync.UnmarshalState", "the flight's stored state cannot be read", err)
	}
	return s, nil
}
