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
	if len(ev.Drafts) == 0 {
		return Ready{}, nil
	}
	var changed []Dot
	for i, d := range ev.Drafts {
		l, _ := r.st.Lane(ev.Author)
		o, err := r.append(l, d, ev.Salts[i], r.st.Clock.next(ev.Now))
		if err != nil {
			return Ready{}, err
		}
		changed = append(changed, o.Dot)
	}
	return Ready{Batch: r.batch(), Changed: changed}, nil
}

// append makes the next op of a lane and moves lane and clock on.
func (r *Replica) append(l Lane, d Draft, salt [SaltSize]byte, stamp Stamp) (Op, error) {
	h := Header{Kind: d.Kind, Entity: d.Entity, Over: d.Over, Traveller: d.Traveller, Flags: d.Flags, Nonce: d.Nonce}
	var err error
	if h.Marks, err = r.marks(d.Over); err != nil {
		return Op{}, err
	}
	if !d.Unstamped {
		h.Stamp = stamp
		// A wrong clock flags its own ops; it does not take the flight's along.
		if r.st.Window.holds(stamp, l.Class) {
			r.st.Clock = stamp
		}
	}
	o := Op{Dot: Dot{l.Author, l.Seq + 1}, Header: h, Head: h.encode(), Body: append(salt[:len(salt):len(salt)], d.Content...)}
	o.Commit = commit(o.Body)
	if n := o.size(); n > MaxOpBytes {
		return Op{}, passenger.Errorf(passenger.TooMuch, "sync.Write", "this entry has %d bytes; at most %d fit: shorten the words", n, MaxOpBytes)
	}
	if l.Seq >= MaxLaneOps || l.Bytes+uint64(o.size()) > MaxLaneBytes {
		return Op{}, passenger.Errorf(passenger.TooMuch, "sync.Write", "this tablet has recorded more on this flight than a flight takes")
	}
	// What peers cannot read would count for nothing.
	if again, ok := parse(o.Raw()); !ok || again.Poison != "" {
		return Op{}, passenger.Errorf(passenger.Invalid, "sync.Write", "this entry names an op or a kind that no flight can have")
	}
	l.Points = nil // not proven any more, until [Replica.Sign]
	if l = r.put(l, o); l.Class == AdminLane {
		return o, r.learn(o)
	}
	return o, nil
}

// marks says which ops are meant by dots; nil when one of them is not held. Errors: those of the
// storage.
func (r *Replica) marks(dots []Dot) (out []byte, err error) {
	for _, d := range dots {
		l, _ := r.st.Lane(d.Author)
		if d.Seq < 1 || d.Seq > l.Seq {
			return nil, nil
		}
		if err := r.ops(l, d.Seq, func(o Op) bool { out = append(out, o.Commit[:markSize]...); return false }); err != nil {
			return nil, err
		}
	}
	return out, nil
}
