package dispatch

import (
	"context"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// toldOpen is what a person tells who opens a flight again: no close by time alone for a while.
const toldOpen = "open"

// closedByTime reports whether a locked flight is closed, by time alone.
func (l *leg) closedByTime() (bool, error) {
	if l.flight.Stage != passenger.Closed {
		return false, nil
	}
	v, err := l.view()
	return err == nil && v.Closed == flightsync.NoMovement, err
}

// reopen takes a close by time alone back when the rule that closed the flight does not hold any
// more: it moved, it comes later, a person said so, or the clock that closed it was wrong. A flight
// that is sealed, or closed for another reason, stays so.
func (l *leg) reopen(ctx context.Context) error {
	if l.flight.Stage != passenger.Closed || closeReason(l.flight, l.tx.Now()) != "" {
		return nil
	}
	if ok, err := l.closedByTime(); err != nil || !ok {
		return err
	}
	v, err := l.view()
	if err != nil {
		return err
	}
	if _, err := l.write(flightsync.Admin, flightsync.ReopenDraft(v.Closes)); err != nil {
		return err
	}
	l.flight.Stage, l.flight.ClosedAt = passenger.Open, time.Time{}
	return l.revive(ctx)
}

// revive lets the loops of the flight's travellers wait again that ended as expired before their time
// is over: the clock that closed the flight had ended them too.
func (l *leg) revive(ctx context.Context) error {
	travellers, err := l.tx.Travellers(ctx, l.flight.ID)
	if err != nil {
		return err
	}
	done := map[passenger.PersonID]bool{}
	for _, t := range travellers {
		if t.Removed || t.Erased || done[t.Person] {
			continue
		}
		done[t.Person] = true
		loops, err := l.tx.LoopsOfPerson(ctx, t.Person)
		if err != nil {
			return err
		}
		for _, loop := range loops {
			if alive(loop) {
				l.again = append(l.again, loop.ID)
				continue
			}
			if loop.State != ground.LoopEnded || loop.EndReason != endExpired || !l.tx.Now().Before(loop.ExpiresAt) {
				continue
			}
			loop.State, loop.EndReason, loop.EndedAt, loop.Flight = ground.LoopWaiting, "", time.Time{}, passenger.FlightID{}
			if err := l.tx.AddTransition(ctx, ground.Transition{Loop: loop.ID, Role: "rule", To: string(ground.LoopWaiting), Evidence: l.flight.Key.String() + " open again"}); err != nil {
				return err
			}
			if err := l.tx.UpdateLoop(ctx, loop); err != nil {
				return err
			}
			if err := l.tx.Notify(ctx, "case", loop.Case.String()); err != nil {
				return err
			}
			l.again = append(l.again, loop.ID)
		}
	}
	return nil
}

// Reopen opens a flight again that was closed by time alone, by a person's decision; time closes it
// again at the earliest [passenger.CloseAfterSTA] later. Errors: not_found, invalid without a
// reason, phase when it is not closed, closed for another reason, or sealed.
func (s *Service) Reopen(ctx context.Context, key passenger.FlightKey, by, reason string) error {
	const op = "dispatch.Reopen"
	reason = strings.TrimSpace(reason)
	if reason == "" || len([]rune(reason)) > maxReason {
		return passenger.Errorf(passenger.Invalid, op, "say why, in 1 to %d characters", maxReason)
	}
	var loops []passenger.LoopID
	err := s.Store.InTx(ctx, func(tx ground.Tx) error {
		l, err := s.lockKey(ctx, tx, key)
		if err != nil {
			return err
		}
		ok, err := l.closedByTime()
		if err != nil {
			return err
		}
		l.told(toldOpen, ground.NewStamp(tx.Now(), 0))
		if why := closeReason(l.flight, tx.Now()); !ok || why != "" {
			return passenger.Errorf(passenger.Phase, op, "flight %s cannot be opened again: only a flight that was closed because no movement came, and is not sealed, can", key)
		}
		if err := l.reopen(ctx); err != nil {
			return err
		}
		loops = l.again
		if err := tx.Audit(ctx, ground.AuditRow{Actor: by, Act: "reopen", Object: l.flight.ID.String(), Result: "close by time taken back: " + reason}); err != nil {
			return err
		}
		return l.save(ctx)
	})
	if err == nil {
		err = s.EvaluateAll(ctx, loops)
	}
	return err
}
