package sync

import (
	"math"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// Genesis begins a flight: its key and schedule.
type Genesis struct {
	Key     passenger.FlightKey
	Arrival string // IATA airport
	STD     time.Time
	STA     time.Time
}

// Draft makes the op.
func (g Genesis) Draft() Draft {
	var w writer
	w.str(1, g.Key.String())
	w.str(2, g.Arrival)
	w.uint(3, unix(g.STD))
	w.uint(4, unix(g.STA))
	return Draft{Kind: KindGenesis, Content: w.b}
}

// Amend re-times or diverts the flight. The key stays.
type Amend struct {
	Arrival string
	STD     time.Time // zero: unchanged
	STA     time.Time // zero: unchanged
}

// Draft makes the op.
func (g Amend) Draft() Draft {
	var w writer
	w.str(2, g.Arrival)
	w.uint(3, unix(g.STD))
	w.uint(4, unix(g.STA))
	return Draft{Kind: KindAmend, Content: w.b}
}

func decodeSchedule(b []byte) (g Genesis, err error) {
	err = fields(b, func(f field) (err error) {
		switch f.id {
		case 1:
			g.Key, err = passenger.ParseFlightKey(f.str())
		case 2:
			g.Arrival = f.str()
		case 3:
			g.STD = fromUnix(f.num)
		case 4:
			g.STA = fromUnix(f.num)
		}
		return err
	})
	return g, err
}

// RosterEntry binds an author index to a lane class and, for tablets, to a device with a role.
// No crew member's name or staff number is in it.
type RosterEntry struct {
	Author      Author
	Class       Class
	Tablet      passenger.TabletID
	Incarnation Incarnation // zero until the tablet has exchanged once
	Key         PublicKey   // the tablet's; ground's own lanes are proven by the root key
	Role        passenger.Role
	Zone        string
	Removed     bool
	Fork        Fork // for a re-homed branch: which one
}

// Draft makes the op. A later op for the same author index replaces role, zone and removal;
// whose the index is stays what the first op with an incarnation said.
func (e RosterEntry) Draft() Draft {
	var w writer
	w.uint(1, uint64(e.Author)+1)
	w.uint(2, uint64(e.Class))
	w.bytes(3, e.Tablet[:])
	if e.Incarnation != (Incarnation{}) {
		w.bytes(4, e.Incarnation[:])
	}
	w.str(5, string(e.Role))
	w.str(6, e.Zone)
	w.bool(7, e.Removed)
	w.uint(8, uint64(e.Key.Alg))
	w.str(9, e.Key.Bytes)
	if e.Fork.Is() {
		w.bytes(10, e.Fork.marshal())
	}
	return Draft{Kind: KindRoster, Content: w.b}
}

func decodeRoster(b []byte) (e RosterEntry, err error) {
	e.Author = Nobody
	err = fields(b, func(f field) (err error) {
		switch f.id {
		case 1:
			e.Author, err = f.author()
		case 2:
			if f.num > math.MaxUint8 {
				return errWire
			}
			e.Class = Class(f.num)
		case 3:
			copy(e.Tablet[:], f.data)
		case 4:
			copy(e.Incarnation[:], f.data)
		case 5:
			e.Role = passenger.Role(f.str())
		case 6:
			e.Zone = f.str()
		case 7:
			e.Removed = f.num != 0
		case 8:
			if f.num > math.MaxUint8 {
				return errWire
			}
			e.Key.Alg = Algorithm(f.num)
		case 9:
			e.Key.Bytes = f.str()
		case 10:
			e.Fork, err = readFork(f.data)
		}
		return err
	})
	if err == nil && e.Author == Nobody {
		err = errWire
	}
	return e, err
}

// MovementFact is one movement of the aircraft.
type MovementFact struct {
	Word    passenger.Movement
	At      time.Time
	Station string // where, IATA; "" when not said
}

// Draft makes the op.
func (m MovementFact) Draft() Draft {
	var w writer
	w.str(1, string(m.Word))
	w.uint(2, unix(m.At))
	w.str(3, m.Station)
	return Draft{Kind: KindMovement, Content: w.b}
}

func decodeMovement(b []byte) (m MovementFact, err error) {
	err = fields(b, func(f field) (err error) {
		switch f.id {
		case 1:
			m.Word, err = passenger.ParseMovement(f.str())
		case 2:
			m.At = fromUnix(f.num)
		case 3:
			m.Station = f.str()
		}
		return err
	})
	if err == nil && m.Word == "" {
		err = errWire
	}
	return m, err
}

// Cut ends an author index at a sequence number: later ops are quarantined on every replica.
type Cut struct {
	Author Author
	Seq    uint64
}

// Draft makes the op.
func (c Cut) Draft() Draft {
	var w writer
	w.uint(1, uint64(c.Author)+1)
	w.uint(2, c.Seq)
	return Draft{Kind: KindCut, Content: w.b}
}

func decodeCut(b []byte) (c Cut, err error) {
	c.Author = Nobody
	err = fields(b, func(f field) (err error) {
		switch f.id {
		case 1:
			c.Author, err = f.author()
		case 2:
			c.Seq = f.num
		}
		return err
	})
	if err == nil && c.Author == Nobody {
		err = errWire
	}
	return c, err
}

// EraseDraft orders that the bodies of the ops in dots go, on every replica.
func EraseDraft(dots []Dot) Draft { return Draft{Kind: KindErase, Over: dots} }

// VerdictCode is ground's answer about the record, never about the crew.
type VerdictCode string

// The verdicts.
const (
	VerdictReceived VerdictCode = "received"
	VerdictQuestion VerdictCode = "question"
	VerdictLate     VerdictCode = "late"
	VerdictErased   VerdictCode = "erased"
)

// Verdict answers ops From to To of one author.
type Verdict struct {
	Author   Author
	From, To uint64
	Code     VerdictCode
}

// Draft makes the op.
func (v Verdict) Draft() Draft {
	var w writer
	w.uint(1, uint64(v.Author)+1)
	w.uint(2, v.From)
	w.uint(3, v.To)
	w.str(4, string(v.Code))
	return Draft{Kind: KindVerdict, Content: w.b}
}

func decodeVerdict(b []byte) (v Verdict, err error) {
	v.Author = Nobody
	err = fields(b, func(f field) (err error) {
		switch f.id {
		case 1:
			v.Author, err = f.author()
		case 2:
			v.From = f.num
		case 3:
			v.To = f.num
		case 4:
			v.Code = VerdictCode(f.str())
		}
		return err
	})
	if err == nil && v.Author == Nobody {
		err = errWire
	}
	return v, err
}

// CloseDraft closes the flight for a reason ("in", "cancelled", "person", "no-movement").
func CloseDraft(reason string) Draft {
	var w writer
	w.str(1, reason)
	return Draft{Kind: KindClose, Content: w.b}
}

// NoMovement is the reason of a close by time alone: nobody told of any movement.
const NoMovement = "no-movement"

// ReopenDraft takes closes back. A sealed flight stays closed.
func ReopenDraft(closes []Dot) Draft { return Draft{Kind: KindReopen, Over: closes} }

// SealDraft seals the flight: final says what ground held of each author.
func SealDraft(final Vector) Draft {
	var w writer
	w.bytes(1, final.Pack())
	return Draft{Kind: KindSeal, Content: w.b}
}

func unix(t time.Time) uint64 {
	if t.IsZero() || t.Unix() < 0 {
		return 0
	}
	return uint64(t.Unix())
}

func fromUnix(s uint64) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(int64(s), 0).UTC()
}
