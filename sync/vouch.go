package sync

import "slices"

// A replica binds a branch of an admin lane before it holds the op that says so, when its own ops
// stand in the place of that op ([Replica.learnHome]). Until it holds that op, [Fold] takes the
// branch for nobody's; so nothing that stands there may move lanes either, but the entries of
// further branches of admin lanes, which lead to that op.

// leadsOn reports whether an op is the entry of a branch of an admin lane.
func leadsOn(o Op) bool {
	if o.Header.Kind != KindRoster || o.Poison != "" || o.IsStub() {
		return false
	}
	e, err := decodeRoster(o.Content())
	return err == nil && e.Fork.Is() && e.Class == AdminLane
}

// vouched returns the admin lanes that the held ops say are ground's: those that left no other
// lane, and those whose entry stands in such a one. On ground it is all of them: it binds before it
// writes. Errors: those of the storage.
func (r *Replica) vouched() (map[Author]bool, error) {
	out := map[Author]bool{}
	var branches, next []Lane
	for _, l := range r.st.Lanes {
		switch {
		case l.Class != AdminLane:
		case r.st.Me == Admin || !l.Fork.Is():
			out[l.Author] = true
			next = append(next, l)
		default:
			branches = append(branches, l)
		}
	}
	for len(next) > 0 && len(branches) > 0 {
		l := next[0]
		next = next[1:]
		if err := r.ops(l, 1, func(o Op) bool {
			if !leadsOn(o) {
				return true
			}
			e, _ := decodeRoster(o.Content())
			for _, b := range branches {
				if b.Author == e.Author && b.Fork == e.Fork && !out[b.Author] {
					out[b.Author] = true
					next = append(next, b)
				}
			}
			return true
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// catchUp learns the ops of the lanes that are vouched for now and were not before. Errors: those
// of the storage.
func (r *Replica) catchUp(before map[Author]bool) error {
	now, err := r.vouched()
	if err != nil {
		return err
	}
	for _, l := range slices.Clone(r.st.Lanes) {
		if !now[l.Author] || before[l.Author] || l.Seq == 0 {
			continue
		}
		var ops []Op
		if err := r.ops(l, 1, func(o Op) bool { ops = append(ops, o); return true }); err != nil {
			return err
		}
		for _, o := range ops {
			if err := r.learn(o); err != nil {
				return err
			}
		}
	}
	return nil
}
