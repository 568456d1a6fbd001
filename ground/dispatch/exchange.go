package dispatch

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Exchange takes one exchange of a tablet: its new ops, durably and once, with their effects
// in the same transaction; the answer carries what the tablet lacks and ground's vector, which
// is the acknowledgement. Errors: not_found for an unknown flight, forbidden for a tablet that
// is not on its roster and too_much when ground is busy, both with a time to retry after.
func (s *Service) Exchange(ctx context.Context, tablet passenger.TabletID, req flightsync.Request) (res flightsync.Response, err error) {
	defer func() { err = s.refused.after(whom{tablet, req.Group}, err) }()
	if err := s.enter(ctx); err != nil {
		return res, err
	}
	defer s.leave()
	var loops []passenger.LoopID
	err = s.Store.InTx(ctx, func(tx ground.Tx) error {
		loops = nil
		row, err := s.rostered(ctx, tx, tablet, req.Group)
		if err != nil {
			return err
		}
		l, err := s.lock(ctx, tx, req.Group)
		if err != nil {
			return err
		}
		ready, err := l.take(ctx, req.Runs)
		if err != nil {
			return err
		}
		for _, n := range ready.Notes {
			s.tell(ctx, slog.LevelWarn, "odd run", string(n.What), whom{tablet, req.Group})
		}
		if err := l.bind(ctx, tablet, req, row); err != nil {
			return err
		}
		if len(ready.Changed) > 0 {
			if loops, err = l.effects(ctx, ready.Changed); err != nil {
				return err
			}
		}
		answer, err := l.step(flightsync.Answer{Request: req, Notes: ready.Notes, Leaving: row.Removed})
		if err != nil {
			return err
		}
		res = *answer.Response
		if err := l.crossed(ctx, tablet, req, res.Again); err != nil {
			return err
		}
		more, err := l.reported(ctx, len(ready.Changed) > 0)
		loops = append(loops, more...)
		if err != nil {
			return err
		}
		return nil
	})
	if err == nil {
		if err := s.EvaluateAll(ctx, loops); err != nil {
			s.Log.Warn("evaluate after exchange", "flight", req.Group.String(), "err", err)
		}
	}
	return res, err
}

func (s *Service) enter(ctx context.Context) error {
	wait, cancel := context.WithTimeout(ctx, exchangeWait)
	defer cancel()
	select {
	case s.slots <- struct{}{}:
		return nil
	case <-wait.Done():
		if err := ctx.Err(); err != nil {
			return err
		}
		return passenger.Errorf(passenger.TooMuch, "dispatch.Exchange", "ground is busy; nothing is lost, try again in a moment")
	}
}

func (s *Service) leave() { <-s.slots }

func (s *Service) rostered(ctx context.Context, tx ground.Tx, tablet passenger.TabletID, flight passenger.FlightID) (ground.RosterRow, error) {
	if _, err := tx.Flight(ctx, flight); err != nil {
		return ground.RosterRow{}, err
	}
	rows, err := tx.Roster(ctx, flight)
	if err != nil {
		return ground.RosterRow{}, err
	}
	for _, r := range rows {
		if r.Tablet == tablet {
			return r, nil
		}
	}
	return ground.RosterRow{}, passenger.Errorf(passenger.Forbidden, "dispatch.Exchange", "this tablet is not on the roster of that flight")
}

// crossed notes what the tablet claims to hold, how much of every tablet's ops ground holds, and
// that the tablet was heard. Lanes of another history (again) claim nothing.
func (l *leg) crossed(ctx context.Context, tablet passenger.TabletID, req flightsync.Request, again []flightsync.Author) error {
	cs, err := l.tx.Crossings(ctx, l.flight.ID)
	if err != nil {
		return err
	}
	now := l.tx.Now()
	vector := l.rep.State().Vector()
	for _, c := range cs {
		was := c
		c.OnGround = vector.Of(c.Author)
		if !slices.Contains(again, c.Author) && c.Tablet == tablet {
			c.Issued = max(c.Issued, req.Have.Of(c.Author))
		}
		c.Issued = max(c.Issued, c.OnGround)
		own := c.Tablet == tablet && (c.Author == req.Me || req.Me == flightsync.Nobody && c.Incarnation == req.Incarnation)
		if own {
			c.Have, c.LastAt = req.Have, now
			if c.FirstAt.IsZero() {
				c.FirstAt = now
			}
		}
		if own || c.Issued != was.Issued || c.OnGround != was.OnGround {
			if err := l.tx.PutCrossing(ctx, c); err != nil {
				return err
			}
		}
	}
	t, err := l.tx.Tablet(ctx, tablet)
	// The column serves people; a minute is fine enough and saves a write.
	if err != nil || now.Sub(t.LastSeenAt) <= time.Minute {
		return err
	}
	t.LastSeenAt = now
	return l.tx.UpdateTablet(ctx, t)
}

// reported moves the flight on after a tablet reported, and reconciles when that seals it.
func (l *leg) reported(ctx context.Context, news bool) ([]passenger.LoopID, error) {
	was := l.flight.Stage
	if err := l.advance(ctx); err != nil {
		return nil, err
	}
	var loops []passenger.LoopID
	if sealed(l.flight) && (news || was != l.flight.Stage) {
		var err error
		if loops, err = l.reconcile(ctx); err != nil {
			return nil, err
		}
	}
	if news || was != l.flight.Stage {
		return loops, l.save(ctx)
	}
	return loops, nil
}
