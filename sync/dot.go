package sync

import (
	"encoding/binary"
	"fmt"
)

// Author is an index that the roster binds to a lane class, a tablet and an incarnation.
type Author uint32

// The author indexes of ground's lanes, bound by genesis; tablets come from FirstTablet on.
const (
	Admin       Author = 0
	Safety      Author = 1
	Manifest    Author = 2
	Notes       Author = 3
	FirstTablet Author = 4
)

// Nobody is the author index of a replica that ground has not bound yet.
const Nobody Author = 1 << 30

// Class is what a lane is for; state folds by class over its author indexes.
type Class uint8

// The lane classes; 0 is an author index that nobody has bound.
const (
	AdminLane Class = iota + 1
	SafetyLane
	ManifestLane
	NotesLane
	TabletLane
)

// Dot names one op: the n-th of its author, from 1, without gaps. It also names the entity
// that the op creates.
type Dot struct {
	Author Author
	Seq    uint64
}

// IsZero reports whether the dot names nothing.
func (d Dot) IsZero() bool { return d.Seq == 0 }

// String returns "author.seq".
func (d Dot) String() string { return fmt.Sprintf("%d.%d", d.Author, d.Seq) }

// ParseDot reads what [Dot.String] wrote.
func ParseDot(s string) (Dot, bool) {
	var d Dot
	if n, err := fmt.Sscanf(s, "%d.%d", &d.Author, &d.Seq); n != 2 || err != nil || d.String() != s || d.Seq == 0 {
		return Dot{}, false
	}
	return d, true
}

// Less orders dots by author, then sequence.
func (d Dot) Less(e Dot) bool {
	if d.Author != e.Author {
		return d.Author < e.Author
	}
	return d.Seq < e.Seq
}

// newest cuts what an op supersedes to the last [MaxOver]: a tablet that floods a note must not make
// everybody else's next word on it too large to be written.
func newest(over []Dot) []Dot { return over[max(len(over)-MaxOver, 0):] }

// Vector says how many ops of each author are held, by author index, without gaps.
type Vector []uint64

// Of returns the entry of a; 0 beyond the end.
func (v Vector) Of(a Author) uint64 {
	if int(a) >= len(v) {
		return 0
	}
	return v[a]
}

// Covers reports whether the op named by d is held.
func (v Vector) Covers(d Dot) bool { return !d.IsZero() && v.Of(d.Author) >= d.Seq }

// CoversAll reports whether v holds everything w holds.
func (v Vector) CoversAll(w Vector) bool {
	for a, n := range w {
		if v.Of(Author(a)) < n {
			return false
		}
	}
	return true
}

// Set returns v with the entry of a set to n, grown as needed. v may be overwritten.
func (v Vector) Set(a Author, n uint64) Vector {
	for int(a) >= len(v) {
		v = append(v, 0)
	}
	v[a] = n
	return v
}

// Pack encodes the vector as varints by author index.
func (v Vector) Pack() []byte { return uvarints(v...) }

// UnpackVector decodes what [Vector.Pack] wrote. Errors: invalid.
func UnpackVector(b []byte) (Vector, error) {
	if len(b) > MaxAuthors*binary.MaxVarintLen64 {
		return nil, errWire
	}
	v, err := readUvarints(b)
	if err != nil || len(v) > MaxAuthors {
		return nil, errWire
	}
	return v, nil
}
