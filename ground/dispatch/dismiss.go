package dispatch

import (
	"cmp"
	"context"
	"slices"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Dismiss takes a tablet whose access ends off every flight that is not sealed, in the caller's
// transaction, and cuts its lanes behind the last op that anybody has told ground of: what others
// carry of it up to there still counts, what its keys sign later counts for nothing on any replica
// and stays stored.
func (s *Service) Dismiss(ctx context.Context, tx ground.Tx, tablet passenger.TabletID) error {
	roster := map[passenger.FlightID]ground.RosterRow{}
	rows, err := tx.RosterOf(ctx, tablet)
	if err != nil {
		return err
	}
	for _, r := range rows {
		roster[r.Flight] = r
	}
	if err := s.eachFlight(ctx, tx, tablet, func(l *leg) error {
		if sealed(l.flight) {
			return nil
		}
		return l.dismiss(ctx, roster[l.flight.ID])
	}); err != nil {
		return err
	}
	return tx.Notify(ctx, "tablet", tablet.String())
}

// eachFlight locks the flights of a tablet that are not purged, in the order of their keys.
func (s *Service) eachFlight(ctx context.Context, tx ground.Tx, tablet passenger.TabletID, fn func(*leg) error) error {
	rows, err := tx.RosterOf(ctx, tablet)
	if err != nil {
		return err
	}
	var flights []ground.Flight
	for _, r := range rows {
		f, err := tx.Flight(ctx, r.Flight)
		if err != nil {
			return err
		}
		flights = append(flights, f)
	}
	slices.SortFunc(flights, func(a, b ground.Flight) int { return cmp.Compare(a.Key.String(), b.Key.String()) })
	for _, f := range flights {
		l, err := s.lock(ctx, tx, f.ID)
		if err != nil {
			return err
		}
		if err := fn(l); err != nil {
			return err
		}
	}
	return nil
}

func (l *leg) dismiss(ctx context.Context, row ground.RosterRow) error {
	cs, err := l.tx.Crossings(ctx, l.flight.ID)
	if err != nil {
		return err
	}
	v, err := l.view()
	if err != nil {
		return err
	}
	row.Removed, row.At = true, l.tx.Now()
	if err := l.tx.PutRoster(ctx, row); err != nil {
		return err
	}
	for _, c := range cs {
		if c.Tablet != row.Tablet {
			continue
		}
		if e, ok := v.Member(c.Author); !ok || !e.Removed {
			if err := l.rosterOp(ctx, c, row.Role, row.Zone, true); err != nil {
				return err
			}
		}
		if _, cut := v.Cuts[c.Author]; cut || c.Incarnation == (flightsync.Incarnation{}) {
			continue // for good; or nobody has it yet, and the device may come back enrolled anew
		}
		last := max(c.Issued, v.Vector.Of(c.Author))
		for _, other := range cs {
			last = max(last, other.Have.Of(c.Author))
		}
		if _, err := l.write(flightsync.Admin, flightsync.Cut{Author: c.Author, Seq: last}.Draft()); err != nil {
			return err
		}
	}
	return l.save(ctx)
}
