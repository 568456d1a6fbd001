package tablet

import (
	"context"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Seen records, once per note and tablet and without a time, that the crew opened a note.
// Errors: not_found, phase before ground has bound the tablet.
func (a *Agent) Seen(ctx context.Context, key string, note flightsync.Dot) error {
	const op = "tablet.Seen"
	return a.entering(ctx, op, key, func(f *flight, v *folded) error {
		n, ok := v.Note(note)
		if !ok {
			return passenger.Errorf(passenger.NotFound, op, "no such note on this flight; go back to the list")
		}
		if n.Erased || n.Retracted != "" {
			return nil
		}
		for by := range v.mine {
			if slices.Contains(n.SeenBy, by) {
				return nil
			}
		}
		return f.write(flightsync.SeenDraft(note))
	})
}

// VoidGesture takes back a gesture that this flight's crew recorded. Errors: not_found,
// forbidden for another tablet's gesture unless this one is the acting lead.
func (a *Agent) VoidGesture(ctx context.Context, key string, gesture flightsync.Dot, nonce [8]byte) error {
	const op = "tablet.VoidGesture"
	return a.entering(ctx, op, key, func(f *flight, v *folded) error {
		for _, g := range v.Gestures {
			if g.Dot != gesture {
				continue
			}
			if g.Voided {
				return nil
			}
			if !v.mine[g.Dot.Author] && !v.isLead() {
				return passenger.Errorf(passenger.Forbidden, op, "another tablet recorded this; only that tablet or the acting lead takes it back")
			}
			return f.write(flightsync.VoidDraft(gesture, g.Traveller, nonce))
		}
		return passenger.Errorf(passenger.NotFound, op, "no such gesture on this flight; go back to the note")
	})
}

// SeatNow records where a traveller really sits. Errors: invalid for a seat that is none,
// not_found for a traveller who is not on the list, exists for a nonce used elsewhere.
func (a *Agent) SeatNow(ctx context.Context, key string, no passenger.TravellerNo, seat passenger.Seat, nonce [8]byte) error {
	const op = "tablet.SeatNow"
	seat, err := passenger.ParseSeat(string(seat))
	if err != nil {
		return err
	}
	if seat == "" {
		return passenger.Errorf(passenger.Invalid, op, "say which seat, like 14C")
	}
	return a.entering(ctx, op, key, func(f *flight, v *folded) error {
		if o, ok := v.byNonce(nonce, flightsync.KindSeatNow); ok && nonce != ([8]byte{}) {
			if o.Header.Traveller != no {
				return used(op)
			}
			return nil
		}
		t, ok := v.travs[no]
		if !ok || t.Removed {
			return passenger.Errorf(passenger.NotFound, op, "this traveller is not on the list of the flight")
		}
		if t.SeatNow == seat {
			return nil
		}
		return f.write(flightsync.SeatNowDraft(no, seat, t.SeatDots, nonce))
	})
}

// Movement records a movement by the acting lead's hand. Errors: forbidden for anybody else,
// invalid for a word or a time that cannot be.
func (a *Agent) Movement(ctx context.Context, key string, m passenger.Movement, at time.Time) error {
	const op = "tablet.Movement"
	if _, err := passenger.ParseMovement(string(m)); err != nil {
		return err
	}
	at = at.UTC().Truncate(time.Second)
	if now := a.Now(); at.IsZero() || at.After(now.Add(aheadBy)) || at.Before(now.Add(-passenger.SealAfter)) {
		return passenger.Errorf(passenger.Invalid, op, "a movement is recorded when it has happened, within three days")
	}
	return a.entering(ctx, op, key, func(f *flight, v *folded) error {
		if !v.isLead() {
			return passenger.Errorf(passenger.Forbidden, op, "only the acting lead records movements")
		}
		for _, r := range v.Reported {
			if r.Word == m && r.At.Equal(at) {
				return nil
			}
		}
		return f.write(flightsync.MovementFact{Word: m, At: at}.Draft())
	})
}

func (v *folded) landedOrClosed() bool {
	_, in := v.Moved(passenger.In)
	return in || v.Closed != ""
}
