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
		return flightsync.Response{}, err
	}
	defer s.leave()
	return s.receive(&visit{ctx: ctx, tablet: tablet, req: req, turn: make(chan bool, 1)})
}

// exchange takes the visits that gather gives once the flight is locked: what they bring in one
// step, its effects once, then an answer to each. A visit that may not exchange has its error, and
// the others go on. It returns the loops that move on. Errors: errApart when one of several brings
// more than news of tablets.
func (s *Service) exchange(ctx context.Context, tx ground.Tx, flight passenger.FlightID, gather func() []*visit) ([]passenger.LoopID, error) {
	l, err := s.lock(ctx, tx, flight)
	if err != nil {
		return nil, err
	}
	roster, err := tx.Roster(ctx, flight)
	if err != nil {
		return nil, err
	}
	group := gather()
	var runs []flightsync.Run
	var in []*visit
	rows := map[*visit]ground.RosterRow{}
	for _, v := range group {
		v.res = flightsync.Response{}
		if v.err = v.ctx.Err(); v.err == nil {
			rows[v], v.err = onRoster(roster, v.tablet)
		}
		if v.err == nil {
			in, runs = append(in, v), append(runs, v.req.Runs...)
		}
	}
	if len(in) == 0 {
		return nil, nil
	}
	l.several = len(in) > 1
	ready, err := l.take(ctx, runs)
	if err != nil {
		return nil, err
	}
	for _, n := range ready.Notes {
		if n.What == flightsync.FaultQuota {
			s.tell(ctx, slog.LevelError, "a tablet brings more than a crew records; the rest waits with it", string(n.What), whom{l.writer(ctx, n.Author, in[0].tablet), flight})
			continue
		}
		s.tell(ctx, slog.LevelWarn, "odd run", string(n.What), whom{in[0].tablet, flight})
	}
	for _, v := range in {
		if err := l.bind(ctx, v.tablet, v.req, rows[v]); err != nil {
			return nil, err
		}
	}
	if len(ready.Changed) > 0 {
		if err := l.effects(ctx, ready.Changed); err != nil {
			return nil, err
		}
	}
	var claims []claim
	for _, v := range in {
		answer, err := l.step(flightsync.Answer{Request: v.req, Notes: ready.Notes, Leaving: rows[v].Removed})
		if err != nil {
			return nil, err
		}
		v.res = *answer.Response
		claims = append(claims, claim{v.tablet, v.req, v.res.Again})
	}
	if err := l.crossed(ctx, claims...); err != nil {
		return nil, err
	}
	return l.reported(ctx, len(ready.Changed) > 0)
}

// writer is the tablet whose index it is, whoever brought its ops.
func (l *leg) writer(ctx context.Context, a flightsync.Author, brought passenger.TabletID) passenger.TabletID {
	cs, err := l.crossings(ctx)
	if i := slices.IndexFunc(cs, func(c ground.Crossing) bool { return c.Author == a }); err == nil && i >= 0 {
		return cs[i].Tablet
	}
	return brought
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
	return onRoster(rows, tablet)
}

func onRoster(rows []ground.RosterRow, tablet passenger.TabletID) (ground.RosterRow, error) {
	for _, r := range rows {
		if r.Tablet == tablet {
			return r, nil
		}
	}
	return ground.RosterRow{}, passenger.Errorf(passenger.Forbidden, "dispatch.Exchange", "this tablet is not on the crew list of that flight; ask ground operations to put it on, then sync again")
}

// claim is what a tablet says in an exchange. Lanes of another history (again) claim nothing.
type claim struct {
	tablet passenger.TabletID
	req    flightsync.Request
	again  []flightsync.Author
}

// crossed notes what tablets claim to hold, how much of every tablet's ops ground holds, and that
// the tablets were heard.
func (l *leg) crossed(ctx context.Context, claims ...claim) error {
	cs, err := l.crossings(ctx)
	if err != nil {
		return err
	}
	now := l.tx.Now()
	vector := l.rep.State().Vector()
	var news []ground.Crossing
	for _, c := range cs {
		was, heard := c, false
		c.OnGround = vector.Of(c.Author)
		for _, x := range claims {
			if !slices.Contains(x.again, c.Author) && c.Tablet == x.tablet {
				c.Issued = max(c.Issued, x.req.Have.Of(c.Author))
			}
			if c.Tablet == x.tablet && (c.Author == x.req.Me || x.req.Me == flightsync.Nobody && c.Incarnation == x.req.Incarnation) {
				heard = true
				c.Have, c.LastAt = x.req.Have, now
				if c.FirstAt.IsZero() {
					c.FirstAt = now
				}
			}
		}
		c.Issued = max(c.Issued, c.OnGround)
		if heard || c.Issued != was.Issued || c.OnGround != was.OnGround {
			news = append(news, c)
		}
	}
	if err := l.putCrossing(ctx, news...); err != nil {
		return err
	}
	var tablets []passenger.TabletID
	for _, x := range claims {
		tablets = append(tablets, x.tablet)
	}
	// The column serves people; a minute is fine enough and saves a write.
	return l.tx.SeenTablets(ctx, tablets, now, now.Add(-time.Minute))
}

// reported moves the flight on after a tablet reported, and reconciles when that seals it.
func (l *leg) reported(ctx context.Context, news bool) ([]passenger.LoopID, error) {
	was := l.flight.Stage
	if err := l.advance(ctx); err != nil {
		return nil, err
	}
	loops := l.again
	if sealed(l.flight) && (news || was != l.flight.Stage) {
		more, err := l.reconcile(ctx)
		if err != nil {
			return nil, err
		}
		loops = append(loops, more...)
	}
	if news || was != l.flight.Stage {
		return loops, l.save(ctx)
	}
	return loops, nil
}
