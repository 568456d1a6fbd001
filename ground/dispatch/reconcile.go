package dispatch

import (
	"context"
	"reflect"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// reconcile closes the books of a sealed flight: every loop on it gets the bucket its note is
// in, and goes on from there. It is a new revision of the report each time, and each time the
// same ops give the same books. It returns the loops whose note moves on to another flight.
func (l *leg) reconcile(ctx context.Context) ([]passenger.LoopID, error) {
	v, err := l.view()
	if err != nil {
		return nil, err
	}
	lfs, err := l.tx.LoopFlightsOn(ctx, l.flight.ID)
	if err != nil {
		return nil, err
	}
	l.flight.Revision++
	var again []passenger.LoopID
	for _, lf := range lfs {
		n, ok := v.Note(lf.Note)
		if !ok {
			return nil, passenger.Errorf(passenger.Corrupt, "dispatch.reconcile", "note %s of flight %s is not in its lanes", lf.Note, l.flight.Key)
		}
		was := lf.Outcome
		lf.Outcome = n.Bucket()
		if err := l.tx.PutLoopFlight(ctx, lf); err != nil {
			return nil, err
		}
		if lf.Retracted != "" || was == lf.Outcome {
			continue // the loop went on elsewhere, or nothing new
		}
		moves, err := l.loopEnds(ctx, lf, n)
		if err != nil {
			return nil, err
		}
		if moves {
			again = append(again, lf.Loop)
		}
	}
	return again, nil
}

// loopEnds moves a loop on after its flight. It reports whether the note goes to a next flight.
func (l *leg) loopEnds(ctx context.Context, lf ground.LoopFlight, n flightsync.NoteView) (moves bool, err error) {
	loop, err := l.tx.Loop(ctx, lf.Loop)
	if err != nil {
		return false, err
	}
	fb, _ := n.Outcome()
	switch {
	case loop.Flight == l.flight.ID && (loop.State == ground.LoopCompiled || loop.State == ground.LoopReconciled):
	case !n.Seen():
		return false, nil // nothing to tell a loop that has gone on
	case loop.State == ground.LoopWaiting || loop.State == ground.LoopDesk:
		loop.Flight = l.flight.ID // a late report ends the wait
	case loop.State == ground.LoopCompiled:
		// The note already stands on another flight: a person takes it back or lets it be.
		return false, l.followUp(ctx, loop.ID, "late-outcome", "ground", lf.Note)
	default:
		return false, nil
	}
	switch lf.Outcome {
	case "never-delivered", "not-seen", "withdrawn":
		moves = true
	case string(passenger.NotPossible):
		moves = fb.Reason == passenger.NotOnBoard
	}
	evidence := l.flight.Key.String() + " " + lf.Outcome
	if moves && (loop.State == ground.LoopCompiled || loop.State == ground.LoopWaiting || loop.State == ground.LoopDesk) {
		loop.State, loop.Flight, loop.Event = ground.LoopWaiting, passenger.FlightID{}, false
		if err := l.tx.AddTransition(ctx, ground.Transition{Loop: loop.ID, Role: "rule", To: string(ground.LoopWaiting), Evidence: evidence}); err != nil {
			return false, err
		}
		return true, l.tx.UpdateLoop(ctx, loop)
	}
	if err := clearDesk(ctx, l.tx, loop.ID); err != nil {
		return false, err
	}
	loop.State, loop.Outcome = ground.LoopReconciled, fb
	if err := l.tx.AddTransition(ctx, ground.Transition{Loop: loop.ID, Role: "rule", To: string(ground.LoopReconciled), Evidence: evidence}); err != nil {
		return false, err
	}
	if err := l.tx.UpdateLoop(ctx, loop); err != nil {
		return false, err
	}
	switch {
	case lf.Outcome == "disputed":
		err = l.followUp(ctx, loop.ID, "disputed", "ground", lf.Note)
	case lf.Outcome == "no-outcome":
		err = l.followUp(ctx, loop.ID, "no-outcome", "ground", lf.Note)
	case fb.Reaction == passenger.Displeased:
		err = l.followUp(ctx, loop.ID, "displeased", "ground", lf.Note)
	}
	if err != nil {
		return false, err
	}
	return false, l.followUp(ctx, loop.ID, "reply", "social", lf.Note)
}

// followUp gives birth to what ground still has to do, once for each loop, flight and cause.
func (l *leg) followUp(ctx context.Context, loop passenger.LoopID, cause, queue string, evidence flightsync.Dot) error {
	lp, err := l.tx.Loop(ctx, loop)
	if err != nil {
		return err
	}
	within := settleWithin
	if queue == "social" {
		within = replyWithin
	}
	if _, err := l.tx.InsertFollowUp(ctx, ground.FollowUp{Loop: loop, Case: lp.Case, Flight: l.flight.ID, Cause: cause, Queue: queue,
		GroupKey: l.flight.Key.String() + " " + cause, Deadline: l.tx.Now().Add(within), OpenedAt: l.tx.Now(),
		Evidence: l.flight.Key.String() + " op " + evidence.String()}); err != nil {
		return err
	}
	return l.tx.Notify(ctx, "followup", loop.String())
}

// stageDue reports whether time may have moved the stage of a flight.
func stageDue(f ground.Flight, now time.Time) bool {
	switch f.Stage {
	case passenger.Planned:
		return !now.Before(f.STD.Add(-passenger.OpenBefore)) || closeReason(f, now) != ""
	case passenger.Open:
		return closeReason(f, now) != ""
	}
	return f.Stage == passenger.Closed
}

// Sweep moves on whatever time alone moves: stages, seals, expired loops, loops that wait.
// It is safe to run on several nodes, and after any crash.
func (s *Service) Sweep(ctx context.Context, now time.Time) error {
	s.eraseOpen(ctx)
	var due []passenger.FlightID
	var loops []passenger.LoopID
	if err := s.Store.Read(ctx, func(tx ground.Tx) error {
		due, loops = nil, nil
		flights, err := tx.ListFlights(ctx, now.Add(-30*24*time.Hour), now.Add(passenger.OpenBefore+time.Hour))
		if err != nil {
			return err
		}
		for _, f := range flights {
			if stageDue(f, now) {
				due = append(due, f.ID)
			}
		}
		for _, st := range []ground.LoopState{ground.LoopDesk, ground.LoopWaiting, ground.LoopCompiled} {
			ls, err := tx.ListLoops(ctx, st, 0)
			if err != nil {
				return err
			}
			for _, l := range ls {
				loops = append(loops, l.ID)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	for _, id := range due {
		if err := s.Store.InTx(ctx, func(tx ground.Tx) error {
			l, err := s.lock(ctx, tx, id)
			if err != nil {
				return err
			}
			before := l.flight
			again, err := l.reported(ctx, false)
			if err != nil {
				return err
			}
			loops = append(loops, again...)
			if !reflect.DeepEqual(before, l.flight) {
				return l.save(ctx)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return s.EvaluateAll(ctx, loops)
}
