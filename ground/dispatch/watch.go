package dispatch

import (
	"context"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Watch sends a tablet what is new on its flights until ctx ends. A frame is what an exchange
// would answer and goes through the same apply; a lost one costs latency, never data. It
// returns nil when the tablet's own list of flights changed: the tablet then asks for the list
// again. have is taken over.
func (s *Service) Watch(ctx context.Context, tablet passenger.TabletID, have map[passenger.FlightID]flightsync.Vector,
	send func(passenger.FlightID, flightsync.Response) error) error {
	first, err := s.assigned(ctx, tablet)
	if err != nil {
		return err
	}
	poll := time.NewTicker(watchPoll)
	defer poll.Stop()
	for {
		hint := s.Store.Changed()
		now, err := s.assigned(ctx, tablet)
		if err != nil {
			return err
		}
		if !slices.Equal(first, now) {
			return nil
		}
		for _, a := range now {
			if a.Removed || a.Stage == passenger.Sealed {
				continue
			}
			if _, watched := have[a.Flight]; !watched {
				return nil // a flight the tablet has not begun: it must exchange first
			}
			res, news, err := s.frame(ctx, tablet, a.Flight, have[a.Flight])
			if err != nil {
				return err
			}
			if !news {
				continue
			}
			if err := send(a.Flight, res); err != nil {
				return err
			}
			for _, run := range res.Runs {
				have[a.Flight] = have[a.Flight].Set(run.Author, run.First+uint64(len(run.Ops))-1)
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-hint:
		case <-poll.C:
		}
	}
}

func (s *Service) assigned(ctx context.Context, tablet passenger.TabletID) (as []passenger.Assignment, err error) {
	err = s.Store.Read(ctx, func(tx ground.Tx) error { as, _, err = assignments(ctx, tx, tablet); return err })
	return as, err
}

func (s *Service) frame(ctx context.Context, tablet passenger.TabletID, id passenger.FlightID, have flightsync.Vector) (res flightsync.Response, news bool, err error) {
	err = s.Store.Read(ctx, func(tx ground.Tx) error {
		news = false
		rep, err := flightsync.Load(tx.Lanes(ctx, id), nil)
		if err != nil {
			return err
		}
		vector := rep.State().Vector()
		if have.CoversAll(vector) {
			return nil
		}
		cs, err := tx.Crossings(ctx, id)
		if err != nil {
			return err
		}
		have = slices.Clone(have)
		for _, c := range cs {
			if c.Tablet == tablet { // its own ops are no news to it
				have = have.Set(c.Author, max(have.Of(c.Author), vector.Of(c.Author)))
			}
		}
		if have.CoversAll(vector) {
			return nil
		}
		ready, err := rep.Step(flightsync.Answer{Request: flightsync.Request{Group: id, Me: flightsync.Nobody, Have: have}})
		if err == nil {
			err = rep.Sign(&ready, s.Sign.Sign)
		}
		if err != nil {
			return err
		}
		res, news = *ready.Response, true
		return nil
	})
	return res, news, err
}
