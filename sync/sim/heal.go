package sim

import (
	"math/bits"
	"reflect"
	"slices"

	flightsync "github.com/cabinloop/cabinloop/sync"
)

// heal ends all faults, lets everybody talk for the rounds that they may take, and checks what
// came of it.
func (w *world) heal() {
	if len(w.res.Failures) > 0 {
		return
	}
	w.healed = true
	w.net.loss, w.net.double, w.net.torn = 0, 0, 0
	clear(w.net.down)
	clear(w.net.clogged)
	w.queue = nil
	w.now = max(w.now, flightTime) + 6*60*60*1e9
	calm := func(d *disk) { d.full, d.ends, d.fails = false, 0, 0 }
	calm(w.ground.disk)
	if !w.ground.up {
		w.ground.load()
	}
	for _, t := range w.tablets {
		calm(t.disk)
		t.asleep, t.busy, t.budget, t.ends, t.lazy = 0, false, 0, 0, nil
		if t.rep == nil {
			t.load()
		}
	}
	owed := w.survivors()
	bound := bits.Len(uint(len(w.tablets))) + 2 // ⌈log2 n⌉ + 2 of n replicas
	for round := range bound {
		for _, t := range w.tablets {
			if t.works() && !w.session(t) || len(w.res.Failures) > 0 {
				return
			}
		}
		if w.equal() {
			w.reached("equal after round " + string(rune('1'+round)))
			break
		}
	}
	w.checked(I12)
	if !w.equal() {
		w.unequal(bound)
		return
	}
	w.final(owed)
}

// session exchanges with ground until neither lacks anything; false when that has no end.
func (w *world) session(t *tablet) bool {
	for range 400 {
		if !t.works() {
			return true
		}
		req, ok := t.ask(0)
		if !ok {
			if len(w.res.Failures) > 0 {
				return false
			}
			if !t.works() {
				t.load()
			}
			continue
		}
		res := w.ground.exchange(t.at, req)
		if res == nil {
			return len(w.res.Failures) == 0
		}
		if !t.answered(0, t.call, &req, *res) {
			return len(w.res.Failures) == 0
		}
	}
	w.fail(I12, "tablet %d and ground do not come to an end", t.at)
	return false
}

// connected lists the tablets that hold the whole flight in the end: not those that are gone, not
// those that were taken off the roster and only hand in, and none where a branch has no home.
func (w *world) connected() (out []*tablet) {
	if w.truth.crowded {
		return nil
	}
	for _, t := range w.tablets {
		if t.works() && !w.ground.tables.removed[t.device] {
			out = append(out, t)
		}
	}
	return out
}

func (w *world) equal() bool {
	want := w.ground.disk.state
	for _, t := range w.connected() {
		if got := t.disk.state; !slices.Equal(trim(got.Vector()), trim(want.Vector())) || got.Digest() != want.Digest() {
			return false
		}
	}
	return true
}

// trim leaves out lanes without ops at the end: a roster may bind what has not written yet.
func trim(v flightsync.Vector) flightsync.Vector {
	for len(v) > 0 && v[len(v)-1] == 0 {
		v = v[:len(v)-1]
	}
	return v
}

func (w *world) unequal(bound int) {
	want := w.ground.disk.state
	for _, t := range w.connected() {
		if got := t.disk.state; !slices.Equal(trim(got.Vector()), trim(want.Vector())) {
			w.fail(I12, "after %d rounds tablet %d holds %v, ground %v", bound, t.at, got.Vector(), want.Vector())
			return
		}
	}
	w.fail(I1, "equal vectors and unequal chains after %d rounds", bound)
}

// place is where an entry stands: at an address, under a dot.
type place struct {
	at  int
	dot flightsync.Dot
}

// survivors lists the entries and notes that some store holds which is still there: none may be
// lost from now on.
func (w *world) survivors() map[form]place {
	out := map[form]place{}
	at := 0
	add := func(ops []flightsync.Op) {
		for f, d := range forms(ops) {
			out[f] = place{at, d}
		}
	}
	add(w.ground.disk.all())
	for _, t := range w.tablets {
		at = t.at
		if t.works() {
			if len(t.disk.rotten) > 0 { // its own come along into a new store
				add(t.worth())
			} else {
				add(t.disk.all())
			}
			add(t.kept)
		}
	}
	return out
}

// final compares everybody with ground, ground with the model, and all with the truth.
func (w *world) final(owed map[form]place) {
	g := w.ground
	ops := g.disk.all()
	w.res.Ops = len(ops)
	view := flightsync.Fold(ops)
	w.compare(view, ops, 0)
	w.shuffled(ops, view)
	for _, t := range w.connected() {
		w.checked(I1)
		got := flightsync.Fold(t.program(t.disk.all()))
		if !reflect.DeepEqual(got.Quarantine, view.Quarantine) {
			w.fail(I11, "tablet %d rejects %v, ground %v", t.at, got.Quarantine, view.Quarantine)
		}
		if !reflect.DeepEqual(got, view) {
			w.compareViews(t, got, view)
		}
		t.shown()
		w.checked(I14)
		for text, order := range w.truth.erased {
			if w.holdsOrder(g.disk, order) { // one that nobody holds after a restore is in ground's journal only
				w.textGone(t.disk, t.kept, text, t.at)
			}
		}
		t.stands("at rest")
		if t.me() != flightsync.Nobody {
			t.tellsAll()
		}
	}
	held := forms(ops)
	for f, at := range owed {
		if _, ok := held[f]; !ok && !w.truth.crowded {
			w.checked(I15)
			w.fail(I15, "entry %x survived at address %d as %s and did not come to ground", f, at.at, at.dot)
		}
	}
	w.checked(I15)
	w.checked(I16)
	if w.truth.restored > 0 {
		w.reached("a restored ground came to rest")
	}
	g.stands("at rest")
	for f := range held {
		if e, ok := w.truth.entries[f]; ok && g.effects[f] != 1 && w.truth.restored == 0 {
			w.fail(I3, "the effect of entry %x (kind %d) was worked %d times", f, e.kind, g.effects[f])
		}
	}
	seen := map[flightsync.Dot]int{}
	for _, x := range view.Verdicts {
		if seen[flightsync.Dot{Author: x.Author, Seq: x.From}]++; seen[flightsync.Dot{Author: x.Author, Seq: x.From}] > 1 && w.truth.restored == 0 {
			w.fail(I3, "ground answered %d.%d twice", x.Author, x.From)
		}
	}
	for text, order := range w.truth.erased {
		if w.holdsOrder(g.disk, order) {
			w.textGone(g.disk, nil, text, 0)
		}
	}
	w.idempotent()
	w.states(view)
}

func (w *world) compareViews(t *tablet, got, want *flightsync.View) {
	a, b := render(got), render(want)
	w.fail(I1, "tablet %d sees %q, ground %q", t.at, minus(a, b), minus(b, a))
}

// idempotent replays, days later, what was recorded on the way: nothing may change (I4).
func (w *world) idempotent() {
	if len(w.res.Failures) > 0 {
		return
	}
	w.now += 5 * 24 * 60 * 60 * 1e9
	for _, m := range w.net.kept {
		if m.to > 0 && !w.tablets[m.to-1].works() {
			continue
		}
		var d = w.ground.disk
		if m.to > 0 {
			d = w.tablets[m.to-1].disk
		}
		// Nobody may have got it the first time: what it brings then is news from a store that is gone.
		w.net.again(m)
		if m.to > 0 && !w.tablets[m.to-1].works() {
			continue
		}
		was := d.writes
		digest, vector := d.state.Digest(), d.state.Vector()
		w.fault("exchange replayed days later")
		w.net.again(m)
		w.checked(I4)
		if d.writes != was && (d.state.Digest() != digest || !slices.Equal(d.state.Vector(), vector)) {
			w.fail(I4, "a replayed message changed address %d: %v, %v", m.to, vector, d.state.Vector())
			return
		}
	}
}

// states counts what came up.
func (w *world) states(v *flightsync.View) {
	s := v.Sums()
	for what, n := range map[string]int{"note withdrawn": s.Withdrawn, "note never delivered": s.NeverDelivered, "note not seen": s.NotSeen, "note disputed": s.Disputed,
		"note acted": s.Acted, "note declined": s.Declined, "note not possible": s.NotPossible, "note without outcome": s.NoOutcome} {
		w.res.Reached[what] += n
	}
	for _, n := range v.Notes {
		switch {
		case n.Erased:
			w.reached("note erased")
		case n.Delivered && n.Retracted != "":
			w.reached("note retracted after delivery")
		case len(n.Heads) > 0 && n.Heads[0].Resolve:
			w.reached("note resolved")
		}
	}
	for _, q := range v.Quarantine {
		w.reached("quarantine: " + q.Reason)
	}
	if len(v.Skewed) > 0 {
		w.reached("a stamp outside the window")
	}
	for _, t := range w.tablets {
		switch {
		case t.lost:
			w.reached("a tablet never came back")
		case w.ground.tables.removed[t.device]:
			w.reached("a tablet off the roster handed in")
		}
	}
	w.log("end %v", v.Vector)
}

// States lists what must come up over the seeds of a test.
var States = []string{"note withdrawn", "note never delivered", "note not seen", "note disputed", "note acted", "note declined", "note not possible",
	"note without outcome", "note erased", "note retracted after delivery", "quarantine: unauthorised", "quarantine: malformed",
	"quarantine: unreadable", "quarantine: too-large", "quarantine: update", "quarantine: cut", "quarantine: dangling", "a stamp outside the window",
	"a tablet never came back", "a tablet off the roster handed in", "a tablet purged the flight", "an entry came after the seal",
	"a late tablet got a receipt", "a branch of a tablet was re-homed", "a branch of ground's own was re-homed", "a branch moved on a tablet",
	"a damaged store was renewed", "entries were recorded again", "a batch was not persisted", "a tablet obeyed an erase order",
	"a poison op stands in a lane", "a lane was sent from its start", "equal vectors met unequal digests", "an answer left something out",
	"run: unbound", "run: forged", "run: fork", "run: gap", "run: rollback", "a restored ground came to rest", "a rolled-back store",
	"a tablet has hundreds of flights", "a list has a further page", "a round left flights for the next", "a store closed for another", "a store was merged",
	"a merge failed and the old store went on", "a clock locked a flight in its lease", "a locked flight was shown again", "an answer of another question was refused",
	"a tablet without access was refused", "access was given again", "a tablet was enrolled again", "an entry came home as review", "an entry came home that ground had",
	"a tablet of the fleet has no link"}
