package sync

// Home is where ground puts one branch of a forked lane: Branch is the entry of the lane that
// the branch moves to. When a tablet wrote the branch, Live is the entry of the index under which
// that tablet goes on. The driver adds tablet, role and zone.
type Home struct {
	Branch RosterEntry
	Live   *RosterEntry
}

// Homes finds homes for the branches that a Receive of ground noted; next hands out author
// indexes that nobody has. The branch that ground saw first stays where it is, except in
// ground's own lanes: what tablets hold of those went out before ground was restored from a
// backup, so it stays, and what ground wrote since moves.
//
// A lane has at most [MaxBranches], and all lanes of one tablet's key [MaxKeyBranches]: a tablet
// that signs ever new histories must not use up the indexes of the flight. What it signs beyond
// stays with it, as does a branch for which no index is left.
//
// For each home the driver steps [Bind] with Branch, then steps the same Receive again, which now
// takes the branch, then writes the roster ops of Branch and Live; all of it in one transaction.
func (r *Replica) Homes(notes []RunNote, next func() Author) (out []Home) {
	for _, n := range notes {
		l, ok := r.st.Lane(n.Author)
		if n.What != FaultFork || n.Seq == 0 || !ok {
			continue
		}
		if r.full(l, out) {
			continue
		}
		h := Home{Branch: RosterEntry{Author: next(), Class: l.Class, Fork: n.Fork}}
		if l.Class != TabletLane {
			h.Branch.Fork.First = n.Ours
		} else {
			inc := r.claim(l, 0, Hash{}).Incarnation
			h.Live = &RosterEntry{Author: next(), Class: TabletLane, Incarnation: inc.After(n.Fork.First), Key: l.Key}
		}
		if h.Branch.Author >= MaxAuthors || h.Live != nil && h.Live.Author >= MaxAuthors {
			return out
		}
		out = append(out, h)
	}
	return out
}

// Full reports whether a lane has as many branches as are given homes; a further one stays with its
// tablet.
func (r *Replica) Full(a Author) bool {
	l, ok := r.st.Lane(a)
	return ok && r.full(l, nil)
}

func (r *Replica) full(l Lane, homes []Home) bool {
	ofLane, ofKey := r.branches(l, homes)
	return ofLane >= MaxBranches || ofKey >= MaxKeyBranches
}

// branches counts the branches that left a lane, and those that left any lane of the same
// tablet's key, those in homes among them.
func (r *Replica) branches(of Lane, homes []Home) (ofLane, ofKey int) {
	count := func(from Author, c Class) {
		if from == of.Author {
			ofLane++
		}
		if l, _ := r.st.Lane(from); c == TabletLane && of.Class == TabletLane && l.Key == of.Key {
			ofKey++
		}
	}
	for _, l := range r.st.Lanes {
		if l.Fork.Is() {
			count(l.Fork.Of, l.Class)
		}
	}
	for _, h := range homes {
		count(h.Branch.Fork.Of, h.Branch.Class)
	}
	return ofLane, ofKey
}
