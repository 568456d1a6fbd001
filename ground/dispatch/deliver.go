package dispatch

import (
	"context"
	"log/slog"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Deliver takes what a tablet kept past the end of its lease, sealed to ground, as an exchange
// would take it open: durably, once, with its effects. receipts holds for each run that ground now
// holds every op of its signed word for this tablet ([flightsync.SealedRun.ReceiptMessage]), for
// others nothing; a run with an op that does not open with ground's key is not held, and keeps the
// others waiting no longer than itself. Errors: not_found, forbidden as for [Service.Exchange],
// too_much.
func (s *Service) Deliver(ctx context.Context, tablet passenger.TabletID, group passenger.FlightID, sealed []flightsync.SealedRun) (receipts [][]byte, err error) {
	return s.deliver(ctx, tablet, group, sealed, nil)
}

// deliver is Deliver, or with h the hand-over of a device that is or was the tablet.
func (s *Service) deliver(ctx context.Context, tablet passenger.TabletID, group passenger.FlightID, sealed []flightsync.SealedRun, h *handOver) (receipts [][]byte, err error) {
	defer func() { err = s.refused.after(whom{tablet, group}, err) }()
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	var runs []flightsync.Run
	var at []int // where each stands in sealed
	for i, run := range sealed {
		open, err := run.Open(group, s.Agree.Open)
		if passenger.CodeOf(err) == passenger.Corrupt {
			s.tell(ctx, slog.LevelError, "sealed entries do not open", "", whom{tablet, group})
			continue
		}
		if err != nil {
			return nil, err
		}
		runs, at = append(runs, open), append(at, i)
	}
	var loops []passenger.LoopID
	held := make([]bool, len(sealed))
	err = s.Store.InTx(ctx, func(tx ground.Tx) error {
		clear(held)
		if _, err := s.rostered(ctx, tx, tablet, group); err != nil {
			return err
		}
		l, err := s.lock(ctx, tx, group)
		if err != nil {
			return err
		}
		if err := l.hold(ctx, h, runs); err != nil {
			return err
		}
		ready, err := l.take(ctx, runs)
		if err != nil {
			return err
		}
		if len(ready.Changed) > 0 {
			if err := l.effects(ctx, ready.Changed); err != nil {
				return err
			}
		}
		// No lane's own word: it says nothing of what the tablet holds.
		if err := l.crossed(ctx, claim{tablet: tablet, req: flightsync.Request{Me: flightsync.MaxAuthors}}); err != nil {
			return err
		}
		if err := l.handed(ctx, h); err != nil {
			return err
		}
		if loops, err = l.reported(ctx, len(ready.Changed) > 0); err != nil {
			return err
		}
		for i, run := range runs {
			if held[at[i]], err = flightsync.HoldsAll(l.store, run); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := s.EvaluateAll(ctx, loops); err != nil {
		s.Log.Warn("evaluate after delivery", "flight", group.String(), "err", err)
	}
	receipts = make([][]byte, len(sealed)) // signed only now that it is durable
	for i, ok := range held {
		if !ok {
			continue
		}
		if receipts[i], err = s.Sign.Sign(sealed[i].ReceiptMessage(group, tablet)); err != nil {
			return nil, err
		}
	}
	return receipts, nil
}
