package tablet

import (
	"slices"

	"github.com/cabinloop/cabinloop/internal/keys"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// cutBytes bounds the bytes of the sealed ops of one run that can be cut: it must get through the
// narrowest way, and later nobody here can cut it. Arbitrary; a cut costs some 100 bytes.
const cutBytes = 8 << 10

// fits reports whether a run gets to ground in one delivery wherever anything does.
func (u unsentRun) fits() bool {
	return len(u.Ops) == 1 || u.size() <= cutBytes
}

// head is how many raw bytes the first ops have that fit into a cut run.
func (u unsentRun) head() (raw int) {
	left := cutBytes
	for _, op := range u.Ops {
		if left -= len(op); left < 0 {
			break
		}
		raw += len(op) - keys.Overhead
	}
	return max(raw, 1)
}

// size is the bytes of its sealed ops.
func (u unsentRun) size() (n int) {
	for _, op := range u.Ops {
		n += len(op)
	}
	return n
}

// cut divides a run that is too long for one delivery where an exchange would: at places that its
// author proved, or that this tablet proves now for its own lane. What no longer stands in the store
// stays with the run's own end. The caller holds f.mu. Errors: those of the store and the key.
func (f *flight) cut(r unsentRun) (out []unsentRun, err error) {
	st := f.rep.State()
	l, ok := st.Lane(r.Author)
	for ok && l.Incarnation == r.Incarnation && !r.fits() {
		have := st.Vector().Set(r.Author, r.First-1)
		ready, err := f.rep.Step(flightsync.Ask{Peer: have, Send: r.head()})
		if err == nil {
			err = f.rep.Sign(&ready, f.agent.sign)
		}
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(ready.Request.Runs, func(x flightsync.Run) bool { return x.Author == r.Author })
		if i < 0 {
			break
		}
		run := ready.Request.Runs[i]
		n := len(run.Ops)
		if run.First != r.First || n >= len(r.Ops) {
			break
		}
		part := r
		part.Ops, part.Head, part.Sig, part.Acked = r.Ops[:n], run.Head, run.Sig, min(r.Acked, n)
		r.Acked -= part.Acked
		out = append(out, part)
		r.Ops, r.First = r.Ops[n:], r.First+uint64(n)
	}
	return append(out, r), nil
}
