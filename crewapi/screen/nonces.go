package screen

import (
	"encoding/binary"
	"encoding/hex"
	"io"
	"sync"

	"github.com/cabinloop/cabinloop/passenger"
)

// nonces mints what makes one form one entry: it counts forms, from a random number of 8 bytes at
// each start of the program. Two starts that meet are as unlikely as two random numbers that do,
// and what is counted takes a byte on the wire. It is safe for concurrent use.
type nonces struct {
	mu   sync.Mutex
	last uint64 // 0 before the first one
}

// next returns a nonce in hexadecimal, never that of no form. Errors: [passenger.Internal].
func (n *nonces) next(rand io.Reader) (string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var b [8]byte
	if n.last == 0 {
		if _, err := io.ReadFull(rand, b[:]); err != nil {
			return "", passenger.Wrap(passenger.Internal, "screen.Nonce", "no randomness on this tablet", err)
		}
		n.last = binary.BigEndian.Uint64(b[:])
	}
	if n.last++; n.last == 0 {
		n.last = 1
	}
	binary.BigEndian.PutUint64(b[:], n.last)
	return hex.EncodeToString(b[:]), nil
}
