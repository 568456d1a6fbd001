package sync

import (
	"bytes"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

func (r *Replica) receive(ev Receive) (Ready, error) {
	var ready Ready
	total := 0
	for _, run := range ev.Runs {
		total += len(run.Ops)
	}
	if total > MaxRunOps {
		return Ready{}, passenger.Errorf(passenger.TooMuch, "sync.Receive", "an exchange carries at most %d ops, not %d", MaxRunOps, total)
	}
	before := r.st.clone()
	r.now = ev.Now
	defer func() { r.now = time.Time{} }()
	// The admin lanes say who the others are: first.
	runs := slices.Clone(ev.Runs)
	slices.SortStableFunc(runs, func(a, b Run) int { return r.order(a.Author) - r.order(b.Author) })
	for _, run := range runs {
		note, err := r.take(run)
		if err != nil {
			return Ready{}, err
		}
		if note != nil {
			ready.Notes = append(ready.Notes, *note)
		}
	}
	freed := r.free(ev.Receipts)
	proven, err := r.freeProven(ev.Asked, ev.Peer, ev.Proof)
	if err != nil {
		return Ready{}, err
	}
	freed = freed || proven
	for _, a := range sortedAuthors(r.taken.ops) {
		for _, o := range r.taken.ops[a] {
			ready.Changed = append(ready.Changed, o.Dot)
		}
	}
	me, _ := r.st.Lane(r.st.Me)
	tablet := r.st.Me != Nobody && r.st.Me >= FirstTablet
	if r.st.Me != Admin && slices.ContainsFunc(ready.Changed, r.aboutNotes) {
		r.st.Untold = true
	}
	// In a lane that turned out to have another history, what is written now would only move.
	astray := slices.ContainsFunc(ready.Notes, func(n RunNote) bool { return n.Author == r.st.Me && n.What == FaultFork })
	behind := tablet && ev.Peer.Of(me.Author) > me.Seq
	if behind {
		ready.Notes = append(ready.Notes, RunNote{Author: me.Author, What: FaultRollback, Seq: me.Seq + 1})
	}
	if ev.Have && tablet && r.st.Untold && !astray && !behind {
		have, err := r.append(me, haveDraft(r.st.Vector()), ev.Salt, Stamp{})
		if err != nil {
			return Ready{}, err
		}
		ready.Changed = append(ready.Changed, have.Dot)
		r.st.Untold = false
	}
	if len(r.taken.ops)+len(r.taken.cuts) > 0 || freed || len(before.Lanes) != len(r.st.Lanes) || before.Untold != r.st.Untold || before.Me != r.st.Me {
		ready.Batch = r.batch()
	}
	return ready, nil
}

// order is the weight of a lane: admin (with the verdicts), safety, notes, manifest, crew. A note
// carries name and seat as compiled, so it is readable before its manifest page.
func (r *Replica) order(a Author) int {
	l, _ := r.st.Lane(a)
	n := 5
	switch l.Class {
	case AdminLane:
		n = 0
	case SafetyLane:
		n = 1
	case NotesLane:
		n = 2
	case ManifestLane:
		n = 3
	case TabletLane:
		n = 4
	}
	return n*MaxAuthors + int(a)
}

// aboutNotes reports whether a have op must tell of an op: what stands in the notes and safety
// lanes, under whatever author index ground writes them.
func (r *Replica) aboutNotes(d Dot) bool {
	l, _ := r.st.Lane(d.Author)
	return l.Class == NotesLane || l.Class == SafetyLane
}

// hear moves the clock on to a stamp that the flight's window holds.
func (r *Replica) hear(o Op, c Class) {
	if r.st.Clock.Less(o.Header.Stamp) && r.st.Window.To != 0 && r.st.Window.holds(o.Header.Stamp, c) {
		r.st.Clock = o.Header.Stamp
	}
}

// free takes ground's receipts for lanes of a sealed flight.
func (r *Replica) free(rs []Receipt) bool {
	freed := false
	for _, c := range rs {
		l, ok := r.st.Lane(c.Author)
		if !ok || c.Seq > l.Seq || c.Seq <= l.Freed {
			continue
		}
		root := r.st.Root
		if h, err := r.headAt(l, c.Seq); err != nil || h != c.Head || r.verify == nil ||
			!r.verify(root.Alg, []byte(root.Bytes), c.Message(r.st.Group), c.Sig) {
			continue
		}
		l.Freed, freed = c.Seq, true
		r.st.setLane(l)
	}
	return freed
}

// take checks one run against the lane and takes the ops that are new: all of them, or none.
// Ops that cannot be read are taken like others. Errors: those of the storage.
func (r *Replica) take(run Run) (*RunNote, error) {
	if run.Author >= MaxAuthors || run.First == 0 || len(run.Ops) == 0 || run.last() < run.First {
		return &RunNote{Author: run.Author, What: FaultMalformed, Seq: run.First}, nil
	}
	l, ok := r.st.Lane(run.Author)
	last := run.last()
	switch {
	case !ok || l.Class == 0:
		return &RunNote{Author: run.Author, What: FaultUnbound, Seq: run.First}, nil
	case last == l.Seq && run.Head == l.Head:
		return nil, nil
	case last > MaxLaneOps:
		return &RunNote{Author: run.Author, What: FaultTooLarge, Seq: run.First}, nil
	case run.First == l.Seq+1 && !r.withinQuota(l, r.now): // before it costs anything
		return &RunNote{Author: run.Author, What: FaultQuota, Seq: run.First}, nil
	case !r.proven(l, last, run.Head, run.Sig):
		return &RunNote{Author: run.Author, What: FaultForged, Seq: run.First}, nil
	case run.First > l.Seq+1:
		return &RunNote{Author: run.Author, What: FaultGap, Seq: l.Seq + 1}, nil
	}
	ops := make([]Op, len(run.Ops))
	heads := make([]Hash, len(run.Ops)) // the chain at each of them
	h, err := r.headAt(l, run.First-1)
	if err != nil {
		return nil, err
	}
	start := h
	for i, raw := range run.Ops {
		if ops[i], err = ParseOp(Dot{run.Author, run.First + uint64(i)}, raw); err != nil {
			return &RunNote{Author: run.Author, What: FaultTooLarge, Seq: run.First + uint64(i)}, nil
		}
		h = chainNext(h, ops[i])
		heads[i] = h
	}
	if h != run.Head { // the author signed it, so its history before the run is not ours
		return &RunNote{Author: run.Author, What: FaultFork}, nil
	}
	fork := -1
	ours := start
	if err := r.ops(l, run.First, func(o Op) bool {
		i := int(o.Dot.Seq - run.First)
		if i >= len(ops) {
			return false
		}
		if ours = chainNext(ours, o); ours != heads[i] {
			fork = i
			return false
		}
		return true
	}); err != nil {
		return nil, err
	}
	if fork >= 0 {
		if fork > 0 {
			start = heads[fork-1]
		}
		f := Fork{Of: l.Author, At: run.First + uint64(fork) - 1, Start: start, First: heads[fork]}
		if home, ok := r.home(Fork{f.Of, f.At, f.Start, ours}); ok { // ours is the branch, and came here after its entry
			if err := r.rehome(home); err != nil {
				return nil, err
			}
			if of, _ := r.st.Lane(l.Author); of.Seq == f.At {
				return r.take(run)
			}
		}
		if moved, err := r.learnHome(ops[fork:], f, ours); err != nil || moved {
			if err != nil {
				return nil, err
			}
			return r.take(run)
		}
		return r.branch(run, fork, f, ours)
	}
	if last <= l.Seq {
		return nil, nil // held already
	}
	for seq := l.Seq + 1; seq <= last; seq++ { // goes on as a branch that has a home
		before := start
		if i := seq - run.First; i > 0 {
			before = heads[i-1]
		}
		f := Fork{l.Author, seq - 1, before, heads[seq-run.First]}
		if _, ok := r.home(f); ok {
			return r.branch(run, int(seq-run.First), f, Hash{})
		}
	}
	size := l.Bytes
	for _, raw := range run.Ops[l.Seq+1-run.First:] {
		size += uint64(len(raw))
	}
	if size > MaxLaneBytes {
		return &RunNote{Author: run.Author, What: FaultTooLarge, Seq: l.Seq + 1}, nil
	}
	if !r.withinQuota(l, r.now) {
		return &RunNote{Author: run.Author, What: FaultQuota, Seq: l.Seq + 1}, nil
	}
	// The chain holds without bodies, so a relay could take them away.
	var orders map[Dot][][]byte
	for _, o := range ops[l.Seq+1-run.First:] {
		if !o.IsStub() {
			continue
		}
		if orders == nil {
			if orders, err = r.orders(); err != nil {
				return nil, err
			}
		}
		if !r.ordered(orders, l, o) {
			return &RunNote{Author: run.Author, What: FaultStripped, Seq: o.Dot.Seq}, nil
		}
	}
	var before map[Author]bool
	if l.Class == AdminLane {
		if before, err = r.vouched(); err != nil {
			return nil, err
		}
	}
	fresh := ops[l.Seq+1-run.First:]
	l = r.charge(l, run.Ops[l.Seq+1-run.First:], r.now)
	for _, o := range fresh {
		l = r.put(l, o)
		r.hear(o, l.Class)
		if l.Class == AdminLane && (before[l.Author] || leadsOn(o)) {
			if err := r.learn(o); err != nil {
				return nil, err
			}
		}
	}
	if l.Class == AdminLane {
		if err := r.catchUp(before); err != nil {
			return nil, err
		}
	}
	l, _ = r.st.Lane(run.Author) // learning may have touched it
	if l.Seq == last {
		l.Points = withPoint(l.Points, Point{last, slices.Clone(run.Sig)})
		r.st.setLane(l)
	}
	return nil, nil
}

// orders collects what the erase ops that are held name, with the marks of what they mean.
// Errors: those of the storage.
func (r *Replica) orders() (map[Dot][][]byte, error) {
	out := map[Dot][][]byte{}
	for _, l := range r.st.Lanes {
		if l.Class != AdminLane {
			continue
		}
		if err := r.ops(l, 1, func(o Op) bool {
			if h := o.Header; h.Kind == KindErase {
				for i, d := range h.Over {
					mark := []byte(nil)
					if len(h.Marks) == markSize*len(h.Over) {
						mark = h.Marks[markSize*i : markSize*(i+1)]
					}
					out[d] = append(out[d], mark)
				}
			}
			return true
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ordered reports whether orders mean an op of a lane, under any index that it has had.
func (r *Replica) ordered(orders map[Dot][][]byte, l Lane, o Op) bool {
	d := Dot{l.Author, o.Dot.Seq}
	for range MaxAuthors {
		for _, mark := range orders[d] {
			if bytes.Equal(mark, o.Commit[:len(mark)]) {
				return true
			}
		}
		if !l.Fork.Is() {
			break
		}
		d = Dot{l.Fork.Of, d.Seq + l.Fork.At}
		l, _ = r.st.Lane(l.Fork.Of)
	}
	return false
}

// learn admits an op of an admin lane, and moves the branch that it names.
func (r *Replica) learn(o Op) error {
	known := len(r.st.Lanes)
	r.admit(o)
	if o.Header.Kind != KindRoster || len(r.st.Lanes) == known {
		return nil
	}
	if err := r.learned(o); err != nil || !r.st.Waits {
		return err
	}
	// Entries of branches that came too early: after a restore the two may stand in two admin lanes.
	r.st.Waits = false
	vouched, err := r.vouched()
	if err != nil {
		return err
	}
	var early []Op
	for _, l := range r.st.Lanes {
		if l.Class == AdminLane {
			if err := r.ops(l, 1, func(o Op) bool {
				if o.Header.Kind == KindRoster && (vouched[l.Author] || leadsOn(o)) {
					early = append(early, o)
				}
				return true
			}); err != nil {
				return err
			}
		}
	}
	for range early { // one may wait for the other
		known = len(r.st.Lanes)
		for _, o := range early {
			before := len(r.st.Lanes)
			if r.admit(o); len(r.st.Lanes) > before {
				if err := r.learned(o); err != nil {
					return err
				}
			}
		}
		if len(r.st.Lanes) == known {
			break
		}
		r.st.Waits = false
	}
	return nil
}

// learned moves the branch of a roster op that was just admitted.
func (r *Replica) learned(o Op) error {
	e, err := decodeRoster(o.Content())
	if err != nil || !e.Fork.Is() {
		return nil
	}
	l, _ := r.st.Lane(e.Author)
	return r.rehome(l)
}

// learnHome looks in a run of an admin lane for the home of what is held here in its place: after
// ground was restored, the entry that names our branch stands in the branch that we lack. It
// reports whether our branch moved there.
func (r *Replica) learnHome(ops []Op, theirs Fork, ours Hash) (bool, error) {
	if l, _ := r.st.Lane(theirs.Of); l.Class != AdminLane {
		return false, nil
	}
	home := Fork{Of: theirs.Of, At: theirs.At, Start: theirs.Start, First: ours}
	for _, o := range ops {
		if !leadsOn(o) {
			continue
		}
		// The entry may stand in a further branch: that one can be taken now. Of ops that are not
		// taken nothing else counts: a tablet's lane would be bound by what ground may have lost.
		e, _ := decodeRoster(o.Content())
		r.enter(e)
		if l, ok := r.st.Lane(e.Author); ok && l.Fork == home {
			if err := r.rehome(l); err != nil {
				return false, err
			}
			of, _ := r.st.Lane(theirs.Of)
			return of.Seq == theirs.At, nil
		}
	}
	return false, nil
}

// branch takes what a run brings of another branch of its lane into the lane that ground has
// given that branch; until there is one it stays where it is.
func (r *Replica) branch(run Run, fork int, f Fork, ours Hash) (*RunNote, error) {
	if l, ok := r.home(f); ok {
		note, err := r.take(Run{Author: l.Author, First: 1, Ops: run.Ops[fork:], Head: run.Head, Sig: run.Sig})
		if note == nil {
			note = &RunNote{Author: run.Author, What: FaultBranch, Seq: f.At + 1, Fork: f}
		}
		return note, err
	}
	return &RunNote{Author: run.Author, What: FaultFork, Seq: f.At + 1, Fork: f, Ours: ours}, nil
}

// home returns the lane of a branch.
func (r *Replica) home(f Fork) (Lane, bool) {
	for _, l := range r.st.Lanes {
		if l.Fork == f && f.Is() {
			return l, true
		}
	}
	return Lane{}, false
}
