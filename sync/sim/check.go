package sim

import (
	"bytes"
	"reflect"
	"slices"
	"strings"

	flightsync "github.com/cabinloop/cabinloop/sync"
)

// The invariants: those of one flight (reference, section B), and from I17 on those of a tablet with
// several.
const (
	I1  = "I1 convergence"
	I2  = "I2 durability"
	I3  = "I3 exactly-once effect"
	I4  = "I4 idempotence"
	I5  = "I5 per-author prefix"
	I6  = "I6 causality"
	I7  = "I7 read-your-writes, monotonic reads"
	I8  = "I8 no resurrection"
	I9  = "I9 intent"
	I10 = "I10 authority"
	I11 = "I11 determinism of rejection"
	I12 = "I12 liveness"
	I13 = "I13 bounded resources"
	I14 = "I14 erasure"
	I15 = "I15 fork safety"
	I16 = "I16 ground-regression healing"
	I17 = "I17 two words destroy"
	I18 = "I18 answers name their question"
	I19 = "I19 nothing leaves without a receipt"
)

// Invariants lists the names of all that is checked.
var Invariants = []string{I1, I2, I3, I4, I5, I6, I7, I8, I9, I10, I11, I12, I13, I14, I15, I16, I17, I18, I19}

// claims checks that a store holds what its state says, and no more (I5).
func (w *world) claims(d *disk) {
	w.checked(I5)
	for _, l := range d.state.Lanes {
		if n := uint64(len(d.lanes[l.Author])); n != l.Seq {
			w.fail(I5, "a store claims %d ops of author %d and holds %d", l.Seq, l.Author, n)
		}
	}
	w.checked(I13)
	if n := len(d.state.Lanes); n > flightsync.MaxAuthors {
		w.fail(I13, "%d lanes", n)
	}
	for _, l := range d.state.Lanes {
		if n := len(l.Points); n > int(l.Seq/64)+2 {
			w.fail(I13, "lane %d keeps %d signatures for %d ops", l.Author, n, l.Seq)
		}
	}
}

// fits checks that a message keeps to its budget; one op may exceed it, and one run that only its
// author could cut (I13).
func (w *world) fits(runs []flightsync.Run, budget int, notes ...flightsync.RunNote) {
	for _, n := range notes {
		if n.What == flightsync.FaultBranch { // what stands beside a branch comes whole
			return
		}
	}
	w.checked(I13)
	n, ops := 0, 0
	for _, r := range runs {
		for _, raw := range r.Ops {
			n += len(raw)
			ops++
		}
	}
	if budget > 0 && n > budget && len(runs) > 1 || ops > flightsync.MaxRunOps {
		w.fail(I13, "%d ops, %d bytes in %d runs for a budget of %d", ops, n, len(runs), budget)
	}
}

// odd counts what was strange about received runs. What an honest flight cannot make fails.
func (w *world) odd(notes []flightsync.RunNote) {
	for _, n := range notes {
		w.reached("run: " + string(n.What))
		if w.opt.Verbose {
			w.log("odd run %+v", n)
		}
		if n.What == flightsync.FaultMalformed && w.res.Faults["cut mid-message"] == 0 {
			w.fail(I5, "run of author %d: %s at %d", n.Author, n.What, n.Seq)
		}
	}
}

// shown is the view as people see it; every one is checked against the ones before.
func (t *tablet) shown() *flightsync.View {
	w := t.w
	v := t.fold()
	w.checked(I7)
	if !v.Vector.CoversAll(t.vector) {
		w.fail(I7, "tablet %d reads backwards: %v after %v", t.at, v.Vector, t.vector)
	}
	t.vector = v.Vector
	if len(t.disk.rotten) == 0 {
		for f, d := range t.mine {
			if o, ok := t.disk.op(d); t.owes[f] && (!ok || form(o.Header.Nonce) != f) {
				w.fail(I7, "tablet %d does not see its own entry %x (%s; it is at %s)", t.at, f, d, forms(t.disk.all())[f])
			}
		}
	}
	w.checked(I6)
	w.checked(I8)
	for _, n := range v.Notes {
		for _, h := range n.Heads {
			o, _ := t.disk.op(h.Dot)
			for i, d := range o.Header.Over {
				if was, ok := t.disk.op(d); ok && len(o.Header.Marks) == 2*len(o.Header.Over) && !bytes.Equal(was.Commit[:2], o.Header.Marks[2*i:2*i+2]) {
					continue // another op had that dot
				}
				if slices.ContainsFunc(n.Heads, func(g flightsync.Head) bool { return g.Dot == d && d != h.Dot && (h.Resolve || !g.Resolve) }) {
					w.fail(I6, "tablet %d shows %s and %s, which it supersedes", t.at, h.Dot, d)
				}
			}
		}
		if n.Note.Words == "" {
			continue
		}
		if n.Retracted != "" {
			t.retired[n.Note.Words] = true
		} else if t.retired[n.Note.Words] {
			w.fail(I8, "tablet %d shows %s again after its retract", t.at, n.Note.Words)
		}
		if _, ok := w.truth.notes[n.Note.Words]; !ok {
			w.fail(I10, "tablet %d shows a note %q that this flight's ground never wrote", t.at, n.Note.Words)
		}
	}
	if s := v.Sums(); !s.Close() {
		w.fail(I1, "tablet %d: sums do not close: %+v", t.at, s)
	}
	return v
}

// told reads which ops a have op says are held.
func told(o flightsync.Op) (flightsync.Vector, bool) {
	if o.Header.Kind != flightsync.KindHave || o.IsStub() || o.Poison != "" {
		return nil, false
	}
	_, data, _ := proto(o.Content(), 0)
	v, err := flightsync.UnpackVector(data[1])
	return v, err == nil
}

// tellsTrue checks that a tablet says of no op that it holds it while it does not (I6). What it wrote
// long ago comes again with its own lane and is not judged.
func (t *tablet) tellsTrue(ev flightsync.Event, ops []flightsync.Op) {
	if r, ok := ev.(flightsync.Receive); ok && slices.ContainsFunc(r.Runs, func(r flightsync.Run) bool { return r.Author == t.me() }) {
		return
	}
	for _, o := range ops {
		if v, ok := told(o); ok && o.Dot.Author == t.me() {
			t.w.checked(I6)
			if held := t.disk.state.Vector(); !held.CoversAll(v) {
				t.w.fail(I6, "tablet %d says it holds %v and holds %v", t.at, v, held)
			}
		}
	}
}

// tellsAll checks that a tablet at rest has said of every note that it holds it: whether one was
// delivered rests on that (I9).
func (t *tablet) tellsAll() {
	t.w.checked(I9)
	var said []flightsync.Vector
	for a := range t.ours() {
		if a < flightsync.MaxAuthors {
			for _, o := range t.disk.lanes[a] {
				if v, ok := told(o); ok {
					said = append(said, v)
				}
			}
		}
	}
	for _, o := range t.disk.lanes[flightsync.Notes] {
		if o.Header.Kind == flightsync.KindNote && !slices.ContainsFunc(said, func(v flightsync.Vector) bool { return v.Covers(o.Dot) }) {
			t.w.fail(I9, "tablet %d has never said that it holds note %s", t.at, o.Dot)
			return
		}
	}
}

// noPlaintext checks that a replica which holds an erase order holds nothing of what it names (I14).
func (w *world) noPlaintext(t *tablet) {
	w.checked(I14)
	for d := range t.orders() {
		if o, ok := t.disk.op(d); ok && !o.IsStub() {
			w.fail(I14, "tablet %d holds the text of %s, which was erased", t.at, d)
		}
	}
}

// holdsOrder reports whether a store holds an erase op in a lane that counts as ground's there.
func (w *world) holdsOrder(d *disk, order flightsync.Hash) bool {
	var view *flightsync.View
	for a, l := range d.lanes {
		for _, o := range l {
			if o.Commit != order || o.Header.Kind != flightsync.KindErase {
				continue
			}
			if a == int(flightsync.Admin) {
				return true
			}
			if view == nil {
				view = flightsync.Fold(d.all())
			}
			e, ok := view.Member(flightsync.Author(a))
			return ok && e.Class == flightsync.AdminLane
		}
	}
	return false
}

func (w *world) textGone(d *disk, kept []flightsync.Op, text string, at int) {
	for _, l := range d.lanes {
		for _, o := range l {
			if len(o.Body) > 0 && !d.rotten[o.Dot] && bytes.Contains(o.Body, []byte(text)) {
				w.fail(I14, "address %d holds the text of %s (%s), which was erased", at, o.Dot, text)
				return
			}
		}
	}
	for _, o := range kept {
		if bytes.Contains(o.Body, []byte(text)) {
			w.fail(I14, "tablet %d keeps the text of %s (%s), which was erased", at, o.Dot, text)
		}
	}
}

// checkSome compares one replica with the model.
func (w *world) checkSome() {
	ops, who := w.ground.disk.all(), 0
	if i := w.rng.IntN(len(w.tablets) + 1); i > 0 {
		t := w.tablets[i-1]
		if t.lost || t.purged || t.rep == nil {
			return
		}
		ops, who = t.disk.all(), i
		ops = t.program(ops)
		w.compare(flightsync.Fold(slices.Clone(ops)), t.disk.all(), who)
		return
	}
	w.compare(w.ground.fold(), ops, who)
}

// compare holds a view against the model; the invariant is that of the first line that differs.
func (w *world) compare(v *flightsync.View, ops []flightsync.Op, who int) {
	got, want := render(v), model(ops)
	for _, i := range []string{I1, I6, I9, I10, I11} {
		w.checked(i)
	}
	if slices.Equal(got, want) {
		return
	}
	g, m := minus(got, want), minus(want, got)
	first := strings.Fields(append(slices.Clone(m), g...)[0])[0]
	name := map[string]string{"quarantine": I11, "skewed": I11, "head": I9, "traveller": I9, "movement": I10, "reported": I10, "closed": I10, "sealed": I10, "verdict": I10}[first]
	if name == "" {
		name = I1
	}
	w.fail(name, "address %d sees\n\t\t%s\n\twhere the model has\n\t\t%s", who, strings.Join(g, "\n\t\t"), strings.Join(m, "\n\t\t"))
}

func minus(a, b []string) (out []string) {
	for _, s := range a {
		if !slices.Contains(b, s) {
			out = append(out, s)
		}
	}
	return out
}

// shuffled checks that order and repetition do not matter (I1).
func (w *world) shuffled(ops []flightsync.Op, want *flightsync.View) {
	w.checked(I1)
	ops = append(slices.Clone(ops), ops[:len(ops)/2]...)
	w.rng.Shuffle(len(ops), func(i, j int) { ops[i], ops[j] = ops[j], ops[i] })
	if got := flightsync.Fold(ops); !reflect.DeepEqual(got, want) {
		w.fail(I1, "the order of arrival changes the view")
	}
}
