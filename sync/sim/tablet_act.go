package sim

import (
	"slices"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// fold is what the tablet shows, made when something changed.
func (t *tablet) fold() *flightsync.View {
	if t.view == nil || t.viewed != t.disk.writes {
		t.view, t.viewed = flightsync.Fold(t.program(t.disk.all())), t.disk.writes
	}
	return t.view
}

// program is what this tablet's program folds: everything, unless a bug is planted.
func (t *tablet) program(ops []flightsync.Op) []flightsync.Op {
	return t.w.misfold(t, ops)
}

func (t *tablet) write(ds ...flightsync.Draft) bool {
	w := t.w
	salts := make([][flightsync.SaltSize]byte, len(ds))
	for i := range salts {
		salts[i] = w.salt()
	}
	now := t.clock()
	if w.planted(ClockDrags) {
		for _, o := range t.disk.all() {
			if s := o.Header.Stamp.Time(); s.After(now) {
				now = s
			}
		}
	}
	if t.rep == nil {
		return false
	}
	me := t.me()
	ready, ok := t.do(flightsync.Write{Author: me, Drafts: ds, Salts: salts, Now: now})
	if !ok {
		return false
	}
	for i, d := range ready.Changed {
		if i < len(ds) && ds[i].Nonce != [8]byte{} {
			t.owes[ds[i].Nonce], t.mine[ds[i].Nonce] = true, d
		}
	}
	if max(t.skew, -t.skew) < flightTime {
		for _, d := range ready.Changed {
			if o, ok := t.disk.op(d); ok && slices.Contains(flightsync.Fold(append(t.w.ground.schedule(), o)).Skewed, d) {
				w.fail(I11, "tablet %d has a right clock and wrote %s with the stamp %v", t.at, d, o.Header.Stamp.Time())
			}
		}
	}
	w.log("tablet %d writes %v", t.at, ready.Changed)
	return true
}

// act is one thing that crew do, from what the tablet shows.
func (t *tablet) act() {
	w := t.w
	if !t.works() || t.me() == flightsync.Nobody {
		return
	}
	v := t.shown()
	if len(w.res.Failures) > 0 || t.rep == nil {
		return
	}
	no := passenger.TravellerNo(1 + w.rng.IntN(travellers))
	tr, _ := v.Traveller(no)
	record := func(kind flightsync.Kind, note string, words string, f form, ds ...flightsync.Draft) {
		if t.write(ds...) {
			w.truth.entries[f] = entry{kind, note, words, t.at}
		}
	}
	f := w.form(t.at)
	w.truth.filled[f] = true
	if len(v.Notes) == 0 || w.chance(0.15) {
		seat := passenger.Seat(string(rune('1'+w.rng.IntN(9))) + string(rune('A'+w.rng.IntN(6))))
		record(flightsync.KindSeatNow, "", "", f, flightsync.SeatNowDraft(no, seat, tr.SeatDots, f))
		return
	}
	n := v.Notes[w.rng.IntN(len(v.Notes))]
	about := n.Note.Words
	fb := passenger.Feedback{Outcome: passenger.Acted, Words: w.word("said")}
	switch w.rng.IntN(3) {
	case 0:
		fb = passenger.Feedback{Outcome: passenger.Declined, Reaction: passenger.Neutral, Words: fb.Words}
	case 1:
		fb = passenger.Feedback{Outcome: passenger.NotPossible, Reason: passenger.Asleep, Words: fb.Words}
	}
	switch w.rng.IntN(12) {
	case 0, 1:
		t.write(flightsync.SeenDraft(n.Dot))
	case 2, 3, 4, 5:
		record(flightsync.KindOutcome, about, fb.Words, f, flightsync.SeenDraft(n.Dot), flightsync.OutcomeDraft(n.Dot, n.Note.Traveller, fb, n.HeadDots(), f))
	case 6, 7:
		g := flightsync.Gesture{Code: passenger.Drink, Quantity: 1, PolicyVersion: 1, Traveller: n.Note.Traveller, Note: n.Dot}
		record(flightsync.KindGesture, about, "", f, g.Draft(f))
	case 8:
		if n.Disputed() {
			record(flightsync.KindResolve, about, fb.Words, f, flightsync.ResolveDraft(n.Dot, n.Note.Traveller, fb, n.HeadDots(), f))
		}
	case 9:
		t.write(flightsync.ClaimDraft(n.Dot, n.Note.Traveller))
		for _, g := range v.Gestures {
			if t.rep != nil && g.Dot.Author == t.me() && !g.Voided && w.chance(0.2) {
				record(flightsync.KindVoid, "", "", f, flightsync.VoidDraft(g.Dot, g.Traveller, f))
				return
			}
		}
	case 10:
		d := flightsync.AssistanceDraft(no, "BLND", tr.AssistanceDots...)
		d.Nonce = f
		record(flightsync.KindAssistance, "", "", f, d)
	case 11:
		if at, ok := v.ActingLead(); ok && at == t.me() && w.now > 3*syncEvery {
			d := flightsync.MovementFact{Word: passenger.Off, At: t.clock()}.Draft()
			d.Nonce = f
			record(flightsync.KindMovement, "", "", f, d)
		}
	}
	if w.planted(HaveTooMuch) && t.rep != nil {
		v := t.rep.State().Vector()
		v = v.Set(flightsync.Notes, v.Of(flightsync.Notes)+2)
		b := v.Pack()
		t.write(flightsync.Draft{Kind: flightsync.KindHave, Content: append([]byte{0x0a, byte(len(b))}, b...), Unstamped: true})
	}
}

// again is a driver that does not remember which form its last entry came from.
func (t *tablet) again() {
	if !t.works() || t.me() == flightsync.Nobody {
		return
	}
	for _, o := range slices.Backward(t.disk.lanes[t.me()]) {
		if o.Header.Kind == flightsync.KindGesture && !o.IsStub() {
			f := t.w.form(t.at)
			t.write(flightsync.Draft{Kind: o.Header.Kind, Traveller: o.Header.Traveller, Nonce: f, Content: o.Content()})
			return
		}
	}
}

// recordAgain writes the entries rescued from a damaged store that ground does not hold.
func (t *tablet) recordAgain() {
	if len(t.kept) == 0 || t.rep == nil || t.me() == flightsync.Nobody {
		return
	}
	next := t.rep.State().Vector().Of(t.me()) + 1
	to := map[flightsync.Dot]flightsync.Dot{}
	follow := func(d flightsync.Dot) flightsync.Dot {
		if n, ok := to[d]; ok {
			return n
		}
		return d
	}
	held := forms(t.disk.all())
	var ds []flightsync.Draft
	for _, o := range t.kept {
		if at, ok := held[form(o.Header.Nonce)]; ok {
			t.mine[form(o.Header.Nonce)] = at
			continue
		}
		h := o.Header
		d := flightsync.Draft{Kind: h.Kind, Entity: follow(h.Entity), Traveller: h.Traveller, Flags: h.Flags, Nonce: h.Nonce,
			Content: o.Content(), Unstamped: h.Stamp == flightsync.Stamp{}}
		for _, over := range h.Over {
			d.Over = append(d.Over, follow(over))
		}
		to[o.Dot] = flightsync.Dot{Author: t.me(), Seq: next}
		next++
		ds = append(ds, d)
	}
	if len(ds) > 0 && !t.write(ds...) {
		return
	}
	t.kept = nil // in the transaction of the write; after a crash behind it nothing is left to record
	t.w.reached("entries were recorded again")
}
