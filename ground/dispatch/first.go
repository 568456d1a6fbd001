package dispatch

import (
	"context"
	"slices"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// First answers what a frame of a stream would tell a tablet that holds have of a flight, within a
// budget of ops, bytes. It is nil when that is nothing, or the flight is not the tablet's or
// sealed. It changes nothing.
func (s *Service) First(ctx context.Context, tablet passenger.TabletID, flight passenger.FlightID, have flightsync.Vector, budget int) (res *flightsync.Response, err error) {
	err = s.Store.Read(ctx, func(tx ground.Tx) error {
		res = nil
		f, err := tx.Flight(ctx, flight)
		if err != nil {
			return err
		}
		roster, err := tx.Roster(ctx, flight)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(roster, func(r ground.RosterRow) bool { return r.Tablet == tablet })
		if i < 0 || roster[i].Removed || f.Stage == passenger.Sealed || f.Stage == passenger.Purged {
			return nil
		}
		rep, err := flightsync.Load(tx.Lanes(ctx, flight), nil)
		if err != nil {
			return err
		}
		crossings, err := tx.Crossings(ctx, flight)
		if err != nil {
			return err
		}
		have, vector := slices.Clone(have), rep.State().Vector()
		for _, c := range crossings {
			if c.Tablet == tablet { // its own ops are no news to it; what it lost comes with the exchange
				have = have.Set(c.Author, max(have.Of(c.Author), vector.Of(c.Author)))
			}
		}
		if have.CoversAll(vector) {
			return nil
		}
		ready, err := rep.Step(flightsync.Answer{Request: flightsync.Request{Group: flight, Me: flightsync.Nobody, Have: have}, Limit: budget})
		if err == nil {
			err = rep.Sign(&ready, s.feed.sign)
		}
		res = ready.Response
		return err
	})
	return res, err
}
