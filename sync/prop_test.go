package sync

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cabinloop/cabinloop/passenger"
)

// flight draws a whole flight: ground and tablets that write and exchange at random. It
// returns the crew with everybody where the flight left them, not in step.
func flight(t *rapid.T, tb testing.TB) *crew {
	c := newCrew(tb, rapid.IntRange(1, 4).Draw(t, "tablets"))
	pick := func(n int, what string) int { return rapid.IntRange(0, n-1).Draw(t, what) }
	for step := range rapid.IntRange(0, 40).Draw(t, "steps") {
		form := [8]byte{byte(step), 1}
		i := pick(len(c.tablets), "tablet")
		tablet := c.tablets[i]
		notes := tablet.view().Notes
		switch k := pick(12, "step"); {
		case k == 0:
			c.ground.write(Notes, NoteDraft(testNote(passenger.TravellerNo(1+pick(2, "no")))))
		case k == 1:
			if all := c.ground.view().Notes; len(all) > 0 {
				lane := []Author{Notes, Safety}[pick(2, "lane")]
				n := all[pick(len(all), "note")]
				c.ground.write(lane, RetractDraft(n.Dot, n.Note.Traveller, RetractMoved))
			}
		case k == 2:
			switch closes := c.ground.view().Closes; pick(6, "admin") {
			case 0:
				c.ground.write(Admin, CloseDraft([]string{"in", NoMovement}[pick(2, "reason")]))
			case 1:
				if len(closes) > 0 {
					c.ground.write(Admin, ReopenDraft(closes[:1+pick(len(closes), "closes")]))
				}
			case 2:
				tablet.write(author(i), []Draft{FinDraft(), FinDraft(tablet.view().Reopened...), CloseDraft("in"), ReopenDraft(closes)}[pick(4, "hand")])
			default:
				w := passenger.Movements[pick(len(passenger.Movements), "movement")]
				c.ground.write(Admin, MovementFact{Word: w, At: t0}.Draft())
			}
		case k == 3:
			if all := c.ground.view().Notes; len(all) > 0 && pick(4, "erase") == 0 {
				d := []Dot{all[pick(len(all), "note")].Dot}
				c.ground.write(Admin, EraseDraft(d))
				c.ground.do(EraseBodies{Dots: d})
			}
		case k == 4:
			c.ground.write(Manifest, ChangeDraft(Traveller{No: passenger.TravellerNo(1 + pick(4, "no")), Name: "Mx T. Sample", Seat: "9A"}))
		case k == 5:
			tr, _ := tablet.view().Traveller(1)
			tablet.write(author(i), SeatNowDraft(1, passenger.Seat([]string{"1A", "2B", "3C"}[pick(3, "seat")]), tr.SeatDots, form))
		case k <= 8 && len(notes) > 0:
			n := notes[pick(len(notes), "note")]
			fb := []passenger.Feedback{acted(), declined(), notPossible()}[pick(3, "outcome")]
			switch pick(5, "what") {
			case 0:
				tablet.write(author(i), SeenDraft(n.Dot))
			case 1:
				tablet.write(author(i), Gesture{Code: passenger.Drink, Quantity: 1, Traveller: 1, Note: n.Dot}.Draft([8]byte{byte(pick(3, "form")) + 1}))
			case 2:
				tablet.write(author(i), ResolveDraft(n.Dot, n.Note.Traveller, fb, n.HeadDots(), form))
			default:
				tablet.write(author(i), OutcomeDraft(n.Dot, n.Note.Traveller, fb, n.HeadDots(), form))
			}
		case k == 9 && len(c.tablets) > 1:
			if j := pick(len(c.tablets), "peer"); j != i {
				c.gossip(i, j)
			}
		default:
			c.once(i, []int{0, 1, 200, 1000}[pick(4, "budget")])
		}
	}
	return c
}

func (c *crew) everything() (ops []Op) {
	for _, n := range append(slices.Clone(c.tablets), c.ground) {
		ops = append(ops, n.ops()...)
	}
	return ops
}

// Order, duplication and batching do not matter to the fold.
func TestPropFoldIsAFunctionOfTheSet(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ops := flight(rt, t).everything()
		want := Fold(ops)
		if s := want.Sums(); !s.Close() {
			rt.Fatalf("sums do not close: %+v", s)
		}
		shuffled := rapid.Permutation(ops).Draw(rt, "order")
		for range rapid.IntRange(0, 5).Draw(rt, "again") {
			shuffled = append(shuffled, shuffled[rapid.IntRange(0, len(ops)-1).Draw(rt, "which")])
		}
		kept := slices.Clone(shuffled)
		if diff := cmp.Diff(want, Fold(shuffled)); diff != "" {
			rt.Fatalf("order or duplication matters:\n%s", diff)
		}
		if diff := cmp.Diff(kept, shuffled); diff != "" {
			rt.Fatal("fold changed its input")
		}
	})
}

// dumbNote is what the naive model says of a note.
type dumbNote struct {
	retracted, delivered, seen bool
	heads                      []Dot
}

// dumb is the naive model: for each note it looks at every op, again and again.
func dumb(ops []Op, lead Author) map[Dot]dumbNote {
	all := map[Dot]Op{}
	erased := map[Dot][]Dot{}
	for _, o := range ops {
		if old, ok := all[o.Dot]; !ok || old.IsStub() {
			all[o.Dot] = o
		}
		if o.Header.Kind == KindErase {
			for _, d := range o.Header.Over {
				erased[d] = append(erased[d], o.Dot)
			}
		}
	}
	out := map[Dot]dumbNote{}
	for d, o := range all {
		if o.Header.Kind != KindNote {
			continue
		}
		n := dumbNote{retracted: len(erased[d]) > 0}
		back := erased[d]
		gone := map[Dot]bool{}
		var outs []Op
		for _, x := range all {
			switch k := x.Header.Kind; {
			case x.Header.Entity != d:
			case k == KindRetract:
				n.retracted, back = true, append(back, x.Dot)
			case k == KindSeen:
				n.seen = true
			case k == KindOutcome, k == KindResolve && x.Dot.Author == lead:
				n.seen = true
				outs = append(outs, x)
				for _, g := range x.Header.Over {
					if all[g].Header.Kind != KindResolve || x.Dot.Author == lead { // what a lead decided, a lead undoes
						gone[g] = true
					}
				}
			}
		}
		for _, x := range outs {
			if !gone[x.Dot] {
				n.heads = append(n.heads, x.Dot)
			}
		}
		for _, x := range all {
			if x.Header.Kind != KindHave {
				continue
			}
			have, _ := decodeHave(x.Content())
			counts := have.Covers(d) && !slices.ContainsFunc(back, have.Covers)
			for _, y := range all {
				if m, err := decodeMovement(y.Content()); y.Header.Kind == KindMovement && err == nil && m.Word == passenger.In && have.Covers(y.Dot) {
					counts = false
				}
			}
			n.delivered = n.delivered || counts
		}
		n.delivered = n.delivered || n.seen
		slices.SortFunc(n.heads, compareDots)
		out[d] = n
	}
	return out
}

// dumbCloses looks for the closes of ground that no reopening of ground names, and for the hand-ins
// that stand.
func dumbCloses(ops []Op) (closed bool, fins map[Author]uint64) {
	all := map[Dot]Op{}
	last := map[Author]uint64{}
	for _, o := range ops {
		all[o.Dot] = o
		if o.Header.Kind != KindHave {
			last[o.Dot.Author] = max(last[o.Dot.Author], o.Dot.Seq)
		}
	}
	fins = map[Author]uint64{}
	var reopened Dot
	for _, o := range all {
		if o.Header.Kind == KindReopen && o.Dot.Author == Admin && o.Dot.Seq > reopened.Seq {
			reopened = o.Dot
		}
	}
	for _, o := range all {
		counts := o.Header.Kind == KindClose && o.Dot.Author == Admin
		for _, r := range all {
			counts = counts && !(r.Header.Kind == KindReopen && r.Dot.Author == Admin && slices.Contains(r.Header.Over, o.Dot))
		}
		closed = closed || counts
		if o.Header.Kind == KindFin && last[o.Dot.Author] == o.Dot.Seq && (reopened.IsZero() || slices.Contains(o.Header.Over, reopened)) {
			fins[o.Dot.Author] = o.Dot.Seq
		}
	}
	return closed, fins
}

func TestPropFoldAgreesWithTheNaiveModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ops := flight(rt, t).everything()
		v := Fold(ops)
		closed, fins := dumbCloses(ops)
		if diff := cmp.Diff(fins, v.Fins); closed != (v.Closed != "") || closed != (len(v.Closes) > 0) || diff != "" {
			rt.Fatalf("closed %v, the fold says %q %v; hand-ins (-naive +fold):\n%s", closed, v.Closed, v.Closes, diff)
		}
		got := map[Dot]dumbNote{}
		for _, n := range v.Notes {
			heads := n.HeadDots()
			slices.SortFunc(heads, compareDots)
			got[n.Dot] = dumbNote{n.Retracted != "", n.Delivered, n.Seen(), heads}
		}
		if diff := cmp.Diff(dumb(ops, author(0)), got, cmp.AllowUnexported(dumbNote{})); diff != "" {
			rt.Fatalf("(-naive +fold):\n%s", diff)
		}
	})
}

// fork copies a node with its store.
func (n *node) fork() *node {
	c := &node{tb: n.tb, store: n.store.Clone(), salt: n.salt, key: n.key}
	c.reload()
	return c
}

// pull merges everything that from holds into n, as a reader that writes nothing.
func (n *node) pull(from *node) *node {
	n.do(Receive{Runs: from.do(Answer{Request: Request{Group: n.State().Group, Me: Nobody, Have: n.State().Vector()}}).Response.Runs})
	return n
}

// Merging replicas is commutative, associative and idempotent, by op sets and by views.
func TestPropMerge(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := flight(rt, t)
		nodes := append(slices.Clone(c.tablets), c.ground)
		pick := func(what string) *node { return nodes[rapid.IntRange(0, len(nodes)-1).Draw(rt, what)] }
		x, y, z := pick("x"), pick("y"), pick("z")
		for name, pair := range map[string][2]*node{
			"x∪y = y∪x":         {x.fork().pull(y), y.fork().pull(x)},
			"(x∪y)∪z = x∪(y∪z)": {x.fork().pull(y).pull(z), x.fork().pull(y.fork().pull(z))},
			"x∪x = x":           {x.fork().pull(x), x},
			"(x∪y)∪y = x∪y":     {x.fork().pull(y).pull(y), x.fork().pull(y)},
		} {
			a, b := pair[0], pair[1]
			if a.State().Digest() != b.State().Digest() {
				rt.Fatalf("%s: %v and %v", name, a.State().Vector(), b.State().Vector())
			}
			if diff := cmp.Diff(withoutStubs(a), withoutStubs(b)); diff != "" {
				rt.Fatalf("%s:\n%s", name, diff)
			}
		}
	})
}

// withoutStubs is the view after each erasure that is ordered is done: a stub and its op are
// one op, and a replica shows neither.
func withoutStubs(n *node) *View { return Fold(n.ops()) }

// Whatever is delivered in which pieces: no vector claims a gap, replicas converge, and
// everybody's sums close all the time.
func TestPropDeliveryInPieces(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := flight(rt, t)
		all := c.tablets[0].fork()
		for _, n := range append(slices.Clone(c.tablets), c.ground) {
			all.pull(n)
		}
		late := newNode(t, passenger.FlightID{1}, Nobody, 250)
		var runs []Run
		for _, l := range all.State().Lanes {
			for first := uint64(1); first <= l.Seq; {
				n := rapid.IntRange(1, 8).Draw(rt, "piece")
				run, _, err := all.Replica.run(l, first, 1<<20, n, true)
				if err != nil {
					rt.Fatal(err)
				}
				if len(run.Sig) == 0 {
					run.Sig, _ = testSign(all.key)(all.claim(l, run.last(), run.Head).Message(all.st.Group))
				}
				runs = append(runs, run)
				first += uint64(len(run.Ops))
			}
		}
		for range len(runs) + 1 { // pieces behind a hole are refused and come again
			order := rapid.Permutation(runs).Draw(rt, "order")
			size := rapid.IntRange(1, 4).Draw(rt, "batch")
			for batch := range slices.Chunk(order, size) {
				late.do(Receive{Runs: batch})
				for _, l := range late.State().Lanes {
					n := uint64(0)
					_ = late.store.Ops(l.Author, 1, func(Op) bool { n++; return true })
					if n != l.Seq {
						rt.Fatalf("author %d: claims %d ops, holds %d", l.Author, l.Seq, n)
					}
				}
			}
			if s := late.view().Sums(); !s.Close() {
				rt.Fatalf("sums do not close: %+v", s)
			}
			if late.State().Digest() == all.State().Digest() {
				break
			}
		}
		if diff := cmp.Diff(withoutStubs(all), late.view()); diff != "" {
			rt.Fatalf("another view than the whole:\n%s", diff)
		}
	})
}

// After any flight a few exchanges bring everybody in step.
func TestPropConvergence(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := flight(rt, t)
		c.all()
		c.same()
		if t.Failed() {
			rt.Fatal("not in step")
		}
	})
}
