package crewapi

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"

	"github.com/cabinloop/cabinloop/passenger"
	crewv1 "github.com/cabinloop/cabinloop/proto/gen/crew/v1"
)

// A proxy may give the answer of one question to another, or an old one from its store. An answer
// says which question it answers, and no other is believed.

// bindingVersion is the wire version from which on answers say it.
const bindingVersion = 3

// nonces draw what tells one question from all others. It is no secret.
type nonces func() uint32

func (n nonces) next() uint32 {
	if n == nil {
		return rand.Uint32()
	}
	return n()
}

// Option changes how a client asks.
type Option func(*nonces)

// WithNonces takes the nonces of questions from next instead of drawing them: for vectors that are
// the same each time.
func WithNonces(next func() uint32) Option { return func(n *nonces) { *n = next } }

func noncesOf(opts []Option) (n nonces) {
	for _, o := range opts {
		o(&n)
	}
	return n
}

// answerTo is what the answer to a question says.
func answerTo(nonce uint32, group []byte, me uint32, mine uint64) uint64 {
	b := binary.LittleEndian.AppendUint32([]byte("cabinloop answer 1\x00"), nonce)
	b = append(b, make([]byte, len(passenger.FlightID{}))...)
	copy(b[len(b)-len(passenger.FlightID{}):], group)
	b = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(b, me), mine)
	h := sha256.Sum256(b)
	return binary.LittleEndian.Uint64(h[:])
}

func answerToExchange(m *crewv1.ExchangeRequest) uint64 {
	return answerTo(m.GetNonce(), m.GetGroup(), m.GetMe(), m.GetMine())
}

func answerToFrame(nonce uint32, group []byte) uint64 { return answerTo(nonce, group, 0, 0) }

// bound is what an answer says of itself.
type bound interface {
	GetVersion() uint32
	GetAnswerTo() uint64
}

// answers reports whether an answer is that of the question; one of an older program says nothing but,
// in an exchange, its version.
func answers(m bound, want uint64) bool {
	_, exchange := m.(*crewv1.ExchangeResponse)
	old := m.GetAnswerTo() == 0 && m.GetVersion() < bindingVersion && (!exchange || m.GetVersion() >= OldestVersion)
	return m.GetAnswerTo() == want || old
}

// errCrossed is what an answer is taken for that belongs to another question.
var errCrossed = passenger.Errorf(passenger.Unavailable, "crewapi.answers",
	"something between this tablet and ground mixed up its answers; this one was not believed, and everything is kept here").Keyed("wire.crossed")
