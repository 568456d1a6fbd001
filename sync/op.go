package sync

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"

	"github.com/cabinloop/cabinloop/passenger"
)

// Kind says what an op does. Numbers are kept for ever.
type Kind uint32

// Hash is a chain hash or a body commitment: SHA-256 cut to 16 bytes.
type Hash [16]byte

// Incarnation is minted when a replica's store is created: 8 random bytes.
type Incarnation [8]byte

// After is the incarnation that a replica goes on under when its branch was re-homed: made of
// the old one and the chain hash of the branch's first op, so that ground can bind it in the
// exchange in which it learns of the branch, and two clones never share it.
func (i Incarnation) After(first Hash) Incarnation {
	sum := sha256.Sum256(append(append([]byte("cabinloop incarnation 1\x00"), i[:]...), first[:]...))
	return Incarnation(sum[:8])
}

// Flags of an op.
const (
	// MustUnderstand: a replica that does not know the kind says so instead of passing it over.
	MustUnderstand uint64 = 1 << 0
	Urgent         uint64 = 1 << 2 // goes first on a thin link
)

// Header is the decoded head of an op. It never holds personal data.
type Header struct {
	Kind      Kind
	Stamp     Stamp // zero: the op carries no wall time
	Entity    Dot   // the entity written; zero: this op creates one
	Over      []Dot // writes this op has seen and supersedes
	Traveller passenger.TravellerNo
	Flags     uint64
	Nonce     [8]byte // of the form that wrote it; the same nonce of one tablet is the same entry
	// Marks are the first two bytes of the commitment of each op in Over, as the writer held it;
	// nil when it did not hold them all. They tell apart ops that had one dot: of a clone and its
	// original, of a restored ground and the one before.
	Marks []byte
}

func (h Header) encode() []byte {
	var w writer
	w.uint(1, uint64(h.Kind))
	w.uint(2, h.Stamp.Ms)
	w.uint(3, h.Stamp.Ctr)
	if !h.Entity.IsZero() {
		w.bytes(4, uvarints(uint64(h.Entity.Author), h.Entity.Seq))
	}
	if len(h.Over) > 0 {
		var over []uint64
		for _, d := range h.Over {
			over = append(over, uint64(d.Author), d.Seq)
		}
		w.bytes(5, uvarints(over...))
	}
	w.uint(6, uint64(h.Traveller))
	w.uint(7, h.Flags)
	if h.Nonce != [8]byte{} {
		w.bytes(8, h.Nonce[:])
	}
	w.bytes(9, h.Marks)
	return w.b
}

func decodeHeader(b []byte) (Header, error) {
	var h Header
	err := fields(b, func(f field) error {
		switch f.id {
		case 1:
			if f.num > math.MaxUint32 {
				return errWire
			}
			h.Kind = Kind(f.num)
		case 2:
			h.Stamp.Ms = f.num
		case 3:
			h.Stamp.Ctr = f.num
		case 4, 5:
			dots, err := readDots(f.data)
			if err != nil {
				return err
			}
			if f.id == 5 {
				h.Over = dots
			} else if len(dots) == 1 {
				h.Entity = dots[0]
			}
		case 6:
			if f.num > math.MaxUint32 {
				return errWire
			}
			h.Traveller = passenger.TravellerNo(f.num)
		case 7:
			h.Flags = f.num
		case 8:
			if len(f.data) == len(h.Nonce) {
				copy(h.Nonce[:], f.data)
			}
		case 9:
			h.Marks = f.data
		}
		return nil
	})
	if err == nil && h.Kind == 0 {
		err = errWire
	}
	return h, err
}

// markSize is how many bytes of a commitment tell ops of one dot apart; there are two or three.
const markSize = 2

func readDots(b []byte) ([]Dot, error) {
	vs, err := readUvarints(b)
	if err != nil || len(vs)%2 != 0 {
		return nil, errWire
	}
	var out []Dot
	for i := 0; i < len(vs); i += 2 {
		if vs[i] >= MaxAuthors || vs[i+1] == 0 {
			return nil, errWire
		}
		out = append(out, Dot{Author(vs[i]), vs[i+1]})
	}
	return out, nil
}

// Op is one stored operation. Body is nil for a stub, whose content was erased; Commit is then
// what is left of it. The slices are shared: nobody changes them.
type Op struct {
	Dot    Dot
	Header Header
	Head   []byte // raw header bytes, as written
	Body   []byte // salt and content; nil for a stub
	Commit Hash
	// Poison says why the op counts for nothing although it is kept and forwarded: "" for a
	// sound one, "malformed" (no header and body can be told apart: all of it is Head),
	// "unreadable" (the header), "too-large".
	Poison string
}

// IsStub reports whether the content was erased.
func (o Op) IsStub() bool { return o.Body == nil && o.Poison != "malformed" }

// Content returns the body behind its salt; nil for a stub.
func (o Op) Content() []byte {
	if len(o.Body) < SaltSize {
		return nil
	}
	return o.Body[SaltSize:]
}

// Stub returns the op without its content.
func (o Op) Stub() Op { o.Body = nil; return o }

// Raw returns the wire form: header length, header, then 0 and the body or 1 and the commit.
func (o Op) Raw() []byte {
	if o.Poison == "malformed" {
		return o.Head
	}
	b := binary.AppendUvarint(make([]byte, 0, len(o.Head)+len(o.Body)+20), uint64(len(o.Head)))
	b = append(b, o.Head...)
	if o.IsStub() {
		return append(append(b, 1), o.Commit[:]...)
	}
	return append(append(b, 0), o.Body...)
}

// size is the length of [Op.Raw].
func (o Op) size() int {
	if o.Poison == "malformed" {
		return len(o.Head)
	}
	n := len(binary.AppendUvarint(make([]byte, 0, binary.MaxVarintLen64), uint64(len(o.Head)))) + len(o.Head) + 1
	if o.IsStub() {
		return n + len(o.Commit)
	}
	return n + len(o.Body)
}

// ParseOp reads what [Op.Raw] wrote. What cannot be read is an op too, with [Op.Poison]: an op
// that some replica cannot read blocks no lane. The op's slices point into raw.
// Errors: too_much above [MaxRawBytes].
func ParseOp(dot Dot, raw []byte) (Op, error) {
	if len(raw) > MaxRawBytes {
		return Op{}, passenger.Errorf(passenger.TooMuch, "sync.ParseOp", "op %s has %d bytes; at most %d fit", dot, len(raw), MaxRawBytes)
	}
	o, ok := parse(raw)
	switch {
	case !ok:
		o = Op{Head: raw, Commit: commit(nil), Poison: "malformed"}
	case len(raw) > MaxOpBytes:
		o.Poison = "too-large"
	}
	o.Dot = dot
	return o, nil
}

func parse(raw []byte) (o Op, ok bool) {
	l, n := binary.Uvarint(raw)
	// A length written longer than needed would come out shorter: bytes are kept as they are.
	if n <= 0 || n > 1 && raw[n-1] == 0 || l > uint64(len(raw)-n) || uint64(len(raw)-n)-l < 1 {
		return o, false
	}
	o.Head = raw[n : n+int(l) : n+int(l)]
	form, rest := raw[n+int(l)], raw[n+int(l)+1:]
	switch {
	case form == 0 && len(rest) >= SaltSize:
		o.Body = rest
		o.Commit = commit(rest)
	case form == 1 && len(rest) == len(o.Commit):
		copy(o.Commit[:], rest)
	default:
		return o, false
	}
	var err error
	if o.Header, err = decodeHeader(o.Head); err != nil {
		o.Header, o.Poison = Header{}, "unreadable"
	}
	return o, true
}

func commit(body []byte) Hash {
	sum := sha256.Sum256(body)
	return Hash(sum[:16])
}

// chainStart returns h_0 of a lane.
func chainStart(group passenger.FlightID, a Author, inc Incarnation) Hash {
	b := binary.AppendUvarint(slices.Clone(group[:]), uint64(a))
	sum := sha256.Sum256(append(b, inc[:]...))
	return Hash(sum[:16])
}

// chainNext returns h_n from h_{n-1} and op n.
func chainNext(prev Hash, o Op) Hash {
	var room [256]byte // headers are short
	b := append(append(room[:0], prev[:]...), o.Head...)
	sum := sha256.Sum256(append(b, o.Commit[:]...))
	return Hash(sum[:16])
}

// Draft is an op to be written: everything but its dot, stamp and salt.
type Draft struct {
	Kind      Kind
	Entity    Dot
	Over      []Dot
	Traveller passenger.TravellerNo
	Flags     uint64
	Nonce     [8]byte
	Content   []byte
	Unstamped bool // carries no wall time (seen, have)
}
