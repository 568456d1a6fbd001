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
	untold := r.st.Untold
	bound, note := r.bound(ev.You, ev.Runs)
	if note != nil {
		ready.Notes = append(ready.Notes, *note)
	}
	var ops []Op
	for _, run := range ev.Runs {
		if ev.Accept != nil && !ev.Accept[run.Author] {
			ready.Notes = append(ready.Notes, RunNote{run.Author, FaultRefused, run.First})
			continue
		}
		taken, note, err := r.take(run)
		if err != nil {
			return Ready{}, err
		}
		ops = append(ops, taken...)
		if note != nil {
			ready.Notes = append(ready.Notes, *note)
		}
	}
	for _, o := range ops {
		ready.Changed = append(ready.Changed, o.Dot)
		if r.st.Clock.Less(o.Header.Stamp) && !o.Header.Stamp.ahead(ev.Now) {
			r.st.Clock = o.Header.Stamp
		}
		if r.st.Me != Admin && aboutNotes(o) {
			r.st.Untold = true
		}
	}
	tablet := r.st.Me != Nobody && r.st.Me >= FirstTablet
	behind := false
	if lane, _ := r.st.Lane(r.st.Me); tablet && ev.You == r.st.Me && ev.YouSeen > lane.Seq {
		// Whatever this replica wrote now would stand under a dot that is taken.
		behind = true
		ready.Notes = append(ready.Notes, RunNote{r.st.Me, FaultRollback, lane.Seq + 1})
	}
	if ev.Have && tablet && r.st.Untold && !behind {
		d := haveDraft(r.st.Vector())
		have, err := r.append(r.st.Me, d, ev.Salt, Stamp{})
		if err != nil {
			return Ready{}, err
		}
		ops = append(ops, have)
		ready.Changed = append(ready.Changed, have.Dot)
		r.st.Untold = false
	}
	if len(ops) > 0 || bound || r.st.Untold != untold {
		ready.Batch = r.batch(ops)
	}
	return ready, nil
}

// bound notes what ground says this replica is; it reports whether that is news. A lane that
// another incarnation began is not gone on with: two writers under one dot are a fork.
func (r *Replica) bound(you Author, runs []Run) (bool, *RunNote) {
	if you < FirstTablet || you >= MaxAuthors || r.st.Me != Nobody {
		return false, nil
	}
	l, ok := r.st.Lane(you)
	foreign := ok && l.Incarnation != r.st.Incarnation
	for _, run := range runs {
		foreign = foreign || run.Author == you && run.Incarnation != r.st.Incarnation
	}
	if foreign {
		return false, &RunNote{you, FaultFork, l.Seq + 1}
	}
	if !ok {
		r.st.setLane(Lane{Author: you, Incarnation: r.st.Incarnation, Head: chainStart(r.st.Group, you, r.st.Incarnation)})
	}
	r.st.Me = you
	return true, nil
}

// aboutNotes reports whether a have op must tell of o: what stands in the notes and safety
// lanes, under whatever author index ground writes them.
func aboutNotes(o Op) bool {
	switch o.Header.Kind {
	case KindNote, KindRetract, KindAssistance:
		return true
	}
	return o.Dot.Author == Notes || o.Dot.Author == Safety
}

// take checks one run against the lane and returns the ops that are new. The whole run is
// taken or, with a malformed op or an unproven chain, none of it. The chain head speaks for the
// whole history before it, so that ops held already need no second look. Errors: those of the
// storage.
func (r *Replica) take(run Run) ([]Op, *RunNote, error) {
	if run.Author >= MaxAuthors || run.First == 0 || len(run.Ops) == 0 {
		return nil, &RunNote{run.Author, FaultMalformed, run.First}, nil
	}
	lane, ok := r.st.Lane(run.Author)
	if !ok {
		lane = Lane{Author: run.Author, Incarnation: run.Incarnation, Head: chainStart(r.st.Group, run.Author, run.Incarnation)}
	}
	last := run.First + uint64(len(run.Ops)) - 1
	switch {
	case lane.Incarnation != run.Incarnation:
		return nil, &RunNote{run.Author, FaultFork, run.First}, nil
	case run.First > lane.Seq+1:
		return nil, &RunNote{run.Author, FaultGap, lane.Seq + 1}, nil
	case last <= lane.Seq: // held already, or another branch of the same length or shorter
		head, err := r.headAt(lane, last)
		if err != nil || head == run.Head {
			return nil, nil, err
		}
		return nil, &RunNote{run.Author, FaultFork, last}, nil
	}
	var ops []Op
	for seq := lane.Seq + 1; seq <= last; seq++ {
		o, err := ParseOp(Dot{run.Author, seq}, run.Ops[seq-run.First])
		if err != nil {
			fault := FaultMalformed
			if passenger.CodeOf(err) == passenger.TooMuch {
				fault = FaultTooLarge
			}
			return nil, &RunNote{run.Author, fault, seq}, nil
		}
		lane.Seq, lane.Head = seq, chainNext(lane.Head, o)
		ops = append(ops, o)
	}
	if lane.Head != run.Head {
		return nil, &RunNote{run.Author, FaultFork, last}, nil
	}
	r.st.setLane(lane)
	return ops, nil, nil
}
