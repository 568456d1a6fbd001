package sync

import "github.com/cabinloop/cabinloop/passenger"

func (r *Replica) write(ev Write) (Ready, error) {
	const op = "sync.Write"
	if !r.mine(ev.Author) {
		return Ready{}, passenger.Errorf(passenger.Phase, op, "this device is not yet bound to the flight; connect to ground once before recording")
	}
	if len(ev.Salts) != len(ev.Drafts) {
		return Ready{}, passenger.Errorf(passenger.Invalid, op, "%d drafts came with %d salts", len(ev.Drafts), len(ev.Salts))
	}
	var ops []Op
	var changed []Dot
	for i, d := range ev.Drafts {
		o, err := r.append(ev.Author, d, ev.Salts[i], r.st.Clock.next(ev.Now))
		if err != nil {
			return Ready{}, err
		}
		ops, changed = append(ops, o), append(changed, o.Dot)
	}
	if len(ops) == 0 {
		return Ready{}, nil
	}
	return Ready{Batch: r.batch(ops), Changed: changed}, nil
}

// append makes the next op of a lane and moves lane and clock on.
func (r *Replica) append(a Author, d Draft, salt [SaltSize]byte, stamp Stamp) (Op, error) {
	lane, ok := r.st.Lane(a)
	if !ok {
		lane = Lane{Author: a, Incarnation: r.st.Incarnation, Head: chainStart(r.st.Group, a, r.st.Incarnation)}
	}
	h := Header{Kind: d.Kind, Entity: d.Entity, Over: d.Over, Traveller: d.Traveller, Flags: d.Flags, Nonce: d.Nonce}
	if !d.Unstamped {
		h.Stamp, r.st.Clock = stamp, stamp
	}
	o := Op{Dot: Dot{a, lane.Seq + 1}, Header: h, Head: h.encode(), Body: append(salt[:len(salt):len(salt)], d.Content...)}
	o.Commit = commit(o.Body)
	if n := len(o.Raw()); n > MaxOpBytes {
		return Op{}, passenger.Errorf(passenger.TooMuch, "sync.Write", "this entry has %d bytes; at most %d fit: shorten the words", n, MaxOpBytes)
	}
	// What peers cannot read would block this lane for ever.
	if _, err := ParseOp(o.Dot, o.Raw()); err != nil {
		return Op{}, passenger.Wrap(passenger.Invalid, "sync.Write", "this entry names an op or a kind that no flight can have", err)
	}
	lane.Seq, lane.Head = o.Dot.Seq, chainNext(lane.Head, o)
	r.st.setLane(lane)
	return o, nil
}
