package sync

import "github.com/cabinloop/cabinloop/passenger"

// admit learns from a new op of the admin lanes what the other ops need before they can be
// taken: who writes which lane, when stamps can be, what the seal frees. What it says of the
// view is [Fold]'s business.
func (r *Replica) admit(o Op) {
	if l, _ := r.st.Lane(o.Dot.Author); l.Class != AdminLane || o.Poison != "" || o.IsStub() {
		return
	}
	switch o.Header.Kind {
	case KindGenesis, KindAmend:
		if g, err := decodeSchedule(o.Content()); err == nil {
			r.st.Window = r.st.Window.with(g)
		}
	case KindRoster:
		if e, err := decodeRoster(o.Content()); err == nil {
			r.enter(e)
		}
	case KindSeal:
		if final, err := decodeHave(o.Content()); err == nil {
			r.st.Sealed = true
			for _, l := range r.st.Lanes {
				l.Freed = max(l.Freed, min(final.Of(l.Author), l.Seq))
				r.st.setLane(l)
			}
		}
	}
}

// enter binds an author index. The first entry with an incarnation, or with a branch, says for
// ever whose the index is.
func (r *Replica) enter(e RosterEntry) {
	if e.Author < FirstTablet || e.Author >= MaxAuthors || e.Class < AdminLane || e.Class > TabletLane {
		return
	}
	if l, ok := r.st.Lane(e.Author); ok && l.Class != 0 {
		return
	}
	l := Lane{Author: e.Author, Class: e.Class, Incarnation: e.Incarnation, Key: e.Key, Fork: e.Fork}
	if e.Class != TabletLane {
		l.Key = r.st.Root
	}
	switch {
	case e.Fork.Is():
		of, ok := r.st.Lane(e.Fork.Of)
		if !ok || of.Class == 0 {
			r.st.Waits = true
		}
		if !ok || e.Fork.Of == e.Author || of.Class != e.Class {
			return
		}
		l.Incarnation, l.Key = Incarnation{}, of.Key
	case e.Incarnation == Incarnation{}:
		return // reserved for a tablet that has not called yet
	}
	l.Head = r.start(l)
	r.st.setLane(l)
	r.adopt(l)
}

// adopt makes a lane this replica's own when the roster gives its incarnation to it. A lane that
// holds ops already is a history from before: two writers under one dot would be a fork. An
// incarnation is no secret: whoever has told ground another tablet's as its own gets a lane under
// it, and only the key says that it is not that tablet's.
func (r *Replica) adopt(l Lane) {
	if own := r.st.Own; own != (PublicKey{}) && l.Key != own {
		return
	}
	if r.st.Me == Nobody && l.Class == TabletLane && !l.Fork.Is() && l.Incarnation == r.st.Incarnation {
		r.st.Me = l.Author
	}
}

// rehome moves what is held of a branch to the lane that ground has given it. Errors: those of
// the storage.
func (r *Replica) rehome(branch Lane) error {
	of, ok := r.st.Lane(branch.Fork.Of)
	if !ok || of.Seq <= branch.Fork.At {
		return nil
	}
	if h, err := r.headAt(of, branch.Fork.At); err != nil || h != branch.Fork.Start {
		return err
	}
	if h, err := r.headAt(of, branch.Fork.At+1); err != nil || h != branch.Fork.First {
		return err
	}
	var moved []Op
	if err := r.ops(of, branch.Fork.At+1, func(o Op) bool { moved = append(moved, o); return true }); err != nil {
		return err
	}
	if branch.Seq > 0 { // a part of it came to its home already
		if ok, err := r.join(branch, of, moved); err != nil || !ok {
			return err
		}
	} else {
		for _, p := range of.Points {
			if p.Seq > branch.Fork.At {
				branch.Points = append(branch.Points, Point{p.Seq - branch.Fork.At, p.Sig})
			}
		}
		for _, o := range moved {
			o.Dot = Dot{branch.Author, o.Dot.Seq - branch.Fork.At}
			branch = r.put(branch, o)
		}
	}
	// What a step took on top of the stored ops goes too: the cut is within the stored ones.
	kept := r.taken.ops[of.Author]
	stored := of.Seq - uint64(len(kept))
	if branch.Fork.At < stored {
		r.taken.cut(of.Author, branch.Fork.At)
	} else {
		r.taken.ops[of.Author] = kept[:branch.Fork.At-stored]
	}
	for _, o := range moved {
		of.Bytes -= min(of.Bytes, uint64(o.size()))
	}
	of.Seq, of.Head, of.Freed = branch.Fork.At, branch.Fork.Start, min(of.Freed, branch.Fork.At)
	var points []Point
	for _, p := range of.Points {
		if p.Seq <= of.Seq {
			points = append(points, p)
		}
	}
	of.Points = points
	r.st.setLane(of)
	if r.st.Me == of.Author && of.Class == TabletLane { // it was this replica's: it goes on under a new index
		r.st.Me, r.st.Incarnation = Nobody, of.Incarnation.After(branch.Fork.First)
		for _, l := range r.st.Lanes {
			r.adopt(l)
		}
	}
	return nil
}

// join takes what is held of a branch under the index that it left into its home, as if it came
// from a peer. It reports whether the home holds all of it now.
func (r *Replica) join(branch, of Lane, ops []Op) (bool, error) {
	n := len(of.Points)
	if n == 0 || of.Points[n-1].Seq != of.Seq {
		return false, nil
	}
	run := Run{Author: branch.Author, First: 1, Head: of.Head, Sig: of.Points[n-1].Sig}
	for _, o := range ops {
		run.Ops = append(run.Ops, o.Raw())
	}
	note, err := r.take(run)
	return err == nil && (note == nil || note.What == FaultBranch), err
}

func (r *Replica) bind(ev Bind) (Ready, error) {
	const op = "sync.Bind"
	e := ev.Entry
	if e.Author >= MaxAuthors {
		return Ready{}, passenger.Errorf(passenger.TooMuch, op, "a flight has at most %d author indexes", MaxAuthors)
	}
	if l, ok := r.st.Lane(e.Author); ok && l.Class != 0 {
		if l.Fork == e.Fork && l.Class == e.Class {
			return Ready{}, nil
		}
		return Ready{}, passenger.Errorf(passenger.Exists, op, "author index %d is bound already", e.Author)
	}
	r.enter(e)
	l, ok := r.st.Lane(e.Author)
	if !ok {
		return Ready{}, passenger.Errorf(passenger.Invalid, op, "author index %d cannot be bound that way", e.Author)
	}
	if e.Fork.Is() {
		if err := r.rehome(l); err != nil {
			return Ready{}, err
		}
	}
	return Ready{Batch: r.batch()}, nil
}
