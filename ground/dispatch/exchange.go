package dispatch

import (
	"context"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Exchange takes one exchange of a tablet: its new ops, durably and once, with their effects
// in the same transaction; the answer carries what the tablet lacks and ground's vector, which
// is the acknowledgement. Errors: not_found for an unknown flight, forbidden for a tablet that
// is not on its roster, too_much with a time to retry after when ground is busy.
func (s *Service) Exchange(ctx context.Context, tablet passenger.TabletID, req flightsync.Request) (res flightsync.Response, err error) {
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
		c, err := l.bind(ctx, tablet, req.Incarnation, row)
		if err != nil {
			return err
		}
		if loops, err = l.receive(ctx, tablet, &c, req); err != nil {
			return err
		}
		if row.Removed { // hands in what it has, and gets nothing more
			st := l.rep.State()
			res = flightsync.Response{Have: st.Vector(), Digest: st.Digest(), You: c.Author, YouSeen: c.OnGround}
			return nil
		}
		ready, err := l.step(flightsync.Answer{Request: req, You: c.Author})
		if err != nil {
			return err
		}
		res = *ready.Response
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
		busy := passenger.Errorf(passenger.TooMuch, "dispatch.Exchange", "ground is busy; nothing is lost, try again in a moment")
		busy.RetryAfter = busyFor
		return busy
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

// receive takes the tablet's runs and works their effects. It returns the loops to evaluate.
func (l *leg) receive(ctx context.Context, tablet passenger.TabletID, c *ground.Crossing, req flightsync.Request) ([]passenger.LoopID, error) {
	cs, err := l.tx.Crossings(ctx, l.flight.ID)
	if err != nil {
		return nil, err
	}
	accept := map[flightsync.Author]bool{}
	for _, x := range cs {
		accept[x.Author] = x.Tablet == tablet
	}
	// Ops of this author that ground does not hold are named by the request's own vector.
	ready, err := l.step(flightsync.Receive{Runs: req.Runs, You: flightsync.Nobody, Accept: accept, Now: l.tx.Now()})
	if err != nil {
		return nil, err
	}
	for _, n := range ready.Notes {
		l.s.Log.Warn("odd run", "flight", l.flight.ID.String(), "tablet", tablet.String(), "kind", string(n.What), "seq", n.Seq)
	}
	var loops []passenger.LoopID
	if len(ready.Changed) > 0 {
		if loops, err = l.effects(ctx, ready.Changed); err != nil {
			return nil, err
		}
	}
	now := l.tx.Now()
	vector := l.rep.State().Vector()
	for _, x := range cs {
		if x.Tablet != tablet || x.Incarnation == (flightsync.Incarnation{}) {
			continue
		}
		issued, onGround := max(x.Issued, req.Have.Of(x.Author)), vector.Of(x.Author)
		issued = max(issued, onGround)
		if x.Author == c.Author {
			x.Have, x.LastAt, x.FirstAt = req.Have, now, c.FirstAt
		}
		if issued == x.Issued && onGround == x.OnGround && x.Author != c.Author {
			continue
		}
		x.Issued, x.OnGround = issued, onGround
		if err := l.tx.PutCrossing(ctx, x); err != nil {
			return nil, err
		}
		if x.Author == c.Author {
			*c = x
		}
	}
	t, err := l.tx.Tablet(ctx, tablet)
	if err != nil {
		return nil, err
	}
	// The column serves people; a minute is fine enough and saves a write.
	if now.Sub(t.LastSeenAt) > time.Minute {
		t.LastSeenAt = now
		if err := l.tx.UpdateTablet(ctx, t); err != nil {
			return nil, err
		}
	}
	sealed, err := l.reported(ctx, len(ready.Changed) > 0)
	return append(loops, sealed...), err
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
