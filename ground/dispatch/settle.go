package dispatch

import (
	"context"
	"reflect"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// settle writes the loop in its state, when that is news.
func (e *evaluation) settle(ctx context.Context, state ground.LoopState) error {
	if state != ground.LoopDesk {
		if err := clearDesk(ctx, e.tx, e.loop.ID); err != nil {
			return err
		}
	}
	e.loop.State = state
	if reflect.DeepEqual(e.loop, e.before) {
		return nil
	}
	if state != e.before.State && state != ground.LoopCompiled { // place records compiled with its note
		if err := e.tx.AddTransition(ctx, ground.Transition{Loop: e.loop.ID, Role: "rule", To: string(state), Evidence: e.loop.EndReason}); err != nil {
			return err
		}
	}
	if err := e.tx.UpdateLoop(ctx, e.loop); err != nil {
		return err
	}
	return e.tx.Notify(ctx, "case", e.loop.Case.String())
}

// clearDesk closes the open desk items of a loop: their reason is gone.
func clearDesk(ctx context.Context, tx ground.Tx, loop passenger.LoopID) error {
	items, err := tx.OpenDeskItems(ctx, &loop)
	if err != nil {
		return err
	}
	for _, d := range items {
		d.DoneAt, d.Decision, d.By = tx.Now(), "gone", "rule"
		if err := tx.UpdateDeskItem(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// desk puts what is missing to the note desk, with the next departure as deadline. A standing
// note is taken back: its ground is gone.
func (e *evaluation) desk(ctx context.Context, reason string, detail []string, deadline time.Time) error {
	why := flightsync.RetractRecalled
	if reason == "consent" {
		why = flightsync.RetractConsent
	}
	if err := e.withdraw(ctx, why); err != nil {
		return err
	}
	if e.loop.Person != (passenger.PersonID{}) {
		flights, _, err := e.tx.FlightsOf(ctx, e.loop.Person, e.tx.Now())
		if err != nil {
			return err
		}
		if len(flights) > 0 {
			deadline = flights[0].STD
		}
	}
	items, err := e.tx.OpenDeskItems(ctx, &e.loop.ID)
	if err != nil {
		return err
	}
	found := false
	for _, d := range items {
		switch {
		case d.Reason != reason:
			d.DoneAt, d.Decision, d.By = e.tx.Now(), "gone", "rule"
		case d.Deadline.Equal(deadline):
			found = true
			continue
		default:
			found = true
			d.Deadline = deadline
		}
		if err := e.tx.UpdateDeskItem(ctx, d); err != nil {
			return err
		}
	}
	if !found {
		if _, err := e.tx.InsertDeskItem(ctx, ground.DeskItem{Loop: e.loop.ID, Case: e.loop.Case, Reason: reason, Detail: detail,
			Deadline: deadline, OpenedAt: e.tx.Now()}); err != nil {
			return err
		}
		if err := e.tx.Notify(ctx, "desk", e.loop.ID.String()); err != nil {
			return err
		}
	}
	return e.settle(ctx, ground.LoopDesk)
}

// wait lets the loop wait for a flight; a note whose passenger left its flight is taken back.
func (e *evaluation) wait(ctx context.Context) error {
	if err := e.withdraw(ctx, flightsync.RetractMoved); err != nil {
		return err
	}
	e.loop.Flight = passenger.FlightID{}
	return e.settle(ctx, ground.LoopWaiting)
}

// end ends the loop for a reason: exactly one end.
func (e *evaluation) end(ctx context.Context, reason string, retract flightsync.RetractReason) error {
	if err := e.withdraw(ctx, retract); err != nil {
		return err
	}
	e.loop.EndReason, e.loop.EndedAt = reason, e.tx.Now()
	return e.settle(ctx, ground.LoopEnded)
}

// Recall takes a loop's note back at once and ends the loop. Errors: phase when it has ended
// or its flight is over.
func (s *Service) Recall(ctx context.Context, id passenger.LoopID, by string) error {
	return s.flightsFirst(ctx, id, func(_ context.Context, e *evaluation) (decision, error) {
		if !alive(e.loop) {
			return decision{}, passenger.Errorf(passenger.Phase, "dispatch.Recall", "this loop is %s; there is nothing left to recall", e.loop.State)
		}
		if e.loop.Event {
			return decision{}, passenger.Errorf(passenger.Phase, "dispatch.Recall", "this case is covered by an event note, which speaks of no one; it cannot be recalled for one case")
		}
		d := e.ending("recalled", flightsync.RetractRecalled)
		end := d.act
		d.act = func(ctx context.Context) error {
			if err := e.tx.Audit(ctx, ground.AuditRow{Actor: by, Act: "recall", Object: id.String(), Result: "recalled"}); err != nil {
				return err
			}
			return end(ctx)
		}
		return d, nil
	})
}

// RecallState says, for each tablet of a flight, what became of a recalled note: removed, not
// yet reached, or already seen.
type RecallState struct {
	Tablet passenger.TabletID
	State  string
}

// Recalled answers for one note. The tablet's last claimed vector is the evidence.
func (s *Service) Recalled(ctx context.Context, flight passenger.FlightID, note flightsync.Dot) (out []RecallState, err error) {
	err = s.Store.Read(ctx, func(tx ground.Tx) error {
		out = nil
		v, err := flightsync.FoldStorage(tx.Lanes(ctx, flight))
		if err != nil {
			return err
		}
		n, ok := v.Note(note)
		if !ok {
			return passenger.Errorf(passenger.NotFound, "dispatch.Recalled", "no note %s on this flight", note)
		}
		cs, err := tx.Crossings(ctx, flight)
		if err != nil {
			return err
		}
		for _, c := range cs {
			st := RecallState{Tablet: c.Tablet, State: "not yet reached"}
			seen := false
			for _, a := range n.SeenBy {
				seen = seen || a == c.Author
			}
			switch {
			case seen:
				st.State = "already seen"
			case c.Have.Covers(n.RetractOf):
				st.State = "removed"
			}
			out = append(out, st)
		}
		return nil
	})
	return out, err
}
