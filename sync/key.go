package sync

import (
	"encoding/binary"

	"github.com/cabinloop/cabinloop/passenger"
)

// Algorithm numbers a way of signing. Numbers are kept for ever; the roster names one a key.
type Algorithm uint8

// ES256 is ECDSA over P-256 with SHA-256: public key 33 bytes (compressed point), signature 64
// bytes r ‖ s. P-256 because it is what the key stores of tablets hold.
const ES256 Algorithm = 1

// PublicKey is a key that ops are proven with. The zero key proves nothing.
type PublicKey struct {
	Alg   Algorithm
	Bytes string
}

// Verify reports whether sig is the signature of public over msg. A [Replica] is given one and
// keeps none of its own, so that a simulation may use a cheap one. It must be pure.
type Verify func(alg Algorithm, public, msg, sig []byte) bool

// Claim is what an author signs: this is my lane up to Seq. One signature covers everything
// before it, so runs may be cut at any claim and carried by anyone.
type Claim struct {
	Author      Author
	Incarnation Incarnation
	Seq         uint64
	Head        Hash
}

// Message is the signed form: a fixed text, the group, then author, incarnation, sequence, head.
func (c Claim) Message(group passenger.FlightID) []byte {
	b := append([]byte("cabinloop lane 1\x00"), group[:]...)
	b = binary.AppendUvarint(b, uint64(c.Author))
	b = append(b, c.Incarnation[:]...)
	b = binary.AppendUvarint(b, c.Seq)
	return append(b, c.Head[:]...)
}

// Point is a proven place of a lane: the author's signature over its claim at Seq.
type Point struct {
	Seq uint64
	Sig []byte
}

// Receipt is ground's word that it holds a lane up to Seq although the flight is sealed. It
// frees the tablet as the seal does.
type Receipt struct {
	Author Author
	Seq    uint64
	Head   Hash
	Sig    []byte // by the root key
}

// Message is the signed form of a receipt.
func (c Receipt) Message(group passenger.FlightID) []byte {
	b := append([]byte("cabinloop receipt 1\x00"), group[:]...)
	b = binary.AppendUvarint(b, uint64(c.Author))
	b = binary.AppendUvarint(b, c.Seq)
	return append(b, c.Head[:]...)
}

// Sign puts signatures wherever ready needs this replica's own: on the lanes it has written, on
// runs cut before the end of its lane, on receipts. sign is the driver's key store; a driver
// calls Sign after every Step and before anything else. Errors: those of sign; the driver then
// drops the replica, as for any step that was not persisted.
func (r *Replica) Sign(ready *Ready, sign func(msg []byte) ([]byte, error)) error {
	for i, l := range ready.Batch.State.Lanes {
		if l.Seq == 0 || len(l.Points) > 0 || !r.signs(l) {
			continue
		}
		sig, err := sign(r.claim(l, l.Seq, l.Head).Message(r.st.Group))
		if err != nil {
			return err
		}
		l.Points = []Point{{l.Seq, sig}}
		ready.Batch.State.Lanes[i] = l
		r.st.setLane(l)
	}
	runs := []Run(nil)
	if ready.Request != nil {
		runs = ready.Request.Runs
	}
	if ready.Response != nil {
		runs = ready.Response.Runs
		for i, c := range ready.Response.Receipts {
			sig, err := sign(c.Message(r.st.Group))
			if err != nil {
				return err
			}
			ready.Response.Receipts[i].Sig = sig
		}
		if ready.proving != nil {
			sig, err := sign(ready.proving)
			if err != nil {
				return err
			}
			ready.Response.Proof = sig
		}
	}
	for i, run := range runs {
		if len(run.Sig) > 0 {
			continue
		}
		l, _ := r.st.Lane(run.Author)
		sig, err := sign(r.claim(l, run.last(), run.Head).Message(r.st.Group))
		if err != nil {
			return err
		}
		runs[i].Sig = sig
	}
	return nil
}

// signs reports whether the lane is proven with this replica's own key.
func (r *Replica) signs(l Lane) bool {
	if r.st.Me == Admin {
		return l.Class != TabletLane
	}
	return r.st.Me != Nobody && l.Author == r.st.Me
}

// claim is what proves a lane at seq. A re-homed branch is proven by what its author signed
// under the index that it left.
func (r *Replica) claim(l Lane, seq uint64, head Hash) Claim {
	for range MaxAuthors {
		if !l.Fork.Is() {
			break
		}
		seq += l.Fork.At
		l, _ = r.st.Lane(l.Fork.Of)
	}
	return Claim{l.Author, l.Incarnation, seq, head}
}

func (r *Replica) proven(l Lane, seq uint64, head Hash, sig []byte) bool {
	return r.verify != nil && l.Key.Bytes != "" && r.verify(l.Key.Alg, []byte(l.Key.Bytes), r.claim(l, seq, head).Message(r.st.Group), sig)
}

// withPoint adds a proven place. Of the places within [pointEvery] ops only the last is kept:
// relays cut runs there, and ops between are never far from one. Two stay where a run between
// the others would be longer than one may be.
func withPoint(ps []Point, p Point) []Point {
	const bucket = pointEvery
	out := make([]Point, 0, len(ps)+1)
	for _, q := range ps {
		if q.Seq < p.Seq {
			out = append(out, q)
		}
	}
	if n := len(out); n > 0 && out[n-1].Seq/bucket == p.Seq/bucket {
		before := uint64(0)
		if n > 1 {
			before = out[n-2].Seq
		}
		if p.Seq-before <= MaxRunOps {
			out = out[:n-1]
		}
	}
	return append(out, p)
}
