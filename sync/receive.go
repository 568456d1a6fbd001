package sync

import "github.com/cabinloop/cabinloop/passenger"

func (r *Replica) receive(ev Receive) (Ready, error) {
	var ready Ready
	total := 0
	for _, run := range ev.Runs {
		total += len(run.Ops)
	}
	if total > MaxRunOps {
		return Ready{}, passenger.Errorf(passenger.TooMuch, "sync.Receive", "an exchange carries at most %d ops, not %d", MaxRunOps, total)
	}
	bound := r.bound(ev.You)
	before := r.st.Vector()
	var ops []Op
	for _, run := range ev.Runs {
		if ev.Accept != nil && !ev.Accept[run.Author] {
			ready.Notes = append(ready.Notes, RunNote{run.Author, FaultRefused, run.First})
			continue
		}
		taken, note := r.take(run)
		ops = append(ops, taken...)
		if note != nil {
			ready.Notes = append(ready.Notes, *note)
		}
	}
	for _, o := range ops {
		ready.Changed = append(ready.Changed, o.Dot)
		if r.st.Clock.Less(o.Header.Stamp) {
			r.st.Clock = o.Header.Stamp
		}
	}
	if ev.Have && r.st.Me != Nobody && r.st.Me >= FirstTablet && notesMoved(before, ops) {
		d := haveDraft(r.st.Vector())
		have, err := r.append(r.st.Me, d, ev.Salt, Stamp{})
		if err != nil {
			return Ready{}, err
		}
		ops = append(ops, have)
		ready.Changed = append(ready.Changed, have.Dot)
	}
	if len(ops) > 0 || bound {
		ready.Batch = r.batch(ops)
	}
	return ready, nil
}

// bound notes what ground says this replica is; it reports whether that is news.
func (r *Replica) bound(you Author) bool {
	if you == Nobody || you < FirstTablet || you >= MaxAuthors || r.st.Me != Nobody {
		return false
	}
	r.st.Me = you
	if _, ok := r.st.Lane(you); !ok {
		r.st.setLane(Lane{Author: you, Incarnation: r.st.Incarnation, Head: chainStart(r.st.Group, you, r.st.Incarnation)})
	}
	return true
}

func notesMoved(before Vector, ops []Op) bool {
	for _, o := range ops {
		if (o.Dot.Author == Notes || o.Header.Kind == KindNote || o.Header.Kind == KindRetract) && !before.Covers(o.Dot) {
			return true
		}
	}
	return false
}

// take checks one run against the lane and returns the ops that are new. The whole run is
// taken or, from a malformed op or an unproven chain on, none of it.
func (r *Replica) take(run Run) ([]Op, *RunNote) {
	if run.Author >= MaxAuthors || run.First == 0 || len(run.Ops) == 0 {
		return nil, &RunNote{run.Author, FaultMalformed, run.First}
	}
	lane, ok := r.st.Lane(run.Author)
	if !ok {
		lane = Lane{Author: run.Author, Incarnation: run.Incarnation, Head: chainStart(r.st.Group, run.Author, run.Incarnation)}
	}
	last := run.First + uint64(len(run.Ops)) - 1
	switch {
	case lane.Incarnation != run.Incarnation:
		return nil, &RunNote{run.Author, FaultFork, run.First}
	case run.First > lane.Seq+1:
		return nil, &RunNote{run.Author, FaultGap, lane.Seq + 1}
	case last < lane.Seq:
		return nil, nil // held already
	case last == lane.Seq:
		if run.Head != lane.Head {
			return nil, &RunNote{run.Author, FaultFork, last}
		}
		return nil, nil
	}
	var ops []Op
	for seq := lane.Seq + 1; seq <= last; seq++ {
		o, err := ParseOp(Dot{run.Author, seq}, run.Ops[seq-run.First])
		if err != nil {
			fault := FaultMalformed
			if passenger.CodeOf(err) == passenger.TooMuch {
				fault = FaultTooLarge
			}
			return nil, &RunNote{run.Author, fault, seq}
		}
		lane.Seq, lane.Head = seq, chainNext(lane.Head, o)
		ops = append(ops, o)
	}
	if lane.Head != run.Head {
		return nil, &RunNote{run.Author, FaultFork, last}
	}
	r.st.setLane(lane)
	return ops, nil
}
