package tablet

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"

	"github.com/cabinloop/cabinloop/crewapi/badgerstore"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Every crew op that ground does not hold, of this tablet or of another, is kept a second time,
// sealed to ground: what is left of the flight when its key goes. A sealed op is written with
// the op itself and goes when a signed word of ground covers it: the seal, a receipt or a proof.
// Ground's vector alone is shown, but takes nothing away.
const (
	metaSealed = "sealed/" // author(4) seq(8): own(1) ‖ incarnation(8) ‖ the op, sealed
	metaProof  = "proof/"  // author(4): seq(8) ‖ chain hash(16) ‖ the author's signature, at the last sealed op
)

// resealAtOnce bounds how many ops one write seals that ground held once and lost, arbitrary:
// some 50 KB. The others follow with the next writes.
const resealAtOnce = 256

func sealedName(d flightsync.Dot) string { return dotName(metaSealed, d) }

func proofName(a flightsync.Author) string {
	return metaProof + string(binary.BigEndian.AppendUint32(nil, uint32(a)))
}

func parseSealedName(name string) (d flightsync.Dot, ok bool) {
	if rest, is := strings.CutPrefix(name, metaSealed); is {
		return unpackDot([]byte(rest))
	}
	return d, false
}

// signed reports whether a signed word of ground covers an op, and ground's last vector still does: it
// may have come back from a backup since.
func (f *flight) signed(st flightsync.State, d flightsync.Dot) bool {
	l, ok := st.Lane(d.Author)
	return ok && d.Seq <= l.Freed && f.talk.Peer.Covers(d)
}

// freedOf counts the ops that signed words of ground cover; it only grows within a store.
func freedOf(st flightsync.State) (n uint64) {
	for _, l := range st.Lanes {
		n += l.Freed
	}
	return n
}

// unproven counts the sealed ops of which ground's vector says that it holds them, and those of which
// it does not. The caller holds f.mu.
func (f *flight) unproven() (acked, all int, err error) {
	if err := f.readSealed(); err != nil {
		return 0, 0, err
	}
	st := f.rep.State()
	for d := range f.sealed {
		if f.signed(st, d) {
			continue
		}
		if all++; f.talk.Peer.Covers(d) {
			acked++
		}
	}
	return acked, all, nil
}

// wantsProof reports whether ground is to sign what it holds: once the flight is over for this tablet,
// and before the sealed ops become many. A signature costs 66 bytes.
func (f *flight) wantsProof() (bool, error) {
	acked, all, err := f.unproven()
	if err != nil || all == 0 || acked >= proveAfter {
		return all > 0, err
	}
	v, err := f.outline()
	if err != nil {
		return false, err
	}
	rec := f.record()
	_, done := v.Fins[v.me]
	return done || rec.Assignment.Removed || !f.agent.Now().Before(rec.arrives()), nil
}

// isCrew reports whether a lane is a tablet's.
func isCrew(l flightsync.Lane) bool { return l.Class == flightsync.TabletLane }

// sealing says what to write beside a batch so that the sealed ops are those which ground lacks.
// The caller holds f.mu.
func (f *flight) sealing(b flightsync.Batch) ([]badgerstore.Meta, error) {
	if err := f.readSealed(); err != nil {
		return nil, err
	}
	before := f.rep.State()
	st := b.State
	if b.IsEmpty() {
		st = before
	}
	var out []badgerstore.Meta
	touched := map[flightsync.Author]bool{}
	seal := func(o flightsync.Op) error {
		l, ok := st.Lane(o.Dot.Author)
		if !ok || !isCrew(l) || f.talk.Peer.Covers(o.Dot) {
			return nil
		}
		m, err := f.seal(o, l, st.Me)
		if err == nil {
			out, touched[l.Author] = append(out, m), true
		}
		return err
	}
	fresh := map[flightsync.Dot]bool{}
	for _, o := range b.Ops {
		fresh[o.Dot] = true
		if err := seal(o); err != nil {
			return nil, err
		}
	}
	if f.settled != nil && slices.Equal(f.settled, f.talk.Peer) && f.freed == freedOf(st) && len(b.Cuts) == 0 {
		return append(out, proofs(st, touched)...), nil // but for what is new nothing changes
	}
	moved := func(d flightsync.Dot) bool { // into a lane of its own, and sealed there again
		return slices.ContainsFunc(b.Cuts, func(c flightsync.Dot) bool { return c.Author == d.Author && d.Seq > c.Seq })
	}
	for d := range f.sealed {
		if !fresh[d] && (f.signed(st, d) || moved(d)) {
			out = append(out, badgerstore.Meta{Name: sealedName(d), Gone: true})
		}
	}
	n := 0
	for _, l := range st.Lanes { // what a restored ground lost
		for seq := f.talk.Peer.Of(l.Author) + 1; isCrew(l) && seq <= l.Seq && n < resealAtOnce; seq++ {
			d := flightsync.Dot{Author: l.Author, Seq: seq}
			if fresh[d] || f.sealed[d] {
				continue
			}
			n++
			if o, ok := f.stored(d); ok {
				if err := seal(o); err != nil {
					return nil, err
				}
			}
		}
	}
	f.settled = nil
	if n < resealAtOnce && len(b.Cuts) == 0 { // when this is not written, it is read anew
		f.settled, f.freed = append(flightsync.Vector{}, f.talk.Peer...), freedOf(st)
	}
	return append(out, proofs(st, touched)...), nil
}

// proofs are what proves the sealed ops of lanes that grew.
func proofs(st flightsync.State, touched map[flightsync.Author]bool) (out []badgerstore.Meta) {
	for a := range touched {
		l, _ := st.Lane(a)
		out = append(out, badgerstore.Meta{Name: proofName(a), Value: proofOf(l)})
	}
	return out
}

// proofOf is what proves a lane at its end.
func proofOf(l flightsync.Lane) []byte {
	b := append(binary.BigEndian.AppendUint64(nil, l.Seq), l.Head[:]...)
	if n := len(l.Points); n > 0 && l.Points[n-1].Seq == l.Seq {
		b = append(b, l.Points[n-1].Sig...)
	}
	return b
}

// seal seals one op to ground.
func (f *flight) seal(o flightsync.Op, l flightsync.Lane, me flightsync.Author) (badgerstore.Meta, error) {
	f.agent.mu.Lock()
	public := f.agent.device.GroundAgree
	f.agent.mu.Unlock()
	sealed, err := keys.Seal(public, []byte(flightsync.SealedInfo), flightsync.SealedAAD(f.id, o.Dot, l.Incarnation), o.Raw())
	if err != nil {
		return badgerstore.Meta{}, err
	}
	value := []byte{0}
	if o.Dot.Author == me {
		value[0] = 1
	}
	value = append(append(value, l.Incarnation[:]...), sealed...)
	return badgerstore.Meta{Name: sealedName(o.Dot), Value: value}, nil
}

// stored reads one op; false when it cannot be read.
func (f *flight) stored(d flightsync.Dot) (out flightsync.Op, ok bool) {
	err := f.db.Ops(d.Author, d.Seq, func(o flightsync.Op) bool { out, ok = o, true; return false })
	return out, ok && err == nil && out.Dot == d
}

// readSealed finds out which ops are sealed in the store, once.
func (f *flight) readSealed() error {
	if f.sealed != nil {
		return nil
	}
	found := map[flightsync.Dot]bool{}
	if err := f.db.Metas(metaSealed, func(name string, _ []byte) bool {
		if d, ok := parseSealedName(name); ok {
			found[d] = true
		}
		return true
	}); err != nil {
		return err
	}
	f.sealed, f.settled = found, nil
	return nil
}

// sealedNow notes what a write changed.
func (f *flight) sealedNow(metas []badgerstore.Meta) {
	for _, m := range metas {
		if d, ok := parseSealedName(m.Name); ok && m.Gone {
			delete(f.sealed, d)
		} else if ok {
			f.sealed[d] = true
		}
	}
}

// unsentRun is a sealed run with whose it is.
type unsentRun struct {
	Own   bool `json:"own"`
	Acked int  `json:"acked,omitempty"` // the first so many ops: ground's vector counted them, unsigned
	flightsync.SealedRun
}

// unsentRuns reads what ground lacks out of the store, in runs. mine are this tablet's lanes.
func (f *flight) unsentRuns(mine map[flightsync.Author]bool) ([]unsentRun, error) {
	f.sealed = nil // what is damaged is sealed again
	for {
		metas, err := f.sealing(flightsync.Batch{})
		if err != nil {
			return nil, err
		}
		// What ground holds goes with the rest; a full disk need not be written to.
		if metas = slices.DeleteFunc(metas, func(m badgerstore.Meta) bool { return m.Gone }); len(metas) == 0 {
			break
		}
		if err := f.db.Commit(flightsync.Batch{}, metas...); err != nil {
			return nil, err
		}
		before := len(f.sealed)
		f.sealedNow(metas)
		if len(f.sealed) == before {
			break
		}
	}
	var runs []unsentRun
	err := f.db.Metas(metaSealed, func(name string, value []byte) bool {
		d, ok := parseSealedName(name)
		if !ok || len(value) < 9 {
			return true
		}
		if f.signed(f.rep.State(), d) {
			return true
		}
		acked := 0
		if f.talk.Peer.Covers(d) {
			acked = 1
		}
		own, inc, sealed := value[0] == 1, flightsync.Incarnation(value[1:9]), slices.Clone(value[9:])
		if n := len(runs) - 1; n >= 0 && runs[n].Author == d.Author && runs[n].Incarnation == inc && runs[n].Last()+1 == d.Seq {
			runs[n].Ops = append(runs[n].Ops, sealed)
			runs[n].Acked += acked
			return true
		}
		runs = append(runs, unsentRun{own, acked, flightsync.SealedRun{Author: d.Author, Incarnation: inc, First: d.Seq, Ops: [][]byte{sealed}}})
		return true
	})
	if err != nil {
		return nil, err
	}
	var out []unsentRun
	for _, r := range runs {
		r.Own = r.Own || mine[r.Author]
		b, err := f.db.Meta(proofName(r.Author))
		if err == nil && len(b) > 24 && binary.BigEndian.Uint64(b) == r.Last() {
			copy(r.Head[:], b[8:])
			r.Sig = slices.Clone(b[24:])
		}
		cut, err := f.cut(r)
		if err != nil {
			return nil, err
		}
		out = append(out, cut...)
	}
	return out, nil
}

var errNoRun = errors.New("a run without ops, or from sequence number 0")

// check refuses what a damaged file may hold.
func (u unsentRun) check() error {
	if u.First == 0 || len(u.Ops) == 0 || u.Author >= flightsync.MaxAuthors {
		return passenger.Wrap(passenger.Corrupt, "tablet.check", "the entries that wait for ground cannot be read", errNoRun)
	}
	return nil
}
