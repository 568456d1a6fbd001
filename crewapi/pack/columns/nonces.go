package columns

import "encoding/binary"

// nonces counts the nonces of a run, in the order of its ops, as numbers of 8 bytes, big-endian.
type nonces struct {
	any  bool
	last uint64
}

// farthest is how far a nonce may be from the one before it to be written as a step: a step of
// more is longer than the 4 bytes that it takes at most.
const farthest = 1 << 26

// step returns how a nonce is written: 0 as it is, else 1 and the zigzag difference to the one
// before. The first of a run is as it is, and nothing is written of that.
func (n *nonces) step(b []byte) (step uint64, written bool) {
	v := binary.BigEndian.Uint64(b)
	if d := v - n.last; n.any && d+farthest < 2*farthest {
		step = zigzag(d) + 1
	}
	written = n.any
	n.any, n.last = true, v
	return step, written
}

// at returns the nonce that is a step behind the one before; step is not 0.
func (n *nonces) at(step uint64) []byte {
	return binary.BigEndian.AppendUint64(nil, n.last+unzigzag(step-1))
}
