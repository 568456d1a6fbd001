package sim

import (
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// tablet is a tablet's driver: a store that outlives crashes, and a process that does not.
type tablet struct {
	w     *world
	id    int
	store *flightsync.Memory
	rep   *flightsync.Replica // nil while down
	peers []flightsync.Vector // what the process knows that others hold, by address; 0 is ground
	call  int                 // the exchange that is out
	busy  bool
	lazy  []flightsync.Batch // AckBeforePersist: said to be saved, and not
	forms uint64
	views int // restarts since; Resurrect
	cache *flightsync.View

	acked     map[flightsync.Dot]flightsync.Hash // entries that people were told are saved
	last      flightsync.Vector                  // of the last view shown
	retracted map[flightsync.Dot]bool            // shown as taken back
}

func newTablet(w *world, id int) *tablet {
	t := &tablet{w: w, id: id, store: flightsync.NewMemory(), acked: map[flightsync.Dot]flightsync.Hash{}, retracted: map[flightsync.Dot]bool{}}
	w.must(t.store.Apply(flightsync.Create(w.group, flightsync.Nobody, w.incarnation(), simKey(0))))
	t.load()
	return t
}

func (t *tablet) load() {
	rep, err := flightsync.Load(t.store, simVerify)
	t.w.must(err)
	t.rep, t.busy, t.peers, t.cache = rep, false, make([]flightsync.Vector, 8), nil
	t.views++
	v := rep.State().Vector()
	for d := range t.acked {
		if !v.Covers(d) {
			t.w.fail("lost", "tablet %d: op %s was shown as saved and is gone after a restart", t.id, d)
		}
	}
	if t.w.plant == RestampOnResend && rep.State().Me != flightsync.Nobody {
		t.again()
	}
}

// again is a driver that does not remember which form its last entry came from.
func (t *tablet) again() {
	me := t.rep.State().Me
	var last flightsync.Op
	t.w.must(t.store.Ops(me, 1, func(o flightsync.Op) bool {
		if o.Header.Kind == flightsync.KindGesture {
			last = o
		}
		return true
	}))
	if last.Dot.IsZero() {
		return
	}
	t.forms++
	t.write(flightsync.Draft{Kind: last.Header.Kind, Traveller: last.Header.Traveller, Nonce: t.nonce(), Content: last.Content()})
}

func (t *tablet) crash() {
	if t.rep == nil {
		return
	}
	t.rep, t.lazy = nil, nil
	t.w.log("tablet %d down", t.id)
	t.w.at(t.w.now+t.w.around(5*time.Minute), func() {
		if t.rep == nil {
			t.load()
			t.w.log("tablet %d up", t.id)
		}
	})
}

// step steps and persists; ok is false when the process went down before it could go on.
func (t *tablet) step(ev flightsync.Event) (flightsync.Ready, bool) {
	w := t.w
	for _, b := range t.lazy {
		w.must(t.store.Apply(b))
	}
	t.lazy = nil
	before := t.rep.State().Vector()
	ready, err := t.rep.Step(ev)
	if err == nil {
		err = t.rep.Sign(&ready, simSign(t.id+1))
	}
	if err != nil {
		if passenger.CodeOf(err) != passenger.Phase {
			w.fail("broken", "tablet %d: %v", t.id, err)
		}
		return ready, false
	}
	if ready.Batch.IsEmpty() {
		return ready, true
	}
	switch w.crashes() {
	case 1:
		if w.plant == KeepReplica {
			return ready, false
		}
		if w.plant == HalfBatch {
			b := ready.Batch
			b.Ops = b.Ops[:len(b.Ops)/2]
			w.must(t.store.Apply(b))
			w.claims("tablet", t.store, b.State)
		}
		t.crash()
		return ready, false
	case 2:
		w.must(t.store.Apply(ready.Batch))
		t.holds(before, ready.Batch.Ops)
		t.crash()
		return ready, false
	}
	if _, mine := ev.(flightsync.Write); mine && w.plant == AckBeforePersist {
		t.lazy = append(t.lazy, ready.Batch)
		return ready, true
	}
	w.must(t.store.Apply(ready.Batch))
	w.claims("tablet", t.store, t.rep.State())
	t.holds(before, ready.Batch.Ops)
	return ready, true
}

// holds notes which notes are in the tablet's hands in time: without a retract, before on-block.
func (t *tablet) holds(before flightsync.Vector, ops []flightsync.Op) {
	st, err := t.store.State()
	t.w.must(err)
	if st.Me == flightsync.Nobody || st.Vector().Covers(t.w.ground.in) {
		return
	}
	t.cache = nil
	var notes []flightsync.Dot
	for _, o := range ops {
		if o.Header.Kind == flightsync.KindNote {
			notes = append(notes, o.Dot)
		}
	}
	if len(notes) == 0 {
		return
	}
	v := t.fold()
	for _, d := range notes {
		if n, ok := v.Note(d); ok && n.Retracted == "" {
			t.w.held[d] = true
		}
	}
}

func (t *tablet) nonce() (n [8]byte) {
	t.forms++
	n[0], n[1], n[2], n[3] = byte(t.forms), byte(t.forms>>8), byte(t.id+1), 1
	return n
}

func (t *tablet) write(ds ...flightsync.Draft) {
	salts := make([][flightsync.SaltSize]byte, len(ds))
	for i := range salts {
		salts[i] = t.w.salt()
	}
	ready, ok := t.step(flightsync.Write{Author: t.rep.State().Me, Drafts: ds, Salts: salts, Now: t.w.time()})
	if !ok {
		return
	}
	for _, o := range ready.Batch.Ops {
		t.acked[o.Dot] = o.Commit
	}
	t.cache = nil
	t.w.log("tablet %d writes %v", t.id, ready.Changed)
}

// act is one thing that crew do, from what the tablet shows.
func (t *tablet) act() {
	w := t.w
	if t.rep == nil || t.rep.State().Me == flightsync.Nobody {
		return
	}
	v := t.shown()
	if len(v.Notes) == 0 || w.chance(0.15) {
		no := passenger.TravellerNo(1 + w.rng.IntN(40))
		tr, _ := v.Traveller(no)
		t.write(flightsync.SeatNowDraft(no, w.seat(), tr.SeatDots, t.nonce()))
		return
	}
	n := v.Notes[w.rng.IntN(len(v.Notes))]
	fb := passenger.Feedback{Outcome: passenger.Acted}
	switch w.rng.IntN(3) {
	case 0:
		fb = passenger.Feedback{Outcome: passenger.Declined, Reaction: passenger.Neutral}
	case 1:
		fb = passenger.Feedback{Outcome: passenger.NotPossible, Reason: passenger.Asleep}
	}
	switch w.rng.IntN(6) {
	case 0, 1:
		t.write(flightsync.SeenDraft(n.Dot))
	case 2, 3:
		t.write(flightsync.SeenDraft(n.Dot), flightsync.OutcomeDraft(n.Dot, n.Note.Traveller, fb, n.HeadDots(), t.nonce()))
	case 4:
		w.taps++
		t.write(flightsync.Gesture{Code: passenger.Drink, Quantity: 1, PolicyVersion: 1, Traveller: n.Note.Traveller, Note: n.Dot}.Draft(t.nonce()))
	case 5:
		if n.Disputed() {
			t.write(flightsync.ResolveDraft(n.Dot, n.Note.Traveller, fb, n.HeadDots(), t.nonce()))
		}
	}
}

func (t *tablet) fold() *flightsync.View {
	var ops []flightsync.Op
	st, err := t.store.State()
	t.w.must(err)
	for _, l := range st.Lanes {
		t.w.must(t.store.Ops(l.Author, 1, func(o flightsync.Op) bool {
			if t.w.plant != Resurrect || t.views < 2 || o.Header.Kind != flightsync.KindRetract {
				ops = append(ops, o)
			}
			return o.Dot.Seq < l.Seq
		}))
	}
	return flightsync.Fold(ops)
}

// shown is the view as people see it; every one is checked against the ones before.
func (t *tablet) shown() *flightsync.View {
	w := t.w
	if t.cache == nil {
		t.cache = t.fold()
	}
	v := t.cache
	if t.w.plant == LastArrivalDecides {
		for i := range v.Notes {
			if n := len(v.Notes[i].Heads); n > 1 {
				k := t.id % n
				v.Notes[i].Heads = v.Notes[i].Heads[k : k+1]
			}
		}
	}
	if !v.Vector.CoversAll(t.last) && w.plant != Resurrect {
		w.fail("broken", "tablet %d reads backwards: %v after %v", t.id, v.Vector, t.last)
	}
	t.last = v.Vector
	for d := range t.acked {
		if !v.Vector.Covers(d) && w.plant != AckBeforePersist {
			w.fail("broken", "tablet %d does not see its own op %s", t.id, d)
		}
	}
	for _, n := range v.Notes {
		if n.Retracted != "" {
			t.retracted[n.Dot] = true
		} else if t.retracted[n.Dot] {
			w.fail("broken", "tablet %d shows note %s again after its retract", t.id, n.Dot)
		}
	}
	if s := v.Sums(); !s.Close() {
		w.fail("broken", "tablet %d: sums do not close: %+v", t.id, s)
	}
	return v
}

func (t *tablet) callGround() { t.callTo(0) }

func (t *tablet) callPeer() {
	if len(t.w.tablets) > 1 {
		if to := t.w.rng.IntN(len(t.w.tablets)); to != t.id {
			t.callTo(to + 1)
		}
	}
}

// callTo begins an exchange with ground (0) or tablet to-1.
func (t *tablet) callTo(to int) {
	w := t.w
	if t.rep == nil || t.busy {
		return
	}
	budget := 0
	if w.chance(0.5) {
		budget = 1 + w.rng.IntN(4000)
	}
	ready, ok := t.step(flightsync.Ask{Peer: t.peers[to], Budget: budget})
	if !ok {
		return
	}
	req := *ready.Request
	if w.plant == MarkSentOnSend {
		t.peers[to] = slices.Clone(req.Have)
	}
	if w.plant == DropUnknown {
		req.Runs = dropUnknown(req.Runs)
	}
	t.call++
	t.busy = true
	call := t.call
	w.at(w.now+patience, func() {
		if t.call == call {
			t.busy = false
		}
	})
	w.send(t.id+1, to, func() {
		var res *flightsync.Response
		if to == 0 {
			res = w.ground.exchange(t.id, req)
		} else {
			res = w.tablets[to-1].serve(req)
		}
		if res != nil {
			w.send(to, t.id+1, func() { t.answered(to, call, *res) })
		}
	})
}

// answered takes a response: in time, late, or twice.
func (t *tablet) answered(to, call int, res flightsync.Response) bool {
	w := t.w
	if t.rep == nil {
		return false
	}
	if w.plant == DropUnknown {
		res.Runs = dropUnknown(res.Runs)
	}
	ready, ok := t.step(flightsync.Receive{Runs: res.Runs, Peer: res.Have, Have: w.plant != SkipHave, Salt: w.salt()})
	if call == t.call {
		t.busy = false
	}
	if !ok || t.rep == nil {
		return false
	}
	w.odd("tablet", ready.Notes)
	if w.plant != MarkSentOnSend {
		t.peers[to] = res.Have
	}
	t.cache = nil
	w.log("tablet %d takes %v", t.id, ready.Changed)
	if res.More {
		w.res.Reached["cut answer"]++
	}
	if res.More && len(ready.Changed) > 0 && !w.healed {
		w.at(w.now+time.Millisecond, func() { t.callTo(to) })
	}
	return len(ready.Changed) > 0
}

// serve answers another tablet.
func (t *tablet) serve(req flightsync.Request) *flightsync.Response {
	w := t.w
	if t.rep == nil {
		return nil
	}
	w.res.Exchanges++
	ready, ok := t.step(flightsync.Receive{Runs: req.Runs, Peer: req.Have, Have: w.plant != SkipHave, Salt: w.salt()})
	if !ok {
		return nil
	}
	w.odd("tablet", ready.Notes)
	t.cache = nil
	ready, ok = t.step(flightsync.Answer{Request: req, Notes: ready.Notes})
	if !ok {
		return nil
	}
	return ready.Response
}

func dropUnknown(runs []flightsync.Run) []flightsync.Run {
	var out []flightsync.Run
	for _, run := range runs {
		ops := run.Ops
		run.Ops = nil
		for i, raw := range ops {
			o, err := flightsync.ParseOp(flightsync.Dot{Author: run.Author, Seq: run.First + uint64(i)}, raw)
			if err == nil && o.Header.Kind != 4000 {
				run.Ops = append(run.Ops, raw)
			}
		}
		if len(run.Ops) > 0 {
			out = append(out, run)
		}
	}
	return out
}
