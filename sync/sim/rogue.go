package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// rawOp is an op as the specification writes it, salt of zeroes.
func rawOp(header, content []byte) []byte {
	b := append(binary.AppendUvarint(nil, uint64(len(header))), header...)
	return append(append(append(b, 0), make([]byte, flightsync.SaltSize)...), content...)
}

// chain is h_n of the specification.
func chain(prev flightsync.Hash, raw []byte) flightsync.Hash {
	o, err := flightsync.ParseOp(flightsync.Dot{Author: 9, Seq: 1}, raw)
	if err != nil {
		return prev
	}
	sum := sha256.Sum256(append(append(slices.Clone(prev[:]), o.Head...), o.Commit[:]...))
	return flightsync.Hash(sum[:16])
}

func chainStart(group passenger.FlightID, a flightsync.Author, inc flightsync.Incarnation) flightsync.Hash {
	b := append(binary.AppendUvarint(slices.Clone(group[:]), uint64(a)), inc[:]...)
	sum := sha256.Sum256(b)
	return flightsync.Hash(sum[:16])
}

// poison is a bad program that writes into its own lane what others cannot read. It knows how to
// chain and sign.
func (w *world) poison(make func() []byte) bool {
	return w.some(func(t *tablet) {
		st := t.rep.State()
		l, ok := st.Lane(st.Me)
		if !ok || l.Fork.Is() {
			return
		}
		raw := make()
		o, err := flightsync.ParseOp(flightsync.Dot{Author: l.Author, Seq: l.Seq + 1}, raw)
		if err != nil || o.Poison == "" {
			return
		}
		l.Seq, l.Head, l.Points = l.Seq+1, chain(l.Head, raw), nil
		sig, _ := sign(t.device + 1)(flightsync.Claim{Author: l.Author, Incarnation: l.Incarnation, Seq: l.Seq, Head: l.Head}.Message(w.group))
		l.Points = []flightsync.Point{{Seq: l.Seq, Sig: sig}}
		for i := range st.Lanes {
			if st.Lanes[i].Author == l.Author {
				st.Lanes[i] = l
			}
		}
		if err := t.disk.Apply(flightsync.Batch{State: st, Ops: []flightsync.Op{o}}); err != nil {
			t.trouble(err)
			return
		}
		w.reached("a poison op stands in a lane")
		t.load()
	})
}

// runs are some that a tablet would send: of its whole store.
func (t *tablet) runs() []flightsync.Run {
	r, err := flightsync.Load(t.disk.image(), verify)
	if err != nil {
		return nil
	}
	ready, err := r.Step(flightsync.Ask{Peer: flightsync.Vector{}})
	if err == nil {
		err = r.Sign(&ready, sign(t.device+1))
	}
	if err != nil {
		return nil
	}
	return ready.Request.Runs
}

// attack hands runs to a tablet, or to ground in the name of a tablet that is on the roster, and
// fails if any op of them is taken.
func (w *world) attack(what string, bad flightsync.Dot, runs ...flightsync.Run) bool {
	req := flightsync.Request{Group: w.group, Me: flightsync.Nobody, Incarnation: flightsync.Incarnation{0xbd}, Runs: runs}
	t := w.anyTablet()
	if t == nil {
		return false
	}
	run := runs[0]
	raw := run.Ops[bad.Seq-run.First]
	t.serve(req)
	w.checked(I10)
	if o, ok := t.disk.op(bad); ok && string(o.Raw()) == string(raw) {
		w.fail(I10, "tablet %d took a run that is %s", t.at, what)
	}
	return true
}

// forge changes an op, or the signature, or the place of a run that somebody signed.
func (w *world) forge() bool {
	t := w.anyTablet()
	if t == nil {
		return false
	}
	all := t.runs()
	if len(all) == 0 {
		return false
	}
	run := all[w.rng.IntN(len(all))]
	run.Ops = slices.Clone(run.Ops)
	i := w.rng.IntN(len(run.Ops))
	raw := slices.Clone(run.Ops[i])
	if len(raw) == 0 {
		return false
	}
	raw[len(raw)-1] ^= 1 << w.rng.IntN(8)
	run.Ops[i] = raw
	seq := run.First + uint64(i)
	if w.chance(0.5) { // and a head that fits, which only the author could sign
		run.First, run.Ops = run.First+uint64(i), run.Ops[i:i+1]
		var before flightsync.Hash
		if d, ok := w.headBefore(t.disk, run.Author, run.First); ok {
			before = d
		}
		run.Head = chain(before, raw)
	}
	return w.attack("forged", flightsync.Dot{Author: run.Author, Seq: seq}, run)
}

func (w *world) headBefore(d *disk, a flightsync.Author, seq uint64) (flightsync.Hash, bool) {
	l, ok := d.state.Lane(a)
	if !ok {
		return flightsync.Hash{}, false
	}
	h := chainStart(w.group, a, l.Incarnation)
	if l.Fork.Is() {
		h = l.Fork.Start
	}
	for s := uint64(1); s < seq; s++ {
		o, ok := d.op(flightsync.Dot{Author: a, Seq: s})
		if !ok {
			return h, false
		}
		h = chain(h, o.Raw())
	}
	return h, true
}

// unbound signs ops with a key of its own, under an index that nobody has or another's.
func (w *world) unbound() bool {
	inc := w.incarnation()
	a := flightsync.Author(20 + w.rng.IntN(40))
	raw := rawOp([]byte{8, 65, 34, 2, 3, 1}, nil)
	run := flightsync.Run{Author: a, First: 1, Ops: [][]byte{raw}, Head: chain(chainStart(w.group, a, inc), raw)}
	run.Sig, _ = sign(90)(flightsync.Claim{Author: a, Incarnation: inc, Seq: 1, Head: run.Head}.Message(w.group))
	w.truth.count++
	if w.planted(AcceptUnbound) {
		w.some(func(t *tablet) {
			t.do(flightsync.Bind{Entry: flightsync.RosterEntry{Author: a, Class: flightsync.TabletLane, Incarnation: inc, Key: devKey(90)}})
		})
	}
	return w.attack("of an author that nobody bound", flightsync.Dot{Author: a, Seq: 1}, run)
}

// foreign sends what another flight's ground wrote.
func (w *world) foreign() bool {
	group := w.group
	group[7] ^= 0x55
	start := chainStart(group, flightsync.Notes, flightsync.Incarnation{})
	raw := rawOp([]byte{8, 48, 48, 1}, []byte("another flight's note"))
	run := flightsync.Run{Author: flightsync.Notes, First: 1, Ops: [][]byte{raw}, Head: chain(start, raw)}
	run.Sig, _ = sign(0)(flightsync.Claim{Author: flightsync.Notes, Seq: 1, Head: run.Head}.Message(group))
	return w.attack("of another flight", flightsync.Dot{Author: flightsync.Notes, Seq: 1}, run)
}

// equivocate: a tablet of the crew shows one history here and another there.
func (w *world) equivocate() bool {
	t := w.anyTablet()
	if t == nil || t.me() == flightsync.Nobody || len(t.kept) > 0 {
		return false
	}
	ghost, err := flightsync.Load(t.disk.image(), verify)
	if err != nil {
		return false
	}
	d := t.disk.image()
	f := w.form(t.at)
	ready, err := ghost.Step(flightsync.Write{Author: t.me(), Drafts: []flightsync.Draft{flightsync.SeatNowDraft(1, "9F", nil, f)}, Salts: [][flightsync.SaltSize]byte{w.salt()}, Now: t.clock()})
	if err == nil {
		err = ghost.Sign(&ready, sign(t.device+1))
	}
	if err != nil || d.Apply(ready.Batch) != nil {
		return false
	}
	if ready, err = ghost.Step(flightsync.Ask{}); err != nil || ghost.Sign(&ready, sign(t.device+1)) != nil {
		return false
	}
	req := *ready.Request
	to := w.anyTablet()
	if to == nil || to == t {
		return false
	}
	to.serve(req)
	return true
}

// strip hands on runs without the bodies that nobody ordered erased. The chain holds without them.
func (w *world) strip() bool {
	from, to := w.anyTablet(), w.anyTablet()
	if from == nil || to == nil || from == to {
		return false
	}
	runs := from.runs()
	var lost []flightsync.Dot
	for i, r := range runs {
		r.Ops = slices.Clone(r.Ops)
		for j, raw := range r.Ops {
			d := flightsync.Dot{Author: r.Author, Seq: r.First + uint64(j)}
			o, err := flightsync.ParseOp(d, raw)
			if err == nil && o.Poison == "" && !o.IsStub() && r.Author == flightsync.Notes {
				r.Ops[j] = o.Stub().Raw()
				if !from.erased[d] && !to.erased[d] {
					lost = append(lost, d)
				}
			}
		}
		runs[i] = r
	}
	had := to.disk.state.Vector()
	to.serve(flightsync.Request{Group: w.group, Me: flightsync.Nobody, Incarnation: flightsync.Incarnation{0xbd}, Have: had, Runs: runs})
	w.checked(I10)
	for _, d := range lost {
		if o, ok := to.disk.op(d); ok && o.IsStub() && !had.Covers(d) && to.rep != nil && !to.erased[d] {
			w.fail(I10, "tablet %d took %s without its body from a stranger; nobody ordered that", to.at, d)
			return true
		}
	}
	return true
}

// replay delivers an exchange that somebody recorded.
func (w *world) replay() bool {
	if len(w.net.kept) == 0 {
		return false
	}
	w.net.again(w.net.kept[w.rng.IntN(len(w.net.kept))])
	return true
}
