package sync

import "encoding/binary"

// proofMessage is the signed form of ground's word that it holds the crew's lanes as far as both
// vectors count them: a fixed text, the group, then author, count and chain hash of each lane. Both
// sides make it from what they hold, so that the signature is all that crosses. Errors: those of the
// storage.
func (r *Replica) proofMessage(x, y Vector) ([]byte, error) {
	b := append([]byte("cabinloop proof 1\x00"), r.st.Group[:]...)
	for a := FirstTablet; a < MaxAuthors; a++ {
		n := min(x.Of(a), y.Of(a))
		if n == 0 {
			continue
		}
		l, _ := r.st.Lane(a)
		h, err := r.headAt(l, n)
		if err != nil {
			return nil, err
		}
		b = binary.AppendUvarint(b, uint64(a))
		b = binary.AppendUvarint(b, n)
		b = append(b, h[:]...)
	}
	return b, nil
}

// freeProven takes ground's proof. One that does not verify frees nothing: a lane may be another one
// there.
func (r *Replica) freeProven(asked, peer Vector, proof []byte) (freed bool, err error) {
	if len(proof) == 0 || r.verify == nil || !r.st.Vector().CoversAll(asked) {
		return false, nil
	}
	msg, err := r.proofMessage(asked, peer)
	if err != nil || !r.verify(r.st.Root.Alg, []byte(r.st.Root.Bytes), msg, proof) {
		return false, err
	}
	for _, l := range r.st.Lanes {
		if n := min(asked.Of(l.Author), peer.Of(l.Author)); l.Author >= FirstTablet && n > l.Freed {
			l.Freed, freed = n, true
			r.st.setLane(l)
		}
	}
	return freed, nil
}
