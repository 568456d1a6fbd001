package sync

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/passenger"
)

// crew is ground with tablets that are bound, rostered and in step: tablet i has author index
// FirstTablet+i; the first is lead, the others cabin.
type crew struct {
	tb      testing.TB
	ground  *node
	tablets []*node
	peer    []Vector // what each tablet last heard of ground
	talk    map[int]Talk
	next    Author
	salts   byte
}

func newCrew(tb testing.TB, n int) *crew {
	tb.Helper()
	group := passenger.FlightID{1}
	c := &crew{tb: tb, ground: newNode(tb, group, Admin, 1), talk: map[int]Talk{}, next: FirstTablet + Author(n)}
	c.ground.write(Admin, testGenesis().Draft())
	for i := range n {
		a := FirstTablet + Author(i)
		c.tablets = append(c.tablets, newNode(tb, group, Nobody, byte(10+i)))
		c.peer = append(c.peer, nil)
		role := passenger.Cabin
		if i == 0 {
			role = passenger.Lead
		}
		c.ground.write(Admin, RosterEntry{Author: a, Class: TabletLane, Tablet: passenger.TabletID{byte(i + 1)}, Role: role, Incarnation: Incarnation{byte(10 + i)}, Key: testKey(string([]byte{byte(10 + i)}))}.Draft())
	}
	c.ground.write(Manifest, PageDrafts([]Traveller{{No: 1, Name: "Ms J. Jansen", Seat: "14C"}, {No: 2, Name: "Mr P. Boer", Seat: "2A"}})...)
	for i := range n {
		c.sync(i)
	}
	return c
}

func testGenesis() Genesis {
	return Genesis{Key: passenger.FlightKey{Carrier: "KL", Number: 641, Date: "2026-11-21", Departure: "AMS", Attempt: 1}, Arrival: "JFK", STD: t0, STA: t0.Add(8 * 3600e9)}
}

func author(i int) Author { return FirstTablet + Author(i) }

// sync runs exchanges of tablet i with ground until nothing is left either way.
func (c *crew) sync(i int) {
	c.tb.Helper()
	for range 500 {
		moved := c.once(i, 0)
		if !moved {
			return
		}
	}
	c.tb.Fatal("does not come to an end")
}

// once runs one exchange of tablet i with ground; it reports whether anything moved.
func (c *crew) once(i, budget int) bool {
	c.tb.Helper()
	t := c.tablets[i]
	talk := c.talk[i]
	talk.Peer = c.peer[i]
	req := t.do(talk.Ask(budget, 0)).Request
	up := c.take(req.Runs)
	res := c.ground.do(Answer{Request: *req, Notes: up.Notes}).Response
	down := t.do(c.answered(res))
	talk.Heard(*res, down, t.State())
	c.talk[i], c.peer[i] = talk, talk.Peer
	return len(up.Changed)+len(down.Changed) > 0 || !talk.Done(t.State())
}

// take is ground's side of an exchange: branches get a home at once.
func (c *crew) take(runs []Run) Ready {
	c.tb.Helper()
	up := c.ground.do(Receive{Runs: runs})
	homes := c.ground.Homes(up.Notes, func() Author { c.next++; return c.next - 1 })
	if len(homes) == 0 {
		return up
	}
	for _, h := range homes {
		c.ground.do(Bind{Entry: h.Branch})
	}
	again := c.ground.do(Receive{Runs: runs})
	for _, h := range homes {
		c.ground.write(Admin, h.Branch.Draft())
		if h.Live != nil {
			h.Live.Tablet, h.Live.Role = passenger.TabletID{1}, passenger.Lead
			c.ground.write(Admin, h.Live.Draft())
		}
	}
	again.Changed = append(up.Changed, again.Changed...)
	return again
}

func (c *crew) answered(res *Response) Receive {
	c.salts++
	return Receive{Runs: res.Runs, Receipts: res.Receipts, Peer: res.Have, Have: true, Salt: [SaltSize]byte{c.salts, 0xff}}
}

// gossip runs one exchange between tablets i (asking) and j.
func (c *crew) gossip(i, j int) {
	c.tb.Helper()
	a, b := c.tablets[i], c.tablets[j]
	req := a.do(Ask{}).Request
	c.salts++
	b.do(Receive{Runs: req.Runs, Have: true, Salt: [SaltSize]byte{c.salts, 0xfe}})
	res := b.do(Answer{Request: *req}).Response
	a.do(c.answered(res))
}

// all brings everybody in step: twice round, so that what the last tablet sent reaches the first.
func (c *crew) all() {
	c.tb.Helper()
	for range 2 {
		for i := range c.tablets {
			c.sync(i)
		}
	}
}

// strip drops a body that nobody ordered erased.
func (n *node) strip(d Dot) {
	n.tb.Helper()
	if err := n.store.Apply(Batch{State: n.State(), Stubs: []Dot{d}}); err != nil {
		n.tb.Fatal(err)
	}
}

func (n *node) view() *View {
	n.tb.Helper()
	v, err := FoldStorage(n.store)
	if err != nil {
		n.tb.Fatal(err)
	}
	return v
}

func (n *node) note(d Dot) NoteView {
	n.tb.Helper()
	v, ok := n.view().Note(d)
	if !ok {
		n.tb.Fatalf("note %s is not in the view", d)
	}
	return v
}

func (n *node) ops() []Op {
	n.tb.Helper()
	var out []Op
	for _, l := range n.State().Lanes {
		if err := n.store.Ops(l.Author, 1, func(o Op) bool { out = append(out, o); return true }); err != nil {
			n.tb.Fatal(err)
		}
	}
	return out
}

// same checks that everybody holds the same and sees the same, and that the sums close.
func (c *crew) same() *View {
	c.tb.Helper()
	want := c.ground.view()
	for i, t := range c.tablets {
		if t.State().Digest() != c.ground.State().Digest() {
			c.tb.Errorf("tablet %d holds %v, ground %v", i, t.State().Vector(), c.ground.State().Vector())
		}
		if diff := cmp.Diff(want, t.view()); diff != "" {
			c.tb.Errorf("tablet %d sees something else (-ground +tablet):\n%s", i, diff)
		}
	}
	if s := want.Sums(); !s.Close() {
		c.tb.Errorf("sums do not close: %+v", s)
	}
	return want
}

func acted() passenger.Feedback { return passenger.Feedback{Outcome: passenger.Acted} }

func declined() passenger.Feedback { return passenger.Feedback{Outcome: passenger.Declined} }

func reasons(v *View) map[Dot]string {
	out := map[Dot]string{}
	for _, q := range v.Quarantine {
		out[q.Dot] = q.Reason
	}
	return out
}

// makeOp builds an op of any author, as a program with other rules would write it.
func makeOp(d Dot, h Header, content ...byte) Op {
	o := Op{Dot: d, Header: h, Head: h.encode(), Body: append(make([]byte, SaltSize), content...)}
	o.Commit = commit(o.Body)
	return o
}

// makeRun chains raw ops as their author would, from the start of the lane.
func makeRun(group passenger.FlightID, a Author, inc Incarnation, key string, raws ...[]byte) Run {
	r := Run{Author: a, First: 1, Ops: raws, Head: chainStart(group, a, inc)}
	for i, raw := range raws {
		if o, err := ParseOp(Dot{a, uint64(i + 1)}, raw); err == nil {
			r.Head = chainNext(r.Head, o)
		}
	}
	r.Sig, _ = testSign(key)(Claim{a, inc, r.last(), r.Head}.Message(group))
	return r
}
