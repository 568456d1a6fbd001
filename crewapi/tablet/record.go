package tablet

import (
	"context"
	"slices"
	"strings"

	"github.com/cabinloop/cabinloop/crewapi/badgerstore"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// write appends drafts to this tablet's lane in one durable batch; where the lane has a gap they are
// kept beside it. The caller holds f.mu.
func (f *flight) write(drafts ...flightsync.Draft) error {
	return f.writeWith(nil, drafts...)
}

// writeWith is write with further values in the same batch.
func (f *flight) writeWith(metas []badgerstore.Meta, drafts ...flightsync.Draft) error {
	salts := make([][flightsync.SaltSize]byte, len(drafts))
	for i := range salts {
		b, err := f.agent.random(flightsync.SaltSize)
		if err != nil {
			return err
		}
		copy(salts[i][:], b)
	}
	w := flightsync.Write{Author: f.rep.State().Me, Drafts: drafts, Salts: salts, Now: f.agent.now()}
	if w.Author == flightsync.Nobody {
		if done, err := f.writeApart(w); done || err != nil {
			return err
		}
	}
	ready, err := f.step(w)
	if err != nil {
		return err
	}
	return f.commit(ready, metas...)
}

// entering runs fn on the opened flight that key names, for an entry by the crew; when fn wrote
// something, watchers and Run hear of it.
func (a *Agent) entering(ctx context.Context, op, key string, fn func(f *flight, v *folded) error) error {
	if err := alive(ctx); err != nil {
		return err
	}
	f, err := a.find(op, key)
	if err != nil {
		return err
	}
	wrote, err := func() (bool, error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if err := f.use(); err != nil {
			return false, err
		}
		if f.record().Assignment.Removed {
			return false, passenger.Errorf(passenger.Forbidden, op, "this flight is no longer this tablet's; record it on a tablet of the flight")
		}
		v, err := f.view()
		if err != nil {
			return false, err
		}
		err = fn(f, v)
		return f.folded != v, err
	}()
	if err != nil {
		return err
	}
	if wrote {
		a.tell(f.key)
		a.wake()
	}
	return nil
}

// note returns the note that an entry is about. Errors: not_found, phase when it was taken back.
func (v *folded) note(op string, d flightsync.Dot) (flightsync.NoteView, error) {
	n, ok := v.Note(d)
	switch {
	case !ok:
		return n, passenger.Errorf(passenger.NotFound, op, "no such note on this flight; go back to the list")
	case n.Erased:
		return n, passenger.Errorf(passenger.Phase, op, "this note was erased on request; nothing is left to do")
	case n.Retracted != "":
		return n, passenger.Errorf(passenger.Phase, op, "ground took this note back (%s); nothing is left to do", n.Retracted)
	}
	return n, nil
}

// Record keeps what a form says about a note, with its gesture, in one durable write. The same
// nonce is the same entry, also after a crash. Errors: invalid, not_found, phase for a note that
// was taken back or a flight that ground has not bound yet, forbidden, exists when the nonce
// was used for something else, unavailable when the storage is full.
func (a *Agent) Record(ctx context.Context, e Entry) (card NoteCard, err error) {
	const op = "tablet.Record"
	e.Feedback.Words = strings.TrimSpace(e.Feedback.Words)
	if err := checkEntry(op, e); err != nil {
		return card, err
	}
	err = a.entering(ctx, op, e.Flight.String(), func(f *flight, v *folded) error {
		drafts, err := v.entry(op, e)
		if err != nil {
			return err
		}
		for i := range drafts {
			if e.Urgent {
				drafts[i].Flags |= flightsync.Urgent
			}
		}
		if len(drafts) > 0 {
			if err := f.write(drafts...); err != nil {
				return err
			}
		}
		after, err := f.view()
		if err != nil {
			return err
		}
		n, _ := after.Note(e.Note)
		card = f.cards(after, f.record()).card(n)
		return nil
	})
	return card, err
}

func checkEntry(op string, e Entry) error {
	if e.Nonce == ([8]byte{}) {
		return passenger.Errorf(passenger.Invalid, op, "the form carries no nonce; open the page again")
	}
	if err := e.Feedback.Validate(); err != nil {
		return err
	}
	if e.Gesture == "" {
		return nil
	}
	if !slices.Contains([]passenger.GestureCode{passenger.Apology, passenger.Drink, passenger.Voucher, passenger.Miles}, e.Gesture) {
		return passenger.Errorf(passenger.Invalid, op, "a gesture is one of apology, drink, voucher, miles")
	}
	if e.Quantity < 0 || e.Quantity > maxQuantity {
		return passenger.Errorf(passenger.Invalid, op, "a gesture is given 1 to %d times", maxQuantity)
	}
	return nil
}

// entry makes the drafts of an entry; none when the form was recorded before.
func (v *folded) entry(op string, e Entry) ([]flightsync.Draft, error) {
	if o, ok := v.byNonce(e.Nonce, flightsync.KindOutcome, flightsync.KindResolve); ok {
		if o.Header.Entity != e.Note {
			return nil, used(op)
		}
		return nil, nil
	}
	if o, ok := v.byNonce(e.Nonce, flightsync.KindGesture); ok {
		for _, g := range v.Gestures {
			if g.Dot == o.Dot && g.Note == e.Note {
				return nil, nil
			}
		}
		return nil, used(op)
	}
	n, err := v.note(op, e.Note)
	if err != nil {
		return nil, err
	}
	var out []flightsync.Draft
	standing, has := n.Outcome()
	switch {
	case e.Resolve:
		if !v.isLead() {
			return nil, passenger.Errorf(passenger.Forbidden, op, "only the acting lead settles what tablets disagree on")
		}
		if !n.Disputed() && !slices.ContainsFunc(n.Heads, func(h flightsync.Head) bool { return h.Resolve }) {
			return nil, passenger.Errorf(passenger.Phase, op, "nothing is in dispute on this note any more; look again")
		}
		out = append(out, flightsync.ResolveDraft(n.Dot, n.Note.Traveller, e.Feedback, n.HeadDots(), e.Nonce))
	case has && standing == e.Feedback && e.Gesture != "":
		// A gesture beside the outcome that stands: only the gesture is new.
	default:
		out = append(out, flightsync.OutcomeDraft(n.Dot, n.Note.Traveller, e.Feedback, v.over(n), e.Nonce))
	}
	if e.Gesture != "" {
		g := flightsync.Gesture{Code: e.Gesture, Quantity: max(e.Quantity, 1), PolicyVersion: policyVersion, Traveller: n.Note.Traveller, Note: n.Dot}
		out = append(out, g.Draft(e.Nonce))
	}
	return out, nil
}

func used(op string) error {
	return passenger.Errorf(passenger.Exists, op, "this form was already used for another entry; open the page again")
}

// over lists the outcomes that a new one replaces: what was visible. What tablets disagree on,
// and what the lead settled, is not undone by a plain outcome: there only the own ones go.
func (v *folded) over(n flightsync.NoteView) []flightsync.Dot {
	settled := n.Disputed()
	for _, h := range n.Heads {
		settled = settled || h.Resolve && !v.mine[h.By]
	}
	var out []flightsync.Dot
	for _, h := range n.Heads {
		if !settled || v.mine[h.By] && !h.Resolve {
			out = append(out, h.Dot)
		}
	}
	return out
}
