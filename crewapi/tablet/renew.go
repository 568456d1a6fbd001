package tablet

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"

	"github.com/cabinloop/cabinloop/crewapi/badgerstore"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// renew replaces a damaged or forked store by a new one that holds what is left of it: the lanes up to
// what is lost, and beside them what stands behind (kept.go). What ground or another tablet holds of the
// rest comes back with the next exchange. Where this tablet's own lane is whole it goes on in it; else
// it takes a new incarnation. That the new store opens shows that it is not disk or memory that the old
// one lacked. The caller holds f.mu.
func (f *flight) renew() error {
	rec := f.record()
	f.shut()
	left, err := f.salvage(rec)
	if err != nil {
		// Whatever was only here is lost; say so, and go on from ground.
		f.agent.Log.Error("store cannot be read; entries that were only here are lost", "flight", f.id.String(), "err", err)
		left.Damaged = []flightsync.Dot{blank}
	} else if len(left.Damaged) > 0 {
		f.agent.Log.Error("entries are damaged", "flight", f.id.String(), "n", len(left.Damaged))
	}
	return f.renewFrom(rec, left)
}

func (f *flight) renewFrom(rec record, left badgerstore.Salvaged) error {
	inc, err := f.incarnation()
	if err != nil {
		return err
	}
	from := left.State
	if from.Group != f.id {
		from = f.empty(rec.Incarnation).State
	}
	m := flightsync.Mend(from, left.Ops, left.High, inc, verify)
	generation := f.newest() + 1
	db, salt, err := f.fresh(generation)
	if err != nil {
		return err
	}
	for _, b := range m.Batches {
		if err == nil {
			err = db.Apply(b)
		}
	}
	if err == nil {
		err = writeMetas(db, beside(left, m.Rest))
	}
	if err == nil {
		if st := m.Batches[len(m.Batches)-1].State; st.Incarnation != (flightsync.Incarnation{}) {
			inc = st.Incarnation
		}
		err = f.setRecord(func(r *record) { r.Generation, r.Salt, r.Incarnation = generation, salt, inc })
	}
	if err != nil {
		db.Close()
		return err
	}
	f.agent.Log.Warn("store replaced", "flight", f.id.String(), "n", len(left.Ops))
	f.db, f.talk, f.folded, f.row, f.ops, f.sealed, f.others = db, flightsync.Talk{}, nil, nil, nil, nil, nil
	f.setAside(rec)
	if err := f.readMeta(); err != nil {
		return err
	}
	return f.replica()
}

// beside lists the values of a damaged store that come along, and what stands in no lane.
func beside(left badgerstore.Salvaged, rest []flightsync.Op) (out []badgerstore.Meta) {
	for _, name := range []string{metaPeer, metaSynced, metaOthers, metaRescue, metaErasing} {
		if v := left.Meta(name); len(v) > 0 {
			out = append(out, badgerstore.Meta{Name: name, Value: v})
		}
	}
	for _, prefix := range []string{metaSealed, metaProof, metaKept, metaMoved} {
		// Never an error: it is in memory.
		_ = left.Metas(prefix, func(name string, value []byte) bool {
			out = append(out, badgerstore.Meta{Name: name, Value: value})
			return true
		})
	}
	for _, o := range rest {
		out = append(out, keptMeta(o))
	}
	missing := slices.Concat(unpackMissing(left.Meta(metaMissing)), left.Damaged)
	return append(out, badgerstore.Meta{Name: metaMissing, Value: packMissing(missing)})
}

func packMissing(dots []flightsync.Dot) (b []byte) {
	for _, d := range dots {
		b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(d.Author)), d.Seq)
	}
	return b
}

// unpackMissing reads what packMissing wrote, as far as it can be read.
func unpackMissing(b []byte) (out []flightsync.Dot) {
	for len(b) > 0 {
		a, n := binary.Uvarint(b)
		seq, k := binary.Uvarint(b[max(n, 0):])
		if n <= 0 || k <= 0 || a >= flightsync.MaxAuthors {
			return out
		}
		out, b = append(out, flightsync.Dot{Author: flightsync.Author(a), Seq: seq}), b[n+k:]
	}
	return out
}

// setAside keeps a replaced store, with its salt, until the flight leaves the tablet or
// ground orders an erasure: somebody may still want to read it.
func (f *flight) setAside(rec record) {
	from := f.dir(rec.Generation)
	err := os.WriteFile(filepath.Join(from, "SALT"), rec.Salt, 0o600)
	if err == nil {
		err = os.Rename(from, from+".damaged")
	}
	if err != nil {
		f.agent.Log.Warn("a replaced store could not be set aside", "flight", f.id.String(), "err", err)
	}
}

func (f *flight) salvage(rec record) (badgerstore.Salvaged, error) {
	secret := f.key32()
	if secret == nil {
		return badgerstore.Salvaged{}, passenger.Errorf(passenger.Phase, "tablet.salvage", "the key of this flight is not on the tablet")
	}
	key, err := storeKey(*secret, rec.Salt)
	if err != nil {
		return badgerstore.Salvaged{}, err
	}
	return badgerstore.Salvage(f.dir(rec.Generation), key, f.id)
}

// packOps writes ops as author, sequence, length and raw bytes each.
func packOps(ops []flightsync.Op) []byte {
	var b []byte
	for _, o := range ops {
		raw := o.Raw()
		b = binary.AppendUvarint(b, uint64(o.Dot.Author))
		b = binary.AppendUvarint(b, o.Dot.Seq)
		b = append(binary.AppendUvarint(b, uint64(len(raw))), raw...)
	}
	return b
}

func unpackOps(b []byte) ([]flightsync.Op, error) {
	bad := passenger.Errorf(passenger.Corrupt, "tablet.unpackOps", "rescued entries cannot be read")
	var out []flightsync.Op
	for len(b) > 0 {
		var n [3]uint64
		for i := range n {
			v, size := binary.Uvarint(b)
			if size <= 0 {
				return nil, bad
			}
			n[i], b = v, b[size:]
		}
		if n[2] > uint64(len(b)) {
			return nil, bad
		}
		o, err := flightsync.ParseOp(flightsync.Dot{Author: flightsync.Author(n[0]), Seq: n[1]}, b[:n[2]:n[2]])
		if err != nil {
			return nil, bad
		}
		out, b = append(out, o), b[n[2]:]
	}
	return out, nil
}
