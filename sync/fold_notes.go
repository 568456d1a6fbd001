package sync

import (
	"cmp"
	"slices"

	"github.com/cabinloop/cabinloop/passenger"
)

// notes gathers notes, what took them back, and which were delivered.
func (f *folder) notes() {
	taken := map[Dot][]Dot{} // by which retracts and erase ops a note was taken back
	for _, o := range f.byKind[KindNote] {
		n := NoteView{Dot: o.Dot, Written: o.Header.Stamp.Time()}
		if f.isErased(o.Dot) {
			n.Erased = true
			n.Note.Traveller, n.Note.Event = o.Header.Traveller, o.Header.Traveller == 0
			taken[o.Dot] = slices.Clone(f.erased[o.Dot])
		} else {
			note, err := decodeNote(o.Header.Traveller, o.Content())
			if err != nil {
				f.quarantine(o, "unreadable")
				continue
			}
			n.Note = note
		}
		f.view.Notes = append(f.view.Notes, n)
	}
	for _, o := range f.byKind[KindRetract] {
		reason := string(RetractErased) // an erased retract still holds: nothing comes back
		if !f.isErased(o.Dot) {
			var err error
			if reason, err = decodeText(o.Content()); err != nil {
				f.quarantine(o, "unreadable")
				continue
			}
		}
		n := f.note(o.Header.Entity)
		if n == nil {
			f.quarantine(o, "dangling")
			continue
		}
		taken[n.Dot] = append(taken[n.Dot], o.Dot)
		if n.Retracted == "" {
			n.Retracted, n.RetractOf = RetractReason(cmp.Or(reason, string(RetractRecalled))), o.Dot
		}
	}
	for i := range f.view.Notes {
		if n := &f.view.Notes[i]; n.Erased && n.Retracted == "" {
			n.Retracted, n.RetractOf = RetractErased, taken[n.Dot][0]
		}
	}
	f.delivered(taken)
}

func (f *folder) note(d Dot) *NoteView {
	i := slices.IndexFunc(f.view.Notes, func(n NoteView) bool { return n.Dot == d })
	if i < 0 {
		return nil
	}
	return &f.view.Notes[i]
}

// delivered: some tablet's have covers the note and nothing that took it back, and was written
// causally before the aircraft was on-block: it covers no on-block movement of ground, nor
// does one stand before it in the tablet's own lane.
func (f *folder) delivered(taken map[Dot][]Dot) {
	onBlock := map[Author]uint64{}
	f.each(KindMovement, func(o Op) error {
		m, err := decodeMovement(o.Content())
		if err == nil && m.Word == passenger.In && onBlock[o.Dot.Author] == 0 {
			onBlock[o.Dot.Author] = o.Dot.Seq
		}
		return nil // admin says what cannot be read
	})
	f.each(KindHave, func(o Op) error {
		have, err := decodeHave(o.Content())
		if err != nil {
			return err
		}
		if own := onBlock[o.Dot.Author]; own != 0 && own < o.Dot.Seq {
			return nil
		}
		for a, seq := range onBlock {
			if f.class[a] == AdminLane && have.Covers(Dot{a, seq}) {
				return nil
			}
		}
		for i := range f.view.Notes {
			n := &f.view.Notes[i]
			if have.Covers(n.Dot) && !slices.ContainsFunc(taken[n.Dot], have.Covers) {
				n.Delivered = true
			}
		}
		return nil
	})
}

// crew applies what tablets recorded: seen, claims, outcomes, resolves and gestures.
func (f *folder) crew() {
	mark := func(k Kind, set func(*NoteView) *[]Author) {
		f.each(k, func(o Op) error {
			n := f.note(o.Header.Entity)
			if n == nil {
				f.quarantine(o, "dangling")
				return nil
			}
			if by := set(n); !slices.Contains(*by, o.Dot.Author) {
				*by = append(*by, o.Dot.Author)
			}
			return nil
		})
	}
	mark(KindSeen, func(n *NoteView) *[]Author { return &n.SeenBy })
	mark(KindClaim, func(n *NoteView) *[]Author { return &n.Claimed })

	f.outcomes()
	for i := range f.view.Notes {
		f.settle(&f.view.Notes[i])
	}
	f.gestures()
}

// outcomes gathers the live heads of each note. Only an op that counts supersedes another, and
// only about the same note. An erased outcome has no head, but what its header says still holds.
func (f *folder) outcomes() {
	type counted struct {
		op     Op
		fb     passenger.Feedback
		erased bool
	}
	var ops []counted
	about := map[Dot]Dot{}
	settled := map[Dot]bool{} // notes that ground has resolved
	for _, k := range []Kind{KindOutcome, KindResolve} {
		for _, o := range f.byKind[k] {
			c := counted{op: o, erased: f.isErased(o.Dot)}
			if !c.erased {
				var err error
				if c.fb, err = decodeFeedback(o.Content()); err != nil {
					f.quarantine(o, "unreadable")
					continue
				}
			}
			byTablet := f.class[o.Dot.Author] == TabletLane
			switch {
			case f.note(o.Header.Entity) == nil:
				f.quarantine(o, "dangling")
			case k == KindResolve && byTablet && !f.leads[o.Dot.Author]:
				f.quarantine(o, "unauthorised")
			default:
				ops = append(ops, c)
				about[o.Dot] = o.Header.Entity
				settled[o.Header.Entity] = settled[o.Header.Entity] || !byTablet
			}
		}
	}
	gone := map[Dot]bool{}
	for _, c := range ops {
		for _, d := range c.op.Header.Over {
			if d != c.op.Dot && about[d] == c.op.Header.Entity {
				gone[d] = true
			}
		}
	}
	for _, c := range ops {
		n, by, resolve := f.note(c.op.Header.Entity), c.op.Dot.Author, c.op.Header.Kind == KindResolve
		f.seen(n, by)
		if gone[c.op.Dot] || c.erased || resolve && settled[n.Dot] && f.class[by] == TabletLane {
			continue
		}
		n.Heads = append(n.Heads, Head{c.op.Dot, by, c.fb, c.op.Header.Stamp.Time(), resolve})
	}
}

// seen: an outcome implies seen, and seen implies delivered.
func (f *folder) seen(n *NoteView, by Author) {
	if f.class[by] == TabletLane && !slices.Contains(n.SeenBy, by) {
		n.SeenBy = append(n.SeenBy, by)
	}
}

func (f *folder) settle(n *NoteView) {
	slices.Sort(n.SeenBy)
	slices.Sort(n.Claimed)
	if n.Seen() {
		n.Delivered = true
	}
	// Order siblings by time for display; equal times by dot. Order never decides a dispute.
	slices.SortFunc(n.Heads, func(a, b Head) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Dot.Author, b.Dot.Author), cmp.Compare(a.Dot.Seq, b.Dot.Seq))
	})
}

func (f *folder) gestures() {
	voided := map[Dot]bool{}
	for _, o := range f.byKind[KindVoid] {
		voided[o.Header.Entity] = true
	}
	type form struct {
		by    Author
		nonce [8]byte
	}
	forms := map[form]bool{}
	f.each(KindGesture, func(o Op) error {
		g, err := decodeGesture(o.Header.Traveller, o.Content())
		if err != nil {
			return err
		}
		// The same form sent twice is one gesture (the lowest dot).
		if key := (form{o.Dot.Author, o.Header.Nonce}); o.Header.Nonce != [8]byte{} {
			if forms[key] {
				f.quarantine(o, "repeated")
				return nil
			}
			forms[key] = true
		}
		f.view.Gestures = append(f.view.Gestures, GestureView{o.Dot, g, o.Header.Stamp.Time(), voided[o.Dot]})
		return nil
	})
}

// seats applies "now sits at": observed ones are superseded, true siblings go by time.
func (f *folder) seats() {
	gone := f.superseded(KindSeatNow, func(o Op) error { _, err := seatOf(o); return err })
	best := map[passenger.TravellerNo]Op{}
	f.each(KindSeatNow, func(o Op) error {
		seat, err := seatOf(o)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(f.view.Travellers, func(t TravellerView) bool { return t.No == o.Header.Traveller })
		if i < 0 || gone[o.Dot] {
			return nil
		}
		t := &f.view.Travellers[i]
		t.SeatDots = append(t.SeatDots, o.Dot)
		b, ok := best[t.No]
		if !ok || b.Header.Stamp.Less(o.Header.Stamp) || b.Header.Stamp == o.Header.Stamp && b.Dot.Less(o.Dot) {
			best[t.No] = o
			t.SeatNow = seat
		}
		return nil
	})
}

func seatOf(o Op) (passenger.Seat, error) {
	text, err := decodeText(o.Content())
	if err != nil {
		return "", err
	}
	return passenger.ParseSeat(text)
}
