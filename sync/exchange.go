package sync

import (
	"encoding/binary"
	"maps"
	"slices"

	"github.com/cabinloop/cabinloop/passenger"
)

func (r *Replica) ask(ev Ask) (Ready, error) {
	req := &Request{Group: r.st.Group, Me: r.st.Me, Have: r.st.Vector(), Budget: ev.Budget, Prove: ev.Prove}
	if me, ok := r.st.Lane(r.st.Me); ok {
		req.Mine = me.Head.short()
	} else {
		req.Incarnation = r.st.Incarnation
	}
	if req.Budget <= 0 {
		req.Budget = DefaultBudget
	}
	send := ev.Send
	if send <= 0 {
		send = DefaultBudget
	}
	if ev.Claims {
		for _, l := range r.st.Lanes {
			if l.Seq > 0 {
				req.Claims = append(req.Claims, HeadOf{l.Author, l.Head})
			}
		}
	}
	peer := slices.Clone(ev.Peer)
	if ev.Peer == nil {
		for _, l := range r.st.Lanes {
			if l.Author != r.st.Me {
				peer = peer.Set(l.Author, l.Seq)
			}
		}
	}
	for _, a := range ev.Whole {
		peer = peer.Set(a, 0)
	}
	var err error
	req.Runs, _, err = r.lacking(peer, send)
	return Ready{Request: req}, err
}

func (r *Replica) answer(ev Answer) (Ready, error) {
	req := ev.Request
	if req.Group != r.st.Group {
		return Ready{}, passenger.Errorf(passenger.NotFound, "sync.Answer", "this exchange is for another flight")
	}
	limit := ev.Limit
	if limit <= 0 {
		limit = DefaultBudget
	}
	if b := req.Budget; b > 0 {
		limit = min(limit, b)
	}
	again, err := r.again(req, ev.Notes)
	if err != nil {
		return Ready{}, err
	}
	res := &Response{Have: r.st.Vector(), Digest: r.st.Digest(), Again: again, Receipts: r.receipts(req)}
	have := slices.Clone(req.Have)
	for _, a := range res.Again { // what is asked for anew is not answered from where it seems to end
		have = have.Set(a, max(have.Of(a), res.Have.Of(a)))
	}
	var beside []Author
	for _, n := range ev.Notes {
		if n.What != FaultBranch {
			continue
		}
		// The asker holds a branch under the index that it left. What is in its place says so.
		have, beside = have.Set(n.Author, n.Fork.At), append(beside, n.Author)
	}
	if ev.Leaving {
		for _, l := range r.st.Lanes {
			if l.Class != AdminLane {
				have = have.Set(l.Author, l.Seq)
			}
		}
	}
	ready := Ready{Response: res}
	if req.Prove && r.st.Me == Admin {
		if ready.proving, err = r.proofMessage(req.Have, res.Have); err != nil {
			return Ready{}, err
		}
	}
	res.Runs, res.More, err = r.lacking(have, limit, beside...)
	return ready, err
}

// again lists the lanes of which the asker's history is another one than ours. Of its own lane
// that is exact, however long ours is: what the crew is told is here rests on it. Errors: those of
// the storage.
func (r *Replica) again(req Request, notes []RunNote) ([]Author, error) {
	out := map[Author]bool{}
	for _, n := range notes {
		if n.What == FaultFork {
			out[n.Author] = true
		}
		if n.What == FaultUnbound { // as many ops of the roster as here, and another roster
			for _, l := range r.st.Lanes {
				if l.Class == AdminLane && l.Seq > 0 && l.Seq == req.Have.Of(l.Author) {
					out[l.Author] = true
				}
			}
		}
	}
	differs := func(a Author, same func(Hash) bool) error {
		l, ok := r.st.Lane(a)
		if seq := req.Have.Of(a); ok && seq > 0 && seq <= l.Seq && !out[a] {
			h, err := r.headAt(l, seq)
			if err != nil {
				return err
			}
			if !same(h) {
				out[a] = true
			}
		}
		return nil
	}
	for _, c := range req.Claims {
		if err := differs(c.Author, func(h Hash) bool { return h == c.Head }); err != nil {
			return nil, err
		}
	}
	if err := differs(req.Me, func(h Hash) bool { return h.short() == req.Mine }); err != nil {
		return nil, err
	}
	return sortedAuthors(out), nil
}

// receipts says what ground holds of a late tablet's lanes beyond the seal.
func (r *Replica) receipts(req Request) (out []Receipt) {
	if !r.st.Sealed || r.st.Me != Admin {
		return nil
	}
	late := map[Author]bool{req.Me: true}
	for _, run := range req.Runs {
		late[run.Author] = true
	}
	for _, a := range sortedAuthors(late) {
		if l, ok := r.st.Lane(a); ok && l.Class == TabletLane && l.Seq > l.Freed {
			out = append(out, Receipt{Author: a, Seq: l.Seq, Head: l.Head})
		}
	}
	return out
}

// lacking collects runs of what a peer with vector have lacks, up to budget bytes; at least
// one op when there is any. more says that something was left out. Ground's lanes go in order
// of weight, admin first. Crew lanes share what is left: a lane that the peer must refuse would
// otherwise eat the budget of every later exchange. Of the lanes beside which the peer holds a
// branch ground's own come whole: the entry that says so may stand at the end.
func (r *Replica) lacking(have Vector, budget int, beside ...Author) (runs []Run, more bool, err error) {
	var lanes []Lane
	for _, l := range r.st.Lanes {
		if l.Seq > have.Of(l.Author) {
			lanes = append(lanes, l)
		}
	}
	slices.SortFunc(lanes, func(a, b Lane) int { return r.order(a.Author) - r.order(b.Author) })
	left, count := budget, MaxRunOps
	for i, l := range lanes {
		ops, bytes := count, left
		if l.Class == TabletLane {
			ops, bytes = max(count/(len(lanes)-i), 1), left/(len(lanes)-i)
		} else if slices.Contains(beside, l.Author) {
			bytes = 2 * MaxRawBytes
		}
		if count == 0 {
			return runs, true, nil
		}
		run, size, err := r.run(l, have.Of(l.Author)+1, bytes, ops, len(runs) == 0)
		if err != nil {
			return nil, false, err
		}
		left, count = left-size, count-len(run.Ops)
		if len(run.Ops) > 0 {
			runs = append(runs, run)
		}
		if len(run.Ops) == 0 || run.last() < l.Seq {
			more = true
		}
		if more && l.Class != TabletLane { // what weighs more comes first
			return runs, true, nil
		}
	}
	return runs, more, nil
}

// run reads a run of a lane from op first on, up to budget bytes and limit ops. This replica's
// own lane is cut anywhere, another's where its author signed it. With must the least that can
// be sent is sent even beyond the budget. It returns how many bytes of ops it holds.
func (r *Replica) run(l Lane, first uint64, budget, limit int, must bool) (Run, int, error) {
	room := min(limit, int(min(l.Seq-first+1, MaxRunOps)))
	ops := make([]Op, 0, room)
	sizes := make([]int, 0, room) // of the run up to each
	size := 0
	own := r.signs(l)
	least := first // the first place where it may end
	if !own {
		i := slices.IndexFunc(l.Points, func(p Point) bool { return p.Seq >= first })
		if i < 0 {
			return Run{Author: l.Author, First: first}, 0, nil
		}
		least = l.Points[i].Seq
	}
	err := r.ops(l, first, func(o Op) bool {
		size += o.size()
		if over := size > budget || len(ops) == limit; over && !(must && o.Dot.Seq <= least) {
			return false
		}
		ops, sizes = append(ops, o), append(sizes, size)
		return true
	})
	if err != nil {
		return Run{}, 0, err
	}
	run := Run{Author: l.Author, First: first}
	end := first + uint64(len(ops)) - 1
	for i := len(l.Points) - 1; i >= 0; i-- {
		p := l.Points[i]
		if p.Seq == end || !own && p.Seq < end {
			end, run.Sig = p.Seq, p.Sig
			break
		}
	}
	if !own && run.Sig == nil || end < first {
		return run, 0, nil
	}
	n := int(end - first + 1)
	run.Ops = make([][]byte, n)
	for i, o := range ops[:n] {
		run.Ops[i] = o.Raw()
	}
	run.Head, err = r.headAt(l, end)
	return run, sizes[n-1], err
}

// short is a head cut to what tells two histories of one author apart.
func (h Hash) short() uint64 { return binary.LittleEndian.Uint64(h[:8]) }

func sortedAuthors[V any](m map[Author]V) []Author { return slices.Sorted(maps.Keys(m)) }
