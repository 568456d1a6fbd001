package tablet

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
	"strings"

	"github.com/cabinloop/cabinloop/crewapi/badgerstore"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// What a repair reads but cannot put into a lane, since an op before it is lost, is kept beside the
// lanes, each op a value of its own: it is shown, own entries count as waiting, and they are recorded
// again once ground has said what it holds. So are the entries made meanwhile, where the own lane has
// a gap: they get the next dots behind it, in no chain.
const (
	metaKept    = "kept/"   // author(4) seq(8): the op, raw
	metaMoved   = "moved/"  // author(4) seq(8) of a kept entry: author(4) seq(8) where it was recorded again
	metaMissing = "missing" // dots of what could not be read, author and sequence number each as varints
)

// blank is among the missing when nothing of a store could be read.
var blank = flightsync.Dot{Author: flightsync.Admin, Seq: 1}

func packDot(d flightsync.Dot) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(nil, uint32(d.Author)), d.Seq)
}

func unpackDot(b []byte) (d flightsync.Dot, ok bool) {
	if len(b) != 12 {
		return d, false
	}
	return flightsync.Dot{Author: flightsync.Author(binary.BigEndian.Uint32(b)), Seq: binary.BigEndian.Uint64(b[4:])}, true
}

func dotName(prefix string, d flightsync.Dot) string { return prefix + string(packDot(d)) }

// parseDotName reads the dot in the name of a value that is about one op.
func parseDotName(name string) (d flightsync.Dot, ok bool) {
	for _, prefix := range []string{metaSealed, metaKept, metaMoved} {
		if rest, is := strings.CutPrefix(name, prefix); is {
			return unpackDot([]byte(rest))
		}
	}
	return d, false
}

func keptMeta(o flightsync.Op) badgerstore.Meta {
	return badgerstore.Meta{Name: dotName(metaKept, o.Dot), Value: o.Raw()}
}

// apart is what a store keeps beside its lanes, as read.
type apart struct {
	db      *badgerstore.DB // of which it was read
	ops     []flightsync.Op // by dot
	moved   map[flightsync.Dot]flightsync.Dot
	missing []flightsync.Dot
}

// keptApart reads it, once for each store; the caller has called use.
func (f *flight) keptApart() (*apart, error) {
	if f.apart != nil && f.apart.db == f.db {
		return f.apart, nil
	}
	p := &apart{db: f.db, moved: map[flightsync.Dot]flightsync.Dot{}}
	b, err := f.db.Meta(metaRescue) // as an older program keeps them: all in one
	if err == nil {
		p.ops, err = unpackOps(b)
	}
	if err == nil {
		b, err = f.db.Meta(metaMissing)
		p.missing = unpackMissing(b)
	}
	if err == nil {
		err = f.db.Metas(metaKept, func(name string, value []byte) bool {
			if d, ok := parseDotName(name); ok {
				if o, err := flightsync.ParseOp(d, slices.Clone(value)); err == nil {
					p.ops = append(p.ops, o)
				}
			}
			return true
		})
	}
	if err == nil {
		err = f.db.Metas(metaMoved, func(name string, value []byte) bool {
			from, ok := parseDotName(name)
			if to, is := unpackDot(value); ok && is {
				p.moved[from] = to
			}
			return true
		})
	}
	if err != nil {
		return nil, err
	}
	sortOps(p.ops)
	p.ops = slices.CompactFunc(p.ops, func(a, b flightsync.Op) bool { return a.Dot == b.Dot && a.Commit == b.Commit })
	f.apart = p
	return p, nil
}

func sortOps(ops []flightsync.Op) {
	slices.SortFunc(ops, func(a, b flightsync.Op) int {
		return cmp.Or(cmp.Compare(a.Dot.Author, b.Dot.Author), cmp.Compare(a.Dot.Seq, b.Dot.Seq))
	})
}

// again are the kinds worth recording again: what a person entered.
var again = map[flightsync.Kind]bool{flightsync.KindSeen: true, flightsync.KindOutcome: true, flightsync.KindGesture: true,
	flightsync.KindVoid: true, flightsync.KindSeatNow: true, flightsync.KindClaim: true, flightsync.KindResolve: true, flightsync.KindMovement: true}

// sortOut says which kept ops are own entries that stand in no lane. The caller has filled v.own from the
// lanes.
func (v *folded) sortOut(kept []flightsync.Op) (waiting []flightsync.Op) {
	held := map[flightsync.Dot]flightsync.Hash{}
	for _, o := range v.own {
		held[o.Dot] = o.Commit
	}
	for _, o := range kept {
		if v.mine[o.Dot.Author] && !o.IsStub() && again[o.Header.Kind] && held[o.Dot] != o.Commit {
			waiting = append(waiting, o)
		}
	}
	return waiting
}

// rescuing reports whether own entries wait to be recorded again.
func (f *flight) rescuing() bool {
	v, err := f.view()
	return err != nil || len(v.rescued) > 0
}

// writeApart keeps what the crew enters while the own lane may not be written: behind a gap in it. It
// reports false where this tablet has no lane yet.
func (f *flight) writeApart(w flightsync.Write) (bool, error) {
	v, err := f.view()
	if err != nil || len(v.mine) == 0 {
		return false, err
	}
	for _, d := range w.Drafts {
		if !again[d.Kind] {
			return false, nil
		}
	}
	w.Author = slices.Max(slices.Collect(maps.Keys(v.mine)))
	last := v.state.Vector().Of(w.Author)
	for _, o := range f.apart.ops {
		if o.Dot.Author == w.Author {
			last = max(last, o.Dot.Seq)
		}
	}
	for _, d := range f.apart.missing {
		if d.Author == w.Author {
			last = max(last, d.Seq)
		}
	}
	st := v.state
	st.Me, st.Lanes = w.Author, slices.Clone(st.Lanes)
	i := slices.IndexFunc(st.Lanes, func(l flightsync.Lane) bool { return l.Author == w.Author })
	if i < 0 {
		return false, nil
	}
	st.Lanes[i].Seq = last
	for _, o := range v.rescued {
		if st.Clock.Less(o.Header.Stamp) {
			st.Clock = o.Header.Stamp
		}
	}
	mem := flightsync.NewMemory()
	if err := mem.Apply(flightsync.Batch{State: st}); err != nil {
		return true, err
	}
	rep, err := flightsync.Load(mem, verify)
	if err != nil {
		return true, err
	}
	ready, err := rep.Step(w)
	if err != nil {
		return true, err
	}
	var metas []badgerstore.Meta
	for _, o := range ready.Batch.Ops {
		metas = append(metas, keptMeta(o))
	}
	if err := f.commit(flightsync.Ready{}, metas...); err != nil {
		return true, err
	}
	f.apart.ops = append(f.apart.ops, ready.Batch.Ops...)
	sortOps(f.apart.ops)
	f.folded, f.row = nil, nil
	return true, nil
}

// draft makes of a kept entry what writes it again.
func draft(o flightsync.Op, follow func(flightsync.Dot) flightsync.Dot) flightsync.Draft {
	h := o.Header
	d := flightsync.Draft{Kind: h.Kind, Entity: follow(h.Entity), Traveller: h.Traveller, Flags: h.Flags, Nonce: h.Nonce,
		Content: o.Content(), Unstamped: h.Stamp == flightsync.Stamp{}}
	for _, over := range h.Over {
		d.Over = append(d.Over, follow(over))
	}
	return d
}

// follower follows dots of entries that moved.
func follower(moved map[flightsync.Dot]flightsync.Dot) func(flightsync.Dot) flightsync.Dot {
	return func(d flightsync.Dot) flightsync.Dot {
		if to, ok := moved[d]; ok {
			return to
		}
		return d
	}
}

// recordAgain writes the kept entries that ground does not hold into the own lane, some at a time, each
// together with its end as a kept one; a program that is killed goes on where it was. Dots of entries
// that moved are followed. What the lanes hold by now is kept no longer.
func (f *flight) recordAgain() error {
	if err := f.splitOld(); err != nil {
		return err
	}
	for {
		v, err := f.view()
		if err != nil || v.me == flightsync.Nobody || len(f.apart.ops) == 0 && len(f.apart.moved) == 0 {
			return err
		}
		part := atOnce(v.rescued)
		if len(part) == 0 {
			return f.keepNoLonger(v)
		}
		next := v.state.Vector().Of(v.me)
		moved := maps.Clone(f.apart.moved)
		var drafts []flightsync.Draft
		var metas []badgerstore.Meta
		for _, o := range part {
			next++
			to := flightsync.Dot{Author: v.me, Seq: next}
			drafts = append(drafts, draft(o, follower(moved)))
			moved[o.Dot] = to
			metas = append(metas, badgerstore.Meta{Name: dotName(metaKept, o.Dot), Gone: true}, badgerstore.Meta{Name: dotName(metaMoved, o.Dot), Value: packDot(to)})
			// Recorded again, it must not come to ground a second time as what it was.
			if !v.state.Vector().Covers(o.Dot) {
				metas = append(metas, badgerstore.Meta{Name: sealedName(o.Dot), Gone: true})
			}
		}
		f.apart = nil // it speaks of before
		if err := f.writeWith(metas, drafts...); err != nil {
			return err
		}
		f.agent.Log.Info("rescued entries recorded again", "flight", f.id.String(), "n", len(drafts))
	}
}

// atOnce is the first of ops that one write takes, each with its sealed copy.
func atOnce(ops []flightsync.Op) []flightsync.Op {
	n, size := 0, 0
	for n < min(len(ops), resealAtOnce) && size < againBytes {
		size += len(ops[n].Head) + len(ops[n].Body)
		n++
	}
	return ops[:n]
}

// splitOld keeps each entry by itself that an older program keeps all in one value.
func (f *flight) splitOld() error {
	b, err := f.db.Meta(metaRescue)
	if err != nil || len(b) == 0 {
		return err
	}
	ops, err := unpackOps(b)
	if err != nil {
		return err
	}
	var metas []badgerstore.Meta
	for _, o := range ops {
		metas = append(metas, keptMeta(o))
	}
	f.apart = nil
	return writeMetas(f.db, append(metas, badgerstore.Meta{Name: metaRescue}))
}

// keepNoLonger drops what the lanes hold, and where entries went once none is left that may mean them.
func (f *flight) keepNoLonger(v *folded) error {
	var gone []badgerstore.Meta
	for _, o := range f.apart.ops {
		if v.mine[o.Dot.Author] || v.state.Vector().Covers(o.Dot) {
			gone = append(gone, badgerstore.Meta{Name: dotName(metaKept, o.Dot), Gone: true})
		}
	}
	for d := range f.apart.moved {
		gone = append(gone, badgerstore.Meta{Name: dotName(metaMoved, d), Gone: true})
	}
	if len(f.apart.moved) > 0 { // what is left of lanes that were tried whole, and that ground did not take
		if err := f.readSealed(); err != nil {
			return err
		}
		for d := range f.sealed {
			if v.mine[d.Author] && d.Author != v.me && !v.state.Vector().Covers(d) {
				gone = append(gone, badgerstore.Meta{Name: sealedName(d), Gone: true})
			}
		}
	}
	if len(gone) == 0 {
		return nil
	}
	f.apart, f.sealed, f.folded, f.row = nil, nil, nil, nil
	return writeMetas(f.db, gone)
}

// writeMetas writes values in slices that a store takes at once, in order.
func writeMetas(db *badgerstore.DB, metas []badgerstore.Meta) error {
	for len(metas) > 0 {
		n, size := 0, 0
		for n < min(len(metas), flightsync.MaxRunOps/4) && size < flightsync.DefaultBudget {
			size += len(metas[n].Value)
			n++
		}
		if err := db.Commit(flightsync.Batch{}, metas[:n]...); err != nil {
			return err
		}
		metas = metas[n:]
	}
	return nil
}
