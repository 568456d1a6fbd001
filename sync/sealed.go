package sync

import (
	"encoding/binary"

	"github.com/cabinloop/cabinloop/passenger"
)

// SealedRun is a [Run] whose ops are sealed to ground each: what a tablet kept past the end of
// the lease, when it can no longer read them itself.
type SealedRun struct {
	Author      Author
	Incarnation Incarnation // of the lane
	First       uint64
	Ops         [][]byte // each sealed with [SealedInfo] and [SealedAAD]
	Head        Hash     // the chain hash at the last op
	Sig         []byte   // the author's, over its claim there
}

// Last returns the sequence number of the last op.
func (r SealedRun) Last() uint64 { return r.First + uint64(len(r.Ops)) - 1 }

// SealedInfo says what a sealed op is.
const SealedInfo = "cabinloop op for ground 1"

// SealedAAD binds a sealed op to its place: flight ‖ author ‖ incarnation ‖ sequence number.
func SealedAAD(group passenger.FlightID, d Dot, inc Incarnation) []byte {
	b := binary.BigEndian.AppendUint32(append([]byte(nil), group[:]...), uint32(d.Author))
	return binary.BigEndian.AppendUint64(append(b, inc[:]...), d.Seq)
}

// Open undoes the sealing with ground's key; open opens what was sealed to it. Errors: those of open.
func (r SealedRun) Open(group passenger.FlightID, open func(info, aad, sealed []byte) ([]byte, error)) (Run, error) {
	run := Run{Author: r.Author, First: r.First, Head: r.Head, Sig: r.Sig}
	for i, sealed := range r.Ops {
		raw, err := open([]byte(SealedInfo), SealedAAD(group, Dot{r.Author, r.First + uint64(i)}, r.Incarnation), sealed)
		if err != nil {
			return Run{}, err
		}
		run.Ops = append(run.Ops, raw)
	}
	return run, nil
}

// HoldsAll reports whether a store holds every op of a run, in whatever lane: ground gives a
// branch a lane of its own. Errors: those of the storage.
func HoldsAll(s Storage, run Run) (bool, error) {
	missing := map[Hash]bool{}
	for i, raw := range run.Ops {
		o, err := ParseOp(Dot{run.Author, run.First + uint64(i)}, raw)
		if err != nil {
			return false, nil // such an op was not taken
		}
		missing[o.Commit] = true
	}
	st, err := s.State()
	if err != nil {
		return false, err
	}
	scan := func(a Author, first uint64) error {
		return s.Ops(a, first, func(o Op) bool { delete(missing, o.Commit); return len(missing) > 0 })
	}
	if err := scan(run.Author, run.First); err != nil {
		return false, err
	}
	for _, l := range st.Lanes {
		if len(missing) > 0 {
			if err := scan(l.Author, 1); err != nil {
				return false, err
			}
		}
	}
	return len(missing) == 0, nil
}
