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
	if res.Runs, res.More, err = r.lacking(ev.Request.Have, limit, func(Author) bool { return true }); err != nil {
		return Ready{}, err
	}
	proof, err := r.proof(ev.Request, ev.You, res.Have)
	if err != nil {
		return Ready{}, err
	}
	res.Runs = append(res.Runs, proof...)
	return Ready{Response: res}, nil
}

// proof is the last op held of the asker's own lane, sent when the asker's history of it may be
// another one than ours: it claims ops that it did not bring, or all vectors are equal and the
// digests are not. The asker compares the head with its own chain and learns of a fork
// ([FaultFork]), which vectors alone would hide: our count would look like an acknowledgement.
func (r *Replica) proof(req Request, you Author, have Vector) ([]Run, error) {
	lane, ok := r.st.Lane(you)
	if !ok || lane.Seq == 0 || req.Have.Of(you) < lane.Seq {
		return nil, nil
	}
	equal := req.Have.CoversAll(have) && have.CoversAll(req.Have)
	if req.Have.Of(you) == lane.Seq && !(equal && req.Digest != r.st.Digest()) {
		return nil, nil
	}
	run, _, err := r.run(lane, lane.Seq, 0, 1, true)
	return []Run{run}, err
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
// one op when there is any. more says that something was left out. Ground's lanes go in order
// of weight. Crew lanes share what is left: a lane that the peer must refuse (a fork) would
// otherwise eat the budget of every later exchange.
func (r *Replica) lacking(have Vector, budget int, want func(Author) bool) (runs []Run, more bool, err error) {
	var lanes []Lane
	for _, l := range r.st.Lanes {
		if want(l.Author) && l.Seq > have.Of(l.Author) {
			lanes = append(lanes, l)
		}
	}
	slices.SortFunc(lanes, func(a, b Lane) int { return laneOrder(a.Author) - laneOrder(b.Author) })
	left, count := budget, MaxRunOps-1 // one is left for a proof
	for i, lane := range lanes {
		ops, bytes := count, left
		if lane.Author >= FirstTablet {
			ops, bytes = max(count/(len(lanes)-i), 1), left/(len(lanes)-i)
		}
		if count == 0 {
			return runs, true, nil
		}
		run, size, err := r.run(lane, have.Of(lane.Author)+1, bytes, ops, len(runs) == 0)
		if err != nil {
			return nil, false, err
		}
		left, count = left-size, count-len(run.Ops)
		if len(run.Ops) > 0 {
			runs = append(runs, run)
		}
		if run.First+uint64(len(run.Ops)) <= lane.Seq {
			more = true
		}
		if more && lane.Author < FirstTablet { // what weighs more comes first
			return runs, true, nil
		}
	}
	return runs, more, nil
}

// run reads a run of a lane from op first on: up to budget bytes and limit ops, and one op even
// beyond the budget when must is set. It returns how many bytes of ops it holds.
func (r *Replica) run(lane Lane, first uint64, budget, limit int, must bool) (Run, int, error) {
	run := Run{Author: lane.Author, Incarnation: lane.Incarnation, First: first}
	size := 0
	if err := r.store.Ops(lane.Author, first, func(o Op) bool {
		if o.Dot.Seq > lane.Seq || len(run.Ops) == limit {
			return false
		}
		raw := o.Raw()
		if size+len(raw) > budget && !(must && len(run.Ops) == 0) {
			return false
		}
		size += len(raw)
		run.Ops = append(run.Ops, raw)
		return true
	}); err != nil {
		return Run{}, 0, err
	}
	var err error
	run.Head, err = r.headAt(lane, first+uint64(len(run.Ops))-1)
	return run, size, err
}

// headAt returns h_seq of a lane. Heads of stored prefixes are not kept: it walks the chain.
func (r *Replica) headAt(lane Lane, seq uint64) (Hash, error) {
	if seq == lane.Seq {
		return lane.Head, nil
	}
	h := chainStart(r.st.Group, lane.Author, lane.Incarnation)
	if seq == 0 {
		return h, nil
	}
	err := r.store.Ops(lane.Author, 1, func(o Op) bool {
		h = chainNext(h, o)
		return o.Dot.Seq < seq
	})
	return h, err
}
