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

// renew replaces a damaged or forked store by an empty one under a new incarnation. What ground
// holds comes back with the next exchange. Own entries that can still be read go along in the
// new store, apart from the lanes, until [flight.recordAgain] knows which of them ground lacks.
// That the new store opens shows that it is not disk or memory that the old one lacked. The
// caller holds f.mu.
func (f *flight) renew() error {
	rec := f.record()
	kept, sealed, err := f.rescue(rec)
	if err != nil {
		return err
	}
	f.shut()
	generation := rec.Generation + 1
	db, salt, err := f.fresh(generation)
	if err != nil {
		return err
	}
	inc, err := f.incarnation()
	if err == nil {
		err = db.Commit(f.empty(inc), badgerstore.Meta{Name: metaRescue, Value: packOps(kept)})
	}
	for part := range slices.Chunk(sealed, resealAtOnce) {
		if err == nil {
			err = db.Commit(flightsync.Batch{}, part...)
		}
	}
	if err == nil {
		err = f.setRecord(func(r *record) { r.Generation, r.Salt, r.Incarnation = generation, salt, inc })
	}
	if err != nil {
		db.Close()
		return err
	}
	f.agent.Log.Warn("store replaced", "flight", f.id.String(), "n", len(kept))
	f.db, f.talk, f.folded, f.row, f.ops, f.sealed = db, flightsync.Talk{}, nil, nil, nil, nil
	f.setAside(rec)
	f.rep, err = flightsync.Load(db, verify)
	return err
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

// rescue reads what is left of this tablet's own entries: through the open store, or past Badger
// from the files of one that does not open.
func (f *flight) rescue(rec record) (kept []flightsync.Op, sealed []badgerstore.Meta, err error) {
	if f.db != nil {
		sealed = carried(f.db)
		st, err := f.db.State()
		if err != nil {
			return nil, sealed, nil
		}
		ops, bad, err := readable(f.db, st.Vector())
		if err != nil {
			return nil, sealed, nil
		}
		old, err := f.db.Meta(metaRescue)
		if err != nil {
			old = nil
		}
		return f.worthKeeping(st, ops, len(bad), old), sealed, nil
	}
	s, err := f.salvage(rec)
	if err != nil {
		// Whatever was only here is lost; say so, and go on from ground.
		f.agent.Log.Error("store cannot be read; entries that were only here are lost", "flight", f.id.String(), "err", err)
		return nil, nil, nil
	}
	if s.State.Group == (passenger.FlightID{}) {
		s.State.Me = flightsync.Nobody // then the roster alone says which lanes are this tablet's
	}
	return f.worthKeeping(s.State, s.Ops, len(s.Damaged), s.Meta(metaRescue)), carried(s), nil
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

// worthKeeping picks what a person entered on this tablet. old are the entries of a replacement
// that was not finished.
func (f *flight) worthKeeping(st flightsync.State, ops []flightsync.Op, damaged int, old []byte) []flightsync.Op {
	if damaged > 0 {
		f.agent.Log.Error("entries are damaged", "flight", f.id.String(), "n", damaged)
	}
	v := &folded{View: flightsync.Fold(ops), mine: map[flightsync.Author]bool{}}
	v.whose(f.agent.identities(), st)
	kept, err := unpackOps(old)
	if err != nil {
		kept = nil
	}
	for _, o := range ops {
		if v.mine[o.Dot.Author] && !o.IsStub() && again[o.Header.Kind] {
			kept = append(kept, o)
		}
	}
	return kept
}

// again are the kinds worth recording again: what a person entered.
var again = map[flightsync.Kind]bool{flightsync.KindSeen: true, flightsync.KindOutcome: true, flightsync.KindGesture: true,
	flightsync.KindVoid: true, flightsync.KindSeatNow: true, flightsync.KindClaim: true, flightsync.KindResolve: true, flightsync.KindMovement: true}

// rescued reads the entries that wait to be recorded again; the caller has called use.
func (f *flight) rescued() ([]flightsync.Op, error) {
	b, err := f.db.Meta(metaRescue)
	if err != nil {
		return nil, err
	}
	return unpackOps(b)
}

// rescuing reports whether entries wait to be recorded again.
func (f *flight) rescuing() bool {
	b, err := f.db.Meta(metaRescue)
	return err != nil || len(b) > 0
}

// recordAgain writes the rescued entries that ground does not hold into the new lane, in one
// batch with the end of the rescue. Dots of entries that moved are followed.
func (f *flight) recordAgain() error {
	b, err := f.db.Meta(metaRescue)
	if err != nil || len(b) == 0 {
		return err
	}
	kept, err := unpackOps(b)
	if err != nil {
		return err
	}
	v, err := f.view()
	if err != nil || v.me == flightsync.Nobody {
		return err
	}
	held := map[flightsync.Dot]flightsync.Hash{}
	for _, o := range v.own {
		held[o.Dot] = o.Commit
	}
	moved := map[flightsync.Dot]flightsync.Dot{}
	follow := func(d flightsync.Dot) flightsync.Dot {
		if to, ok := moved[d]; ok {
			return to
		}
		return d
	}
	next := v.state.Vector().Of(v.me) + 1
	var drafts []flightsync.Draft
	for _, o := range kept {
		if held[o.Dot] == o.Commit {
			continue
		}
		h := o.Header
		d := flightsync.Draft{Kind: h.Kind, Entity: follow(h.Entity), Traveller: h.Traveller, Flags: h.Flags, Nonce: h.Nonce,
			Content: o.Content(), Unstamped: h.Stamp == flightsync.Stamp{}}
		for _, over := range h.Over {
			d.Over = append(d.Over, follow(over))
		}
		moved[o.Dot] = flightsync.Dot{Author: v.me, Seq: next}
		next++
		drafts = append(drafts, d)
	}
	// Recorded again, they must not come to ground a second time as what they were.
	done := []badgerstore.Meta{{Name: metaRescue}}
	if err := f.readSealed(); err != nil {
		return err
	}
	for d := range f.sealed {
		if v.mine[d.Author] && d.Author != v.me && !v.state.Vector().Covers(d) {
			done = append(done, badgerstore.Meta{Name: sealedName(d), Gone: true})
		}
	}
	defer func() { f.folded, f.row = nil, nil }() // they speak of the rescued
	if len(drafts) == 0 {
		return f.commit(flightsync.Ready{}, done...)
	}
	salts := make([][flightsync.SaltSize]byte, len(drafts))
	for i := range salts {
		b, err := f.agent.random(flightsync.SaltSize)
		if err != nil {
			return err
		}
		copy(salts[i][:], b)
	}
	ready, err := f.step(flightsync.Write{Author: v.me, Drafts: drafts, Salts: salts, Now: f.agent.now()})
	if err != nil {
		return err
	}
	f.agent.Log.Info("rescued entries recorded again", "flight", f.id.String(), "n", len(drafts))
	return f.commit(ready, done...)
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
