package badgerstore

import (
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Copy writes everything src holds into the empty store dst, in slices: dst is whole only when
// Copy returned nil. Nothing that src once held and has since replaced comes along. Errors:
// those of reading src and of writing dst.
func Copy(dst, src *DB, metas ...string) error {
	st, err := src.State()
	if err != nil {
		return err
	}
	part := st
	part.Lanes = append([]flightsync.Lane(nil), st.Lanes...)
	for i := range part.Lanes {
		part.Lanes[i].Seq = 0
	}
	var ops []flightsync.Op
	size := 0
	flush := func() error {
		err := dst.Apply(flightsync.Batch{State: part, Ops: ops})
		ops, size = nil, 0
		return err
	}
	for i, l := range st.Lanes {
		var failed error
		if err := src.Ops(l.Author, 1, func(o flightsync.Op) bool {
			ops = append(ops, o)
			part.Lanes[i].Seq = o.Dot.Seq
			size += len(o.Head) + len(o.Body)
			if size > flightsync.DefaultBudget || len(ops) == flightsync.MaxRunOps {
				failed = flush()
			}
			return failed == nil
		}); err != nil {
			return err
		}
		if failed != nil {
			return failed
		}
	}
	var kept []Meta
	for _, name := range metas {
		v, err := src.Meta(name)
		if err != nil {
			return err
		}
		if v != nil {
			kept = append(kept, Meta{Name: name, Value: v})
		}
	}
	return dst.Commit(flightsync.Batch{State: st, Ops: ops}, kept...)
}
