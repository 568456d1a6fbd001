package dispatch

import (
	"context"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Assign puts a tablet on a flight, changes its role or zone, or takes it off. Errors:
// not_found for an unknown flight or tablet, phase for a closed flight, too_much for a
// sixteenth tablet.
func (s *Service) Assign(ctx context.Context, key passenger.FlightKey, tablet string, role passenger.Role, zone string, remove bool) error {
	const op = "dispatch.Assign"
	return s.Store.InTx(ctx, func(tx ground.Tx) error {
		f, err := tx.FlightByKey(ctx, key)
		if err != nil {
			return err
		}
		t, err := tx.TabletByName(ctx, tablet)
		if err != nil {
			return err
		}
		l, err := s.lock(ctx, tx, f.ID)
		if err != nil {
			return err
		}
		if l.flight.Stage != passenger.Planned && l.flight.Stage != passenger.Open {
			return passenger.Errorf(passenger.Phase, op, "flight %s is %s; its crew no longer changes", key, l.flight.Stage)
		}
		if !t.RevokedAt.IsZero() && !remove {
			return passenger.Errorf(passenger.Forbidden, op, "tablet %s is revoked; enrol it again first", tablet)
		}
		crossings, err := tx.Crossings(ctx, f.ID)
		if err != nil {
			return err
		}
		if err := tx.PutRoster(ctx, ground.RosterRow{Flight: f.ID, Tablet: t.ID, Role: role, Zone: zone, Removed: remove, At: tx.Now()}); err != nil {
			return err
		}
		found := false
		tablets := map[passenger.TabletID]bool{}
		for _, c := range crossings {
			tablets[c.Tablet] = true
			if c.Tablet == t.ID {
				found = true
				if err := l.rosterOp(c, role, zone, remove); err != nil {
					return err
				}
			}
		}
		if !found && !remove {
			if len(tablets) >= maxTabletsPerFlight {
				return passenger.Errorf(passenger.TooMuch, op, "a flight has at most %d tablets", maxTabletsPerFlight)
			}
			c := ground.Crossing{Flight: f.ID, Tablet: t.ID, Author: nextAuthor(crossings)}
			if err := tx.PutCrossing(ctx, c); err != nil {
				return err
			}
			if err := l.rosterOp(c, role, zone, false); err != nil {
				return err
			}
		}
		if err := l.advance(ctx); err != nil {
			return err
		}
		if err := tx.Notify(ctx, "tablet", t.ID.String()); err != nil {
			return err
		}
		return l.save(ctx)
	})
}

func nextAuthor(cs []ground.Crossing) flightsync.Author {
	next := flightsync.FirstTablet
	for _, c := range cs {
		next = max(next, c.Author+1)
	}
	return next
}

func (l *leg) rosterOp(c ground.Crossing, role passenger.Role, zone string, removed bool) error {
	_, err := l.write(flightsync.Admin, flightsync.RosterEntry{Author: c.Author, Class: flightsync.TabletLane, Tablet: c.Tablet,
		Incarnation: c.Incarnation, Role: role, Zone: zone, Removed: removed}.Draft())
	return err
}

// bind finds the author index of a tablet's incarnation, or binds one: the index reserved by
// the roster for its first store, a new one for every later store.
func (l *leg) bind(ctx context.Context, tablet passenger.TabletID, inc flightsync.Incarnation, row ground.RosterRow) (ground.Crossing, error) {
	cs, err := l.tx.Crossings(ctx, l.flight.ID)
	if err != nil {
		return ground.Crossing{}, err
	}
	var free *ground.Crossing
	for i, c := range cs {
		if c.Tablet != tablet {
			continue
		}
		if c.Incarnation == inc {
			return c, nil
		}
		if c.Incarnation == (flightsync.Incarnation{}) {
			free = &cs[i]
		}
	}
	c := ground.Crossing{Flight: l.flight.ID, Tablet: tablet, Author: nextAuthor(cs)}
	if free != nil {
		c = *free
	}
	c.Incarnation, c.FirstAt = inc, l.tx.Now()
	if _, err := l.step(flightsync.Bind{Author: c.Author, Incarnation: inc}); err != nil {
		return c, err
	}
	if err := l.tx.PutCrossing(ctx, c); err != nil {
		return c, err
	}
	return c, l.rosterOp(c, row.Role, row.Zone, row.Removed)
}
