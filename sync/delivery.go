package sync

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/cabinloop/cabinloop/passenger"
)

// ReceiptMessage is the signed form of ground's word to a tablet that it holds every op of this
// run, durably, in whatever lane: a fixed text, the group, the tablet that brought the run, then
// author, incarnation, first and last sequence number, and the hash of the sealed ops as they came,
// each behind its length. The root key signs it. It names a tablet and its very bytes, so that
// nobody is freed by what another was told.
func (r SealedRun) ReceiptMessage(group passenger.FlightID, tablet passenger.TabletID) []byte {
	h := sha256.New()
	for _, op := range r.Ops {
		h.Write(binary.AppendUvarint(nil, uint64(len(op))))
		h.Write(op)
	}
	b := append([]byte("cabinloop delivery 1\x00"), group[:]...)
	b = append(b, tablet[:]...)
	b = binary.AppendUvarint(b, uint64(r.Author))
	b = append(b, r.Incarnation[:]...)
	b = binary.AppendUvarint(b, r.First)
	b = binary.AppendUvarint(b, r.Last())
	return h.Sum(b)
}
