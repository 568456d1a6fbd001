package sim

import (
	"math/bits"
	"reflect"

	flightsync "github.com/cabinloop/cabinloop/sync"
)

// claims checks that a store holds what its state says, and no more.
func (w *world) claims(who string, s *flightsync.Memory, st flightsync.State) {
	for _, l := range st.Lanes {
		var n uint64
		w.must(s.Ops(l.Author, max(l.Seq, 1), func(o flightsync.Op) bool { n++; return n < 2 }))
		if want := min(l.Seq, 1); n != want {
			w.fail("broken", "%s claims %d ops of author %d and does not hold just them", who, l.Seq, l.Author)
		}
	}
}

// odd fails on every odd run: honest replicas send no forks, and no run starts behind a hole,
// because what a peer is known to hold only ever comes from its own durable vector.
func (w *world) odd(who string, notes []flightsync.RunNote) {
	for _, n := range notes {
		if n.What == flightsync.FaultUnbound { // the roster has not come here yet; it comes before the lane does
			w.res.Reached["unbound"]++
			continue
		}
		w.fail("broken", "%s: run of author %d: %s at %d", who, n.Author, n.What, n.Seq)
	}
}

// heal ends all faults and lets everybody talk until nothing moves, within the bound: one
// round brings everything to ground, one brings it to everybody, and what the have ops of the
// last round say takes one more each way.
func (w *world) heal() {
	w.healed = true
	w.loss, w.double = 0, 0
	clear(w.cut)
	w.queue = nil
	if w.ground.rep == nil {
		w.ground.load()
	}
	for _, t := range w.tablets {
		if t.rep == nil {
			t.load()
		}
		t.busy = false
	}
	bound := bits.Len(uint(len(w.tablets))) + 2
	for range bound {
		for _, t := range w.tablets {
			if !w.session(t) {
				return
			}
		}
		if len(w.res.Failures) > 0 {
			return
		}
	}
	w.final()
}

// session exchanges with ground until nothing moves; false when it does not come to an end.
func (w *world) session(t *tablet) bool {
	for range 300 {
		ready, ok := t.step(flightsync.Ask{Peer: t.peers[0]})
		if !ok {
			return true
		}
		req := *ready.Request
		up := w.ground.rep.State().Vector()
		if w.plant == MarkSentOnSend {
			t.peers[0] = req.Have
		}
		if w.plant == DropUnknown {
			req.Runs = dropUnknown(req.Runs)
		}
		res := w.ground.exchange(t.id, req)
		if res == nil || len(w.res.Failures) > 0 {
			return true
		}
		if !t.answered(0, t.call, *res) && up.CoversAll(w.ground.rep.State().Vector()) {
			return true
		}
	}
	w.fail("stuck", "tablet %d and ground do not come to an end", t.id)
	return false
}

// final compares everybody with ground, and ground with what was acknowledged.
func (w *world) final() {
	g := w.ground
	want := g.rep.State()
	w.res.Ops = 0
	view := g.view()
	for _, n := range want.Vector() {
		w.res.Ops += int(n)
	}
	for _, t := range w.tablets {
		got := t.rep.State()
		if !got.Vector().CoversAll(want.Vector()) || !want.Vector().CoversAll(got.Vector()) {
			w.fail("stuck", "tablet %d holds %v, ground %v", t.id, got.Vector(), want.Vector())
			continue
		}
		if got.Digest() != want.Digest() {
			w.fail("diverged", "tablet %d has other chains than ground", t.id)
		}
		if v := t.shown(); !reflect.DeepEqual(v, view) {
			w.fail("diverged", "tablet %d sees something else than ground", t.id)
		}
		for d, commit := range t.acked {
			if !holds(g.store, d, commit) {
				w.fail("lost", "op %s of tablet %d was acknowledged and is not on ground", d, t.id)
			}
		}
	}
	if !want.Vector().CoversAll(g.answered) {
		w.fail("lost", "ground answered for %v and holds %v", g.answered, want.Vector())
	}
	for _, l := range want.Lanes {
		for seq := uint64(1); seq <= l.Seq && l.Author >= flightsync.FirstTablet; seq++ {
			if n := g.effects[flightsync.Dot{Author: l.Author, Seq: seq}]; n != 1 {
				w.fail("duplicated", "the effect of op %d.%d was worked %d times", l.Author, seq, n)
			}
		}
	}
	if n := len(view.Gestures); n > w.taps {
		w.fail("duplicated", "%d gestures are counted, %d were recorded", n, w.taps)
	}
	for _, n := range view.Notes {
		if reason, ok := g.written[n.Dot]; !ok || string(n.Retracted) != reason {
			w.fail("diverged", "note %s: retracted %q, ground said %q", n.Dot, n.Retracted, reason)
		}
		if in := w.held[n.Dot] || n.Seen(); n.Delivered != in {
			w.fail("diverged", "note %s: delivered %v, held in time or seen %v", n.Dot, n.Delivered, in)
		}
	}
	if len(view.Notes) != len(g.written) {
		w.fail("lost", "%d notes of %d", len(view.Notes), len(g.written))
	}
	if s := view.Sums(); !s.Close() {
		w.fail("broken", "sums do not close: %+v", s)
	}
	s := view.Sums()
	for what, n := range map[string]int{"withdrawn": s.Withdrawn, "never delivered": s.NeverDelivered, "not seen": s.NotSeen, "disputed": s.Disputed,
		"acted": s.Acted, "declined": s.Declined, "not possible": s.NotPossible, "no outcome": s.NoOutcome} {
		w.res.Reached[what] += n
	}
	for _, n := range view.Notes {
		switch {
		case n.Delivered && n.Retracted != "":
			w.res.Reached["retracted after delivery"]++
		case len(n.Heads) > 0 && n.Heads[0].Resolve:
			w.res.Reached["resolved"]++
		}
	}
	w.log("end %v %x", want.Vector(), want.Digest())
}

func holds(s *flightsync.Memory, d flightsync.Dot, commit flightsync.Hash) bool {
	found := false
	_ = s.Ops(d.Author, d.Seq, func(o flightsync.Op) bool { found = o.Dot == d && o.Commit == commit; return false })
	return found
}
