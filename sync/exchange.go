package sync

import (
	"slices"

	"github.com/cabinloop/cabinloop/passenger"
)

func (r *Replica) ask(ev Ask) (Ready, error) {
	req := &Request{Group: r.st.Group, Me: r.st.Me, Incarnation: r.st.Incarnation,
		Have: r.st.Vector(), Digest: r.st.Digest(), Budget: ev.Budget}
	if req.Budget <= 0 {
		req.Budget = DefaultBudget
	}
	var err error
	// A tablet offers what it and other tablets wrote; ground's lanes come from ground.
	req.Runs, _, err = r.lacking(ev.Peer, DefaultBudget, func(a Author) bool { return a >= FirstTablet })
	return Ready{Request: req}, err
}

func (r *Replica) answer(ev Answer) (Ready, error) {
	if ev.Request.Group != r.st.Group {
		return Ready{}, passenger.Errorf(passenger.NotFound, "sync.Answer", "this exchange is for another flight")
	}
	limit := ev.Limit
	if limit <= 0 {
		limit = DefaultBudget
	}
	if b := ev.Request.Budget; b > 0 {
		limit = min(limit, b)
	}
	res := &Response{Have: r.st.Vector(), Digest: r.st.Digest(), You: ev.You}
	res.YouSeen = res.Have.Of(ev.You)
	var err error
	res.Runs, res.More, err = r.lacking(ev.Request.Have, limit, func(Author) bool { return true })
	return Ready{Response: res}, err
}

// laneOrder is the order on the wire: admin (with the verdicts), safety, notes, manifest, crew.
// A note carries name and seat as compiled, so it is readable before its manifest page.
func laneOrder(a Author) int {
	switch a {
	case Admin:
		return 0
	case Safety:
		return 1
	case Notes:
		return 2
	case Manifest:
		return 3
	}
	return 4 + int(a)
}

// lacking collects runs of what a peer with vector have lacks, up to budget bytes; at least
// one op when there is any. more says that something was left out.
func (r *Replica) lacking(have Vector, budget int, want func(Author) bool) (runs []Run, more bool, err error) {
	lanes := slices.Clone(r.st.Lanes)
	slices.SortFunc(lanes, func(a, b Lane) int { return laneOrder(a.Author) - laneOrder(b.Author) })
	bytes, count := 0, 0
	for _, lane := range lanes {
		first := have.Of(lane.Author) + 1
		if !want(lane.Author) || lane.Seq < first {
			continue
		}
		if more {
			break
		}
		run := Run{Author: lane.Author, Incarnation: lane.Incarnation, First: first}
		// The head at the cut is known only by walking the chain; heads of stored prefixes are
		// not kept, so a cut run recomputes from the lane's start.
		cut := false
		if err := r.store.Ops(lane.Author, first, func(o Op) bool {
			if o.Dot.Seq > lane.Seq {
				return false
			}
			raw := o.Raw()
			if (bytes+len(raw) > budget || count == MaxRunOps) && count > 0 {
				cut = true
				return false
			}
			bytes += len(raw)
			count++
			run.Ops = append(run.Ops, raw)
			return true
		}); err != nil {
			return nil, false, err
		}
		if cut {
			more = true
		}
		if len(run.Ops) == 0 {
			continue
		}
		run.Head = lane.Head
		if last := first + uint64(len(run.Ops)) - 1; last < lane.Seq {
			if run.Head, err = r.headAt(lane, last); err != nil {
				return nil, false, err
			}
		}
		runs = append(runs, run)
	}
	return runs, more, nil
}

func (r *Replica) headAt(lane Lane, seq uint64) (Hash, error) {
	h := chainStart(r.st.Group, lane.Author, lane.Incarnation)
	err := r.store.Ops(lane.Author, 1, func(o Op) bool {
		if o.Dot.Seq > seq {
			return false
		}
		h = chainNext(h, o)
		return true
	})
	return h, err
}
