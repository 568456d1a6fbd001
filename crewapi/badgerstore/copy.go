package badgerstore

import (
	"bytes"
	"slices"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Carry says what becomes of a value of the agent in a copy, and whether it comes along; nil carries
// all as they are.
type Carry func(Meta) (Meta, bool)

// Copy writes everything src holds into the empty store dst, in slices: dst is whole only when
// Copy returned nil, and [Same] says so when it was opened anew. Nothing that src once held and has
// since replaced comes along. Errors: those of reading src, where one value that cannot be read is
// corrupt, and of writing dst.
func Copy(dst, src *DB, carry Carry) error {
	st, err := src.State()
	if err != nil {
		return err
	}
	part := st
	part.Lanes = slices.Clone(st.Lanes)
	for i := range part.Lanes {
		part.Lanes[i].Seq = 0
	}
	var ops []flightsync.Op
	size := 0
	for i, l := range st.Lanes {
		var failed error
		if err := src.Ops(l.Author, 1, func(o flightsync.Op) bool {
			ops = append(ops, o)
			part.Lanes[i].Seq = o.Dot.Seq
			if size += len(o.Head) + len(o.Body); size > flightsync.DefaultBudget || len(ops) == flightsync.MaxRunOps {
				failed = dst.Apply(flightsync.Batch{State: part, Ops: ops})
				ops, size = nil, 0
			}
			return failed == nil
		}); err != nil {
			return err
		}
		if failed != nil {
			return failed
		}
	}
	metas, err := carried(src, carry)
	if err != nil {
		return err
	}
	last := flightsync.Batch{State: st, Ops: ops}
	for len(metas) > 0 {
		n, size := 0, 0
		for n < len(metas) && (n == 0 || size+len(metas[n].Value) < flightsync.DefaultBudget) && n < flightsync.MaxRunOps {
			size += len(metas[n].Value)
			n++
		}
		if err := dst.Commit(flightsync.Batch{}, metas[:n]...); err != nil {
			return err
		}
		metas = metas[n:]
	}
	return dst.Apply(last)
}

// carried lists the values of the agent that come along, by name.
func carried(src *DB, carry Carry) (out []Meta, err error) {
	err = src.metas("", true, func(name string, value []byte) bool {
		m, ok := Meta{Name: name, Value: slices.Clone(value)}, true
		if carry != nil {
			m, ok = carry(m)
		}
		if ok {
			out = append(out, m)
		}
		return true
	})
	return out, err
}

// Same reads every op and value of a copy and of its source. Errors: corrupt when they are not the
// same, or cannot be read.
func Same(dst, src *DB, carry Carry) error {
	const op = "badgerstore.Same"
	st, err := src.State()
	if err != nil {
		return err
	}
	got, err := dst.State()
	if err != nil {
		return err
	}
	other := passenger.Errorf(passenger.Corrupt, op, "the copy of the flight's store is not the same")
	if !bytes.Equal(got.Marshal(), st.Marshal()) {
		return other
	}
	for _, l := range st.Lanes {
		var want [][]byte
		if err := src.Ops(l.Author, 1, func(o flightsync.Op) bool { want = append(want, o.Raw()); return true }); err != nil {
			return err
		}
		n, same := 0, true
		if err := dst.Ops(l.Author, 1, func(o flightsync.Op) bool {
			same = n < len(want) && bytes.Equal(o.Raw(), want[n])
			n++
			return same
		}); err != nil {
			return err
		}
		if !same || n != len(want) || uint64(n) != l.Seq {
			return other
		}
	}
	want, err := carried(src, carry)
	if err != nil {
		return err
	}
	have, err := carried(dst, nil)
	if err != nil {
		return err
	}
	if !slices.EqualFunc(have, want, func(x, y Meta) bool { return x.Name == y.Name && bytes.Equal(x.Value, y.Value) }) {
		return other
	}
	return nil
}
