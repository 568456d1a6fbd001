package sync

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/cabinloop/cabinloop/passenger"
)

// HandOver is what a device whose access ended still has for ground of a flight: sealed runs, taken
// up and nothing given back. A key that ground knows signs [HandOver.Message].
type HandOver struct {
	Group passenger.FlightID
	Runs  []SealedRun
	Left  uint64 // ops of the flight that stay on the device after this
	Key   []byte // the device's sign key, 33 bytes
	Proof []byte
}

// Message is what the device signs: flight, what is left, and the runs as they are sealed.
func (h HandOver) Message() []byte {
	sum := sha256.New()
	for _, r := range h.Runs {
		b := append(binary.AppendUvarint(nil, uint64(r.Author)), r.Incarnation[:]...)
		b = binary.AppendUvarint(binary.AppendUvarint(b, r.First), uint64(len(r.Ops)))
		for _, op := range r.Ops {
			b = append(binary.AppendUvarint(b, uint64(len(op))), op...)
		}
		b = append(b, r.Head[:]...)
		sum.Write(append(binary.AppendUvarint(b, uint64(len(r.Sig))), r.Sig...))
	}
	b := append([]byte("cabinloop hand-over 1\x00"), h.Group[:]...)
	return sum.Sum(binary.AppendUvarint(b, h.Left))
}
