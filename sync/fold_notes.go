package sync

import (
	"cmp"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// notes gathers notes, what took them back, and which were delivered.
func (f *folder) notes() {
	taken := map[Dot][]Dot{} // by which retracts and erase ops a note was taken back
	for _, o := range f.byKind[KindNote] {
		n := NoteView{Dot: o.Dot, Written: f.at(o).Time()}
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
		n := f.subject(o)
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

// subject returns the note that a crew op is about. After ground was restored from a backup and
// wrote on, two notes may have had one dot; the traveller in the op's header tells them apart.
func (f *folder) subject(o Op) *NoteView {
	about := func(d Dot) *NoteView {
		n := f.note(d)
		if n == nil || o.Header.Kind != KindSeen && n.Note.Traveller != o.Header.Traveller {
			return nil
		}
		return n
	}
	if n := about(o.Header.Entity); n != nil {
		return n
	}
	for _, e := range f.view.Roster {
		if k := e.Fork; k.Is() && k.Of == o.Header.Entity.Author && o.Header.Entity.Seq > k.At {
			if n := about(Dot{e.Author, o.Header.Entity.Seq - k.At}); n != nil {
				return n
			}
		}
	}
	return nil
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
	onBlock := map[Author]uint64{} // by lane: where it says so
	inAt := map[Author]time.Time{}
	f.each(KindMovement, func(o Op) error {
		m, err := decodeMovement(o.Content())
		switch a := o.Dot.Author; {
		case err != nil: // admin says what cannot be read
		case m.Word == passenger.In && onBlock[a] == 0:
			onBlock[a], inAt[a] = o.Dot.Seq, m.At
		case (m.Word == passenger.OffBlock || m.Word == passenger.Off) && m.At.After(inAt[a]): // a return to gate is over
			onBlock[a] = 0
		}
		return nil
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
			if seq != 0 && f.class[a] == AdminLane && have.Covers(Dot{a, seq}) {
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
			n := f.subject(o)
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
	about := map[Dot]Dot{}    // by op: the note
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
			n := f.subject(o)
			switch {
			case n == nil:
				f.quarantine(o, "dangling")
			case k == KindResolve && byTablet && !f.leads[o.Dot.Author]:
				f.quarantine(o, "unauthorised")
			default:
				ops = append(ops, c)
				about[o.Dot] = n.Dot
				settled[n.Dot] = settled[n.Dot] || !byTablet
			}
		}
	}
	decided := map[Dot]bool{}
	for _, o := range f.byKind[KindResolve] {
		decided[o.Dot] = true
	}
	gone := map[Dot]bool{}
	for _, c := range ops {
		by := c.op.Dot.Author
		for _, d := range c.op.Header.Over {
			if d != c.op.Dot && about[d] == about[c.op.Dot] && (!decided[d] || f.mayUndo(by, d.Author)) {
				gone[d] = true
			}
		}
	}
	for _, c := range ops {
		n, by, resolve := f.note(about[c.op.Dot]), c.op.Dot.Author, c.op.Header.Kind == KindResolve
		f.seen(n, by)
		if gone[c.op.Dot] || c.erased || resolve && settled[n.Dot] && f.class[by] == TabletLane {
			continue
		}
		n.Heads = append(n.Heads, Head{c.op.Dot, by, c.fb, f.at(c.op).Time(), resolve})
	}
}

// mayUndo reports whether an author may undo what another one decided: ground everything, a lead
// what was decided on board.
func (f *folder) mayUndo(by, of Author) bool {
	return f.class[by] != TabletLane || f.leads[by] && f.class[of] == TabletLane
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

// sameTablet reports whether two author indexes are of one tablet: each of its stores has one.
func (f *folder) sameTablet(a, b Author) bool {
	t := f.roster[a].Tablet
	return a == b || t != (passenger.TabletID{}) && f.roster[b].Tablet == t
}

// gestures lists them; one is taken back by the tablet that recorded it, or by a lead.
func (f *folder) gestures() {
	voided := map[Dot]bool{}
	for _, o := range f.byKind[KindVoid] {
		if d := o.Header.Entity; f.sameTablet(o.Dot.Author, d.Author) || f.leads[o.Dot.Author] {
			voided[d] = true
		} else {
			f.quarantine(o, "unauthorised")
		}
	}
	f.each(KindGesture, func(o Op) error {
		g, err := decodeGesture(o.Header.Traveller, o.Content())
		if err != nil {
			return err
		}
		f.view.Gestures = append(f.view.Gestures, GestureView{o.Dot, g, f.at(o).Time(), voided[o.Dot]})
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
		if !ok || f.at(b).Less(f.at(o)) || f.at(b) == f.at(o) && b.Dot.Less(o.Dot) {
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
