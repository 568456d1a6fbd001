package sync

import (
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
}

func (l law) isErased(d Dot) bool { return len(l.erased[d]) > 0 }

func (l law) isCut(d Dot) bool {
	cut, ok := l.cuts[d.Author]
	return ok && d.Seq > cut
}

// readLaw reads the admin lanes of ops, which are sorted by dot. A roster op may bind a further
// admin lane (ground binds new indexes after a restore), so it reads until those stay.
func readLaw(ops []Op) law {
	lanes := map[Author]bool{Admin: true}
	for range MaxAuthors {
		l := lawUnder(ops, lanes)
		found := map[Author]bool{}
		for a, c := range l.class {
			if c == AdminLane {
				found[a] = true
			}
		}
		if maps.Equal(lanes, found) {
			return l
		}
		lanes = found
	}
	return lawUnder(ops, lanes)
}

// lawUnder reads the law, taking lanes for the admin lanes.
func lawUnder(ops []Op, lanes map[Author]bool) law {
	l := law{class: map[Author]Class{Admin: AdminLane, Safety: SafetyLane, Manifest: ManifestLane, Notes: NotesLane},
		roster: map[Author]RosterEntry{}, cuts: map[Author]uint64{}, erased: map[Dot][]Dot{}, leads: map[Author]bool{}}
	var admin []Op
	for _, o := range ops {
		if lanes[o.Dot.Author] {
			admin = append(admin, o)
		}
	}
	for _, o := range admin {
		if o.Header.Kind == KindErase {
			for _, d := range o.Header.Over {
				l.erased[d] = append(l.erased[d], o.Dot)
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
	return l
}

// actingLead returns the lowest standing lead, else the lowest standing purser.
func actingLead(roster map[Author]RosterEntry) (Author, bool) {
	for _, role := range []passenger.Role{passenger.Lead, passenger.Purser} {
		for _, a := range slices.Sorted(maps.Keys(roster)) {
			if e := roster[a]; e.Class == TabletLane && e.Role == role && !e.Removed {
				return a, true
			}
		}
	}
	return 0, false
}
