package sim

import (
	"cmp"
	"slices"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// exchange takes a request of the tablet at an address as one transaction and answers it; nil
// when no answer is sent.
func (g *ground) exchange(from int, req flightsync.Request) (res *flightsync.Response) {
	w := g.w
	if !g.up || req.Group != w.group {
		return nil
	}
	if from > len(w.tablets) { // a stranger has no certificate of the roster
		return nil
	}
	device := w.tablets[from-1].device
	w.res.Exchanges++
	var changed []flightsync.Dot
	var notes []flightsync.RunNote
	serve := func() error {
		ready, err := g.take(req.Runs, device)
		if err != nil {
			return err
		}
		w.odd(ready.Notes)
		notes = ready.Notes
		changed = ready.Changed
		if err := g.obey(ready); err != nil {
			return err
		}
		if err := g.bind(device, req); err != nil {
			return err
		}
		if err := g.verdicts(changed); err != nil {
			return err
		}
		changed = g.effect(changed, req)
		answer, err := g.step(flightsync.Answer{Request: req, Notes: ready.Notes, Leaving: g.tables.removed[device]})
		if err != nil {
			return err
		}
		res = answer.Response
		return nil
	}
	if w.planted(AnswerBeforeCommit) && g.disk.ends > 0 && g.disk.ends < g.disk.calls+8 {
		g.disk.ends, g.disk.fired = 0, true
		g.disk.begin()
		if err := serve(); err != nil {
			res = nil
		}
		g.disk.rollback()
		g.crash()
		return res
	}
	if !g.tx(serve) {
		return nil
	}
	w.fits(res.Runs, req.Budget, notes...)
	if w.planted(ClaimGap) && res.Have.Of(req.Me) > 0 {
		res.Have = slices.Clone(res.Have).Set(req.Me, res.Have.Of(req.Me)+1)
	}
	for a, n := range res.Have {
		if g.said.Of(flightsync.Author(a)) < n {
			g.said = g.said.Set(flightsync.Author(a), n)
		}
	}
	g.tell(changed)
	if len(res.Receipts) > 0 {
		w.reached("a late tablet got a receipt")
	}
	w.log("ground answers %d %v", req.Me, res.Have)
	return res
}

// take steps the runs of a tablet; branches get a home in the same transaction.
func (g *ground) take(runs []flightsync.Run, device int) (flightsync.Ready, error) {
	w := g.w
	runs = g.taken(runs)
	ready, err := g.step(flightsync.Receive{Runs: runs})
	if err != nil {
		return ready, err
	}
	next := g.next()
	homes := g.rep.Homes(ready.Notes, func() flightsync.Author { next++; return next - 1 })
	for _, n := range ready.Notes {
		if n.What == flightsync.FaultFork && n.Seq > 0 && !slices.ContainsFunc(homes, func(h flightsync.Home) bool { return h.Branch.Fork == n.Fork }) && g.rep.Full(n.Author) {
			w.reached("a branch beyond the bound stayed with its tablet")
			w.truth.crowded = true
		}
	}
	if len(homes) == 0 || w.planted(NeverRehome) {
		return ready, nil
	}
	changed := ready.Changed
	for _, h := range homes {
		if _, err := g.step(flightsync.Bind{Entry: h.Branch}); err != nil {
			return ready, err
		}
	}
	if ready, err = g.step(flightsync.Receive{Runs: runs}); err != nil {
		return ready, err
	}
	ready.Changed = append(changed, ready.Changed...)
	for _, h := range homes {
		if h.Live == nil {
			w.reached("a branch of ground's own was re-homed")
			h.Branch.Removed = true
			if _, err := g.put(flightsync.Admin, h.Branch.Draft()); err != nil {
				return ready, err
			}
			g.forgive(h.Branch.Fork)
			continue
		}
		w.reached("a branch of a tablet was re-homed")
		for _, e := range []*flightsync.RosterEntry{&h.Branch, h.Live} {
			owner := g.deviceOf(h.Branch.Fork.Of)
			e.Tablet, e.Role = tabletID(owner), g.tables.role[owner]
		}
		set(g, g.tables.bound, binding{g.deviceOf(h.Branch.Fork.Of), h.Live.Incarnation}, h.Live.Author)
		if _, err := g.put(flightsync.Admin, h.Branch.Draft(), h.Live.Draft()); err != nil {
			return ready, err
		}
	}
	return ready, nil
}

// obey drops bodies that ground had ordered erased before its database came from a backup, and
// orders those that came since under a further dot.
func (g *ground) obey(ready flightsync.Ready) error {
	if len(ready.Changed) == 0 || len(g.w.truth.erased) == 0 {
		return nil
	}
	v := g.fold()
	ordered := map[flightsync.Dot]bool{}
	for _, d := range v.Erased {
		ordered[d] = true
	}
	var more []flightsync.Dot
	for twin, d := range v.Repeated {
		if ordered[d] != ordered[twin] {
			more = append(more, d, twin)
		}
	}
	more = slices.DeleteFunc(more, func(d flightsync.Dot) bool { return ordered[d] })
	slices.SortFunc(more, func(a, b flightsync.Dot) int {
		return cmp.Or(cmp.Compare(a.Author, b.Author), cmp.Compare(a.Seq, b.Seq))
	})
	if more = slices.Compact(more); len(more) > 0 {
		g.w.reached("an erased entry came again")
		if _, err := g.put(flightsync.Admin, flightsync.EraseDraft(more)); err != nil {
			return err
		}
	}
	var dots []flightsync.Dot
	for _, d := range append(slices.Clone(v.Erased), more...) {
		if o, ok := g.disk.op(d); ok && !o.IsStub() {
			dots = append(dots, d)
		}
	}
	if len(dots) == 0 {
		return nil
	}
	_, err := g.step(flightsync.EraseBodies{Dots: dots})
	return err
}

// forgive: in its own lanes ground's vector may go back when a branch moves.
func (g *ground) forgive(f flightsync.Fork) {
	if g.said.Of(f.Of) > f.At {
		g.said = g.said.Set(f.Of, f.At)
	}
	if g.in.Author == f.Of && g.in.Seq > f.At {
		for _, l := range g.disk.state.Lanes {
			if l.Fork == f {
				g.in = flightsync.Dot{Author: l.Author, Seq: g.in.Seq - f.At}
			}
		}
	}
}

// deviceOf returns whose lane an author index is.
func (g *ground) deviceOf(a flightsync.Author) int {
	for _, l := range g.disk.state.Lanes {
		if l.Author == a && len(l.Key.Bytes) == 2 {
			return int(l.Key.Bytes[1]) - 1
		}
	}
	return -1
}

func tabletID(device int) passenger.TabletID { return passenger.TabletID{byte(device + 1)} }

// next returns an author index that nobody has.
func (g *ground) next() flightsync.Author {
	next := max(flightsync.FirstTablet, g.floor)
	for _, a := range g.tables.bound {
		next = max(next, a+1)
	}
	for _, l := range g.disk.state.Lanes {
		next = max(next, l.Author+1)
	}
	return next
}

// bind gives a tablet's store an author index.
func (g *ground) bind(device int, req flightsync.Request) error {
	b := binding{device, req.Incarnation}
	if _, known := g.tables.bound[b]; known || req.Me != flightsync.Nobody {
		return nil
	}
	a := g.next()
	if a >= flightsync.MaxAuthors {
		g.w.reached("no author index was left")
		return nil
	}
	set(g, g.tables.bound, b, a)
	if _, ok := g.tables.role[device]; !ok {
		role := passenger.Cabin
		switch device {
		case 0:
			role = passenger.Lead
		case 1:
			role = passenger.Purser
		}
		set(g, g.tables.role, device, role)
	}
	_, err := g.put(flightsync.Admin, g.entry(device, a, req.Incarnation).Draft())
	return err
}

func (g *ground) entry(device int, a flightsync.Author, inc flightsync.Incarnation) flightsync.RosterEntry {
	return flightsync.RosterEntry{Author: a, Class: flightsync.TabletLane, Tablet: tabletID(device), Incarnation: inc, Key: devKey(device + 1),
		Role: g.tables.role[device], Removed: g.tables.removed[device]}
}

// verdicts answers what came of tablets: once for each op.
func (g *ground) verdicts(changed []flightsync.Dot) error {
	sealed := g.disk.state.Sealed
	var ds []flightsync.Draft
	for _, d := range changed {
		o, ok := g.disk.op(d)
		if _, entered := formOf(o); !ok || !entered || g.tables.verdicts[d] && !g.w.planted(VerdictTwice) || g.class(d.Author) != flightsync.TabletLane {
			continue
		}
		set(g, g.tables.verdicts, d, true)
		x := flightsync.Verdict{Author: d.Author, From: d.Seq, To: d.Seq, Code: flightsync.VerdictReceived}
		switch {
		case o.IsStub():
			x.Code = flightsync.VerdictErased
		case sealed:
			x.Code = flightsync.VerdictLate
			g.w.reached("an entry came after the seal")
		}
		ds = append(ds, x.Draft())
		if g.w.planted(VerdictTwice) && g.w.chance(0.1) {
			ds = append(ds, x.Draft())
		}
	}
	if len(ds) == 0 {
		return nil
	}
	_, err := g.put(flightsync.Admin, ds...)
	return err
}

func (g *ground) class(a flightsync.Author) flightsync.Class {
	l, _ := g.disk.state.Lane(a)
	return l.Class
}

// effect writes what the CRM is to be told, in the transaction: an entry once, under whatever dot
// it comes. What is told twice after a restore is known there by the entry.
func (g *ground) effect(changed []flightsync.Dot, req flightsync.Request) (tell []flightsync.Dot) {
	if g.w.planted(SkipDedupe) {
		changed = nil
		for _, run := range req.Runs {
			for i := range run.Ops {
				changed = append(changed, flightsync.Dot{Author: run.Author, Seq: run.First + uint64(i)})
			}
		}
	}
	for _, d := range changed {
		o, _ := g.disk.op(d)
		if f, ok := formOf(o); ok && (!g.tables.worked[f] || g.w.planted(SkipDedupe)) {
			set(g, g.tables.worked, f, true)
			tell = append(tell, d)
		}
	}
	return tell
}

// tell delivers the effects of a transaction. The CRM knows a dot that it was told before.
func (g *ground) tell(changed []flightsync.Dot) {
	for _, d := range changed {
		o, ok := g.disk.op(d)
		f, entered := formOf(o)
		if !ok || !entered || g.class(d.Author) != flightsync.TabletLane {
			continue
		}
		g.effects[f]++
		g.w.checked(I3)
		if !g.w.truth.filled[f] && o.Header.Kind == flightsync.KindGesture {
			g.w.fail(I3, "the effect of gesture %s was worked, which nobody gave", d)
		}
		if g.effects[f] > 1 && g.w.truth.restored == 0 {
			g.w.fail(I3, "the effect of entry %x (op %s) was worked %d times", f, d, g.effects[f])
		}
	}
}
