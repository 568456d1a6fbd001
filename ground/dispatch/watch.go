package dispatch

import (
	"context"
	"maps"
	"slices"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Watch sends a tablet what is new on its flights until ctx ends. A frame is what an exchange
// would answer and goes through the same apply; a lost one costs latency, never data. It
// returns nil when the tablet's own list of flights changed: the tablet then asks for the list
// again. have is taken over. A tablet that names as many flights as one call carries may have
// more: of those not named it hears nothing here.
func (s *Service) Watch(ctx context.Context, tablet passenger.TabletID, have map[passenger.FlightID]flightsync.Vector,
	send func(passenger.FlightID, flightsync.Response) error) error {
	w, err := s.feed.join(ctx, tablet)
	if err != nil {
		return err
	}
	defer w.leave()
	held, full := slices.Collect(maps.Keys(have)), len(have) >= passenger.MaxWatched
	first, err := s.assigned(ctx, tablet, held)
	if err != nil {
		return err
	}
	duties := map[passenger.FlightID]passenger.Assignment{}
	for _, a := range first {
		if _, named := have[a.Flight]; !named && full {
			continue
		}
		duties[a.Flight] = a
		w.watch(a.Flight)
	}
	for {
		list, flights := w.news()
		if list {
			if now, err := s.assigned(ctx, tablet, held); err != nil || !slices.Equal(first, now) {
				return err
			}
		}
		for _, id := range flights {
			if same, err := s.show(ctx, tablet, duties[id], have, send); err != nil || !same {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.ch:
		}
	}
}

// show sends what is new on one flight. It reports false when the stream must end: the tablet's
// duty is another one, or the tablet has not begun the flight and must exchange first.
func (s *Service) show(ctx context.Context, tablet passenger.TabletID, duty passenger.Assignment, have map[passenger.FlightID]flightsync.Vector,
	send func(passenger.FlightID, flightsync.Response) error) (bool, error) {
	id := duty.Flight
	snap, err := s.feed.snapshot(ctx, id)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(snap.roster, func(r ground.RosterRow) bool { return r.Tablet == tablet })
	if i < 0 || assignment(snap.flight, snap.roster[i]) != duty {
		return false, nil
	}
	if duty.Removed || duty.Stage == passenger.Sealed {
		return true, nil
	}
	if _, begun := have[id]; !begun {
		return false, nil
	}
	res, err := s.feed.frame(ctx, snap, tablet, have[id])
	if err != nil || res == nil {
		return err == nil, err
	}
	if err := send(id, *res); err != nil {
		return false, err
	}
	for _, run := range res.Runs {
		have[id] = have[id].Set(run.Author, run.First+uint64(len(run.Ops))-1)
	}
	return true, nil
}

func (s *Service) assigned(ctx context.Context, tablet passenger.TabletID, held []passenger.FlightID) (as []passenger.Assignment, err error) {
	err = s.Store.Read(ctx, func(tx ground.Tx) error { as, _, err = assignments(ctx, tx, tablet, held); return err })
	return as, err
}
