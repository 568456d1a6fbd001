package sync

import "slices"

// Mended is how a store begins that holds what is left of another one.
type Mended struct {
	Batches []Batch // to apply in this order to an empty store; the state of the last is whole
	Rest    []Op    // what is behind a gap of its lane, or in a lane that nobody is known to write
}

// Mend puts together what is left of a damaged store of a tablet: of each lane the ops up to the first
// that is missing. st is the newest state that can be read, or that of [Create], and ops is what can be
// read, by dot; both are believed to be what was once stored. What the ops say beyond the state counts
// too. high is how far the store once went; where this replica's own lane ends before that, another op may have been signed under the next
// dot, so the replica goes on under inc, which ground must bind first.
func Mend(st State, ops []Op, high Vector, inc Incarnation, verify Verify) Mended {
	held := map[Dot]Op{}
	for _, o := range ops {
		held[o.Dot] = o
	}
	for _, l := range st.Lanes {
		high = high.Set(l.Author, max(l.Seq, high.Of(l.Author)))
	}
	r := &Replica{store: NewMemory(), st: st.clone(), verify: verify}
	for _, l := range st.Lanes {
		r.mend(l, held)
	}
	r.verify = func(Algorithm, []byte, []byte, []byte) bool { return true }
	for r.extend(held) {
	}
	// Not bound, it may have been bound before what is lost.
	if me, ok := r.st.Lane(r.st.Me); !ok && len(high) > 0 || ok && me.Seq < high.Of(me.Author) {
		r.st.Me, r.st.Incarnation = Nobody, inc
	}
	var m Mended
	whole := r.batch()
	for _, o := range whole.Ops {
		delete(held, o.Dot)
	}
	for _, o := range ops {
		if _, ok := held[o.Dot]; ok {
			m.Rest = append(m.Rest, o)
		}
	}
	m.Batches = slice(whole)
	return m
}

// mend rebuilds one lane as far as its ops go, or to the last place that proves them where they are
// not those that the state means.
func (r *Replica) mend(old Lane, held map[Dot]Op) {
	l := old
	l.Seq, l.Head, l.Bytes, l.Points = 0, r.start(old), 0, nil
	var ops []Op
	heads := []Hash{l.Head}
	for seq := uint64(1); seq <= old.Seq; seq++ {
		o, ok := held[Dot{old.Author, seq}]
		if !ok {
			break
		}
		ops, heads = append(ops, o), append(heads, chainNext(heads[seq-1], o))
	}
	n := uint64(len(ops))
	if n == old.Seq && heads[n] != old.Head {
		n = 0
		for _, p := range old.Points {
			if p.Seq < old.Seq && r.proven(old, p.Seq, heads[p.Seq], p.Sig) {
				n = p.Seq
			}
		}
	}
	r.st.setLane(l)
	for _, o := range ops[:n] {
		l = r.put(l, o)
	}
	for _, p := range old.Points {
		if p.Seq <= n {
			l.Points = append(l.Points, p)
		}
	}
	l.Freed = min(old.Freed, n)
	r.st.setLane(l)
}

// extend takes ops that stand behind the end of lanes that have no gap, as runs that are believed. It
// reports whether there were any: they may bind further lanes.
func (r *Replica) extend(held map[Dot]Op) (more bool) {
	lanes := slices.Clone(r.st.Lanes)
	slices.SortFunc(lanes, func(a, b Lane) int { return r.order(a.Author) - r.order(b.Author) })
	for _, l := range lanes {
		run := Run{Author: l.Author, First: l.Seq + 1, Head: l.Head}
		for o, ok := held[Dot{l.Author, l.Seq + 1}]; ok && len(run.Ops) < MaxRunOps; o, ok = held[Dot{l.Author, run.last() + 1}] {
			run.Ops, run.Head = append(run.Ops, o.Raw()), chainNext(run.Head, o)
		}
		if len(run.Ops) == 0 {
			continue
		}
		note, err := r.take(run)
		after, _ := r.st.Lane(l.Author)
		if err != nil || note != nil || after.Seq <= l.Seq {
			continue
		}
		more, r.st.Untold = true, r.st.Untold || r.aboutNotes(Dot{l.Author, after.Seq})
		after.Points = slices.DeleteFunc(slices.Clone(after.Points), func(p Point) bool { return len(p.Sig) == 0 })
		r.st.setLane(after)
	}
	return more
}

// slice cuts a batch into such as a store takes at once.
func slice(whole Batch) (out []Batch) {
	part := Batch{State: whole.State.clone()}
	for i := range part.State.Lanes {
		part.State.Lanes[i].Seq = 0
	}
	size := 0
	for _, o := range whole.Ops {
		part.Ops = append(part.Ops, o)
		l, _ := part.State.Lane(o.Dot.Author)
		l.Seq = o.Dot.Seq
		part.State.setLane(l)
		if size += o.size(); size > DefaultBudget || len(part.Ops) == MaxRunOps {
			out = append(out, part)
			part, size = Batch{State: part.State.clone()}, 0
		}
	}
	return append(out, Batch{State: whole.State, Ops: part.Ops})
}
