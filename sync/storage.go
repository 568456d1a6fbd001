package sync

import (
	"slices"

	"github.com/cabinloop/cabinloop/passenger"
)

// Fork says that a lane is a branch of another lane: its op n is what a clone or a rolled-back
// store signed as op At+n of Of. Ground re-homes such a branch under an index of its own, ops
// intact, so that neither branch is lost. The zero Fork is none.
type Fork struct {
	Of    Author
	At    uint64 // the last op that both branches have
	Start Hash   // the chain there
	First Hash   // the chain at the branch's first op: which branch it is
}

// Is reports whether the lane is a branch.
func (f Fork) Is() bool { return f.First != Hash{} }

// Lane is what a replica knows of one author: who it is, how far its chain is held, what proves it.
type Lane struct {
	Author      Author
	Class       Class
	Incarnation Incarnation // of a branch: zero
	Key         PublicKey
	Fork        Fork
	Seq         uint64  // ops held, without gaps
	Head        Hash    // h_Seq
	Points      []Point // where it is proven, ascending; nobody changes them
	Freed       uint64  // ops that ground holds for good: by the seal, or by a receipt
	Bytes       uint64  // of the ops, as they came; erasing does not count back
	Spent       uint64  // of the quota of its key, at SpentAt, milliseconds since [StampEpoch]
	SpentAt     uint64
}

// State is all a replica needs besides the ops. It is persisted with every batch.
type State struct {
	Group       passenger.FlightID
	Me          Author // Nobody until ground has bound it; Admin on ground
	Incarnation Incarnation
	Root        PublicKey // ground's, which proves its lanes
	Own         PublicKey // a tablet's: it takes no index that another key proves; zero: any
	Clock       Stamp
	Window      Window
	Untold      bool   // holds ops about notes that no have op of its own tells of yet
	Sealed      bool   // ground has sealed the flight
	Waits       bool   // an entry of a branch came before that of the lane that it left
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
	// Cuts lists lanes that end at Seq before Ops are added: what stood behind it is in another
	// lane of this batch now (see [Fork]).
	Cuts  []Dot
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
	w.uint(8, uint64(s.Root.Alg))
	w.str(9, s.Root.Bytes)
	w.uint(10, s.Window.From)
	w.uint(11, s.Window.To)
	w.bool(12, s.Sealed)
	w.uint(13, uint64(s.Own.Alg))
	w.str(14, s.Own.Bytes)
	w.bool(15, s.Waits)
	for _, l := range s.Lanes {
		w.bytes(6, l.marshal(s.Root))
	}
	return w.b
}

func (l Lane) marshal(root PublicKey) []byte {
	var w writer
	w.uint(1, uint64(l.Author)+1)
	w.bytes(2, l.Incarnation[:])
	w.uint(3, l.Seq)
	w.bytes(4, l.Head[:])
	w.uint(5, uint64(l.Class))
	if l.Key == root {
		w.bool(6, true)
	} else {
		w.uint(7, uint64(l.Key.Alg))
		w.str(8, l.Key.Bytes)
	}
	if l.Fork.Is() {
		w.bytes(9, l.Fork.marshal())
	}
	for _, p := range l.Points {
		var pw writer
		pw.uint(1, p.Seq)
		pw.bytes(2, p.Sig)
		w.bytes(10, pw.b)
	}
	w.uint(11, l.Freed)
	w.uint(12, l.Bytes)
	w.uint(13, l.Spent)
	w.uint(14, l.SpentAt)
	return w.b
}

func (f Fork) marshal() []byte {
	var w writer
	w.uint(1, uint64(f.Of)+1)
	w.uint(2, f.At)
	w.bytes(3, f.Start[:])
	w.bytes(4, f.First[:])
	return w.b
}

func readFork(b []byte) (k Fork, err error) {
	k.Of = unread
	err = fields(b, func(f field) (err error) {
		switch f.id {
		case 1:
			k.Of, err = f.author()
		case 2:
			k.At = f.num
		case 3:
			copy(k.Start[:], f.data)
		case 4:
			copy(k.First[:], f.data)
		}
		return err
	})
	if err == nil && (k.Of == unread || !k.Is()) {
		err = errWire
	}
	return k, err
}

// unread marks an author index that a stored state did not say.
const unread = Nobody + 1

// UnmarshalState decodes what [State.Marshal] wrote. A state that does not say whose it is, or
// names an author index beyond [MaxAuthors], is none. Errors: corrupt.
func UnmarshalState(b []byte) (State, error) {
	s := State{Me: unread}
	var lanes [][]byte
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
			lanes = append(lanes, f.data)
		case 7:
			s.Untold = f.num != 0
		case 8:
			s.Root.Alg = Algorithm(f.num)
		case 9:
			s.Root.Bytes = f.str()
		case 10:
			s.Window.From = f.num
		case 11:
			s.Window.To = f.num
		case 12:
			s.Sealed = f.num != 0
		case 13:
			s.Own.Alg = Algorithm(f.num)
		case 14:
			s.Own.Bytes = f.str()
		case 15:
			s.Waits = f.num != 0
		}
		return err
	})
	for _, b := range lanes {
		if err == nil {
			var l Lane
			l, err = readLane(b, s.Root)
			s.setLane(l)
		}
	}
	if err == nil && (s.Me == unread || s.Group == (passenger.FlightID{})) {
		err = errWire
	}
	if err != nil {
		return State{}, passenger.Wrap(passenger.Corrupt, "sync.UnmarshalState", "the flight's stored state cannot be read", err)
	}
	return s, nil
}

func readLane(b []byte, root PublicKey) (Lane, error) {
	l := Lane{Author: unread}
	err := fields(b, func(f field) (err error) {
		switch f.id {
		case 1:
			l.Author, err = f.author()
		case 2:
			copy(l.Incarnation[:], f.data)
		case 3:
			l.Seq = f.num
		case 4:
			copy(l.Head[:], f.data)
		case 5:
			l.Class = Class(f.num)
		case 6:
			l.Key = root
		case 7:
			l.Key.Alg = Algorithm(f.num)
		case 8:
			l.Key.Bytes = f.str()
		case 9:
			l.Fork, err = readFork(f.data)
		case 10:
			var p Point
			err = fields(f.data, func(f field) error {
				switch f.id {
				case 1:
					p.Seq = f.num
				case 2:
					p.Sig = slices.Clone(f.data)
				}
				return nil
			})
			l.Points = append(l.Points, p)
		case 11:
			l.Freed = f.num
		case 12:
			l.Bytes = f.num
		case 13:
			l.Spent = f.num
		case 14:
			l.SpentAt = f.num
		}
		return err
	})
	if err == nil && l.Author == unread {
		err = errWire
	}
	return l, err
}
