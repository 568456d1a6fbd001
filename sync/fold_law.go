package sync

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"github.com/cabinloop/cabinloop/passenger"
)

// law is what the admin lanes say about the other ops: who writes which lane, where a lane
// ends, what was erased, and who may settle a dispute on board.
type law struct {
	class  map[Author]Class
	roster map[Author]RosterEntry
	cuts   map[Author]uint64
	erased map[Dot][]Dot // by which erase ops
	leads  map[Author]bool
	window Window
	same   map[Dot]Dot // an entry under a further dot: the dot that counts
}

func (l law) isErased(d Dot) bool { return len(l.erased[d]) > 0 }

func (l law) isCut(d Dot) bool {
	cut, ok := l.cuts[d.Author]
	return ok && d.Seq > cut
}

// readLaw reads the admin lanes of ops, which are sorted by dot. A roster op may bind a further
// admin lane (ground binds new indexes after a restore) or say where a branch is, so it reads until
// those stay.
func readLaw(ops []Op) law {
	l := law{class: map[Author]Class{Admin: AdminLane}}
	for range MaxAuthors {
		next := lawUnder(ops, l)
		if maps.Equal(l.class, next.class) && maps.Equal(l.roster, next.roster) {
			return next
		}
		l = next
	}
	return l
}

// lawUnder reads the law, taking lanes and branches for what they were before.
func lawUnder(ops []Op, before law) law {
	l := law{class: map[Author]Class{Admin: AdminLane, Safety: SafetyLane, Manifest: ManifestLane, Notes: NotesLane},
		roster: map[Author]RosterEntry{}, cuts: map[Author]uint64{}, erased: map[Dot][]Dot{}, leads: map[Author]bool{}, same: map[Dot]Dot{}}
	var admin []Op
	for _, o := range ops {
		if before.class[o.Dot.Author] == AdminLane {
			admin = append(admin, o)
		}
	}
	// Ground's clock orders its own lanes: a restored ground goes on in one lane while what it
	// wrote before it heard of that stands in another.
	slices.SortStableFunc(admin, func(a, b Op) int {
		return cmp.Or(cmp.Compare(a.Header.Stamp.Ms, b.Header.Stamp.Ms), cmp.Compare(a.Header.Stamp.Ctr, b.Header.Stamp.Ctr))
	})
	for _, o := range admin {
		if o.Poison != "" {
			continue
		}
		if k := o.Header.Kind; (k == KindGenesis || k == KindAmend) && !o.IsStub() {
			if g, err := decodeSchedule(o.Content()); err == nil {
				l.window = l.window.with(g)
			}
		}
		if o.Header.Kind == KindErase {
			for _, d := range before.meant(ops, o).Header.Over {
				if !d.IsZero() {
					l.erased[d] = append(l.erased[d], o.Dot)
				}
			}
		}
	}
	for _, o := range admin {
		if o.Header.Kind == KindCut && !l.isErased(o.Dot) {
			if c, err := decodeCut(o.Content()); err == nil {
				l.cuts[c.Author] = c.Seq
			}
		}
	}
	ledBefore := false
	for _, o := range admin {
		if o.Header.Kind != KindRoster || l.isErased(o.Dot) || l.isCut(o.Dot) {
			continue
		}
		e, err := decodeRoster(o.Content())
		if err != nil || e.Author < FirstTablet {
			continue
		}
		if was, ok := l.roster[e.Author]; ok {
			if was.Fork.Is() || e.Fork.Is() || was.Incarnation != (Incarnation{}) && was.Incarnation != e.Incarnation {
				continue // whose an index is stays what was said first
			}
		}
		l.roster[e.Author], l.class[e.Author] = e, e.Class
		a, ok := actingLead(l.roster)
		if !ok {
			continue
		}
		// Whoever acts while the roster has had no lead yet only stands in.
		if led := l.roster[a].Role == passenger.Lead; led && !ledBefore {
			ledBefore = true
			clear(l.leads)
		}
		l.leads[a] = true
	}
	// A tablet leads under all its indexes: one for each of its stores.
	for _, a := range sortedAuthors(l.leads) {
		for b, e := range l.roster {
			if t := l.roster[a].Tablet; e.Tablet == t && t != (passenger.TabletID{}) && e.Class == TabletLane {
				l.leads[b] = true
			}
		}
	}
	return l
}

// at returns the stamp that an op is ordered by.
func (l law) at(o Op) Stamp {
	return l.window.clamp(o.Header.Stamp, l.class[o.Dot.Author])
}

// home follows a reference within a re-homed branch: what its author called op n of its lane
// may stand in the branch now.
func (l law) home(in Author, d Dot) Dot {
	for range MaxAuthors {
		e := l.roster[in]
		if !e.Fork.Is() {
			return d
		}
		if d.Author == e.Fork.Of && d.Seq > e.Fork.At {
			return Dot{in, d.Seq - e.Fork.At}
		}
		in = e.Fork.Of
	}
	return d
}

// meant returns o with the dots that it names replaced by where the ops meant are now: those of
// one's own branch by their place, those of another's by their marks.
func (l law) meant(ops []Op, o Op) Op {
	if len(o.Header.Over) == 0 && o.Header.Entity.IsZero() {
		return o
	}
	was := o.Header
	o.Header.Entity = l.home(o.Dot.Author, was.Entity)
	o.Header.Over = slices.Clone(was.Over)
	for i, d := range was.Over {
		to := l.home(o.Dot.Author, d)
		if len(was.Marks) == markSize*len(was.Over) {
			to = l.marked(ops, d, to, was.Marks[markSize*i:markSize*(i+1)])
		}
		if d == was.Entity {
			o.Header.Entity = to
		}
		o.Header.Over[i] = to
	}
	for i, d := range o.Header.Over {
		if to := l.same[d]; to != (Dot{}) {
			o.Header.Over[i] = to
		}
	}
	if to := l.same[o.Header.Entity]; to != (Dot{}) {
		o.Header.Entity = to
	}
	return o
}

// marked finds which of the ops that had the dot d is meant. When one is held there and the mark
// fits none, what was meant is gone (ground was restored, and its tail with it): the zero dot.
func (l law) marked(ops []Op, d, guess Dot, mark []byte) Dot {
	at := func(t Dot) (Op, bool) {
		i, ok := slices.BinarySearchFunc(ops, t, func(o Op, t Dot) int { return compareDots(o.Dot, t) })
		if !ok {
			return Op{}, false
		}
		return ops[i], true
	}
	held, ok := at(guess)
	switch {
	case ok && bytes.Equal(held.Commit[:markSize], mark):
		return guess
	case !ok && guess != d:
		held, ok = at(d)
	}
	tries := []Dot{d}
	for _, a := range sortedAuthors(l.roster) {
		if k := l.roster[a].Fork; k.Is() && k.Of == d.Author && d.Seq > k.At {
			tries = append(tries, Dot{a, d.Seq - k.At})
		}
	}
	for _, t := range tries {
		if o, ok := at(t); ok && bytes.Equal(o.Commit[:markSize], mark) {
			return t
		}
	}
	if ok {
		return Dot{}
	}
	return guess
}

// actingLead returns the lowest standing lead, else the lowest standing purser.
func actingLead(roster map[Author]RosterEntry) (Author, bool) {
	for _, role := range []passenger.Role{passenger.Lead, passenger.Purser} {
		for _, a := range slices.Sorted(maps.Keys(roster)) {
			if e := roster[a]; e.Class == TabletLane && e.Role == role && !e.Removed && !e.Fork.Is() {
				return a, true
			}
		}
	}
	return 0, false
}
