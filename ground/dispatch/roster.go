package dispatch

import (
	"context"
	"log/slog"

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
		crossings, err := l.crossings(ctx)
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
				if err := l.rosterOp(ctx, c, role, zone, remove); err != nil {
					return err
				}
			}
		}
		if !found && !remove {
			if len(tablets) >= flightsync.MaxTablets {
				return passenger.Errorf(passenger.TooMuch, op, "a flight has at most %d tablets", flightsync.MaxTablets)
			}
			next, err := l.nextAuthor(ctx, crossings)
			if err != nil {
				return err
			}
			c := ground.Crossing{Flight: f.ID, Tablet: t.ID, Author: next}
			if c.Author >= flightsync.MaxAuthors {
				return passenger.Errorf(passenger.TooMuch, op, "flight %s has no author index left for another tablet", key)
			}
			if err := l.putCrossing(ctx, c); err != nil {
				return err
			}
			if err := l.rosterOp(ctx, c, role, zone, false); err != nil {
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

// nextAuthor returns an author index that nobody has. After a restore it leaves a gap: the part of
// the database that was lost may have given away the next ones.
func (l *leg) nextAuthor(ctx context.Context, cs []ground.Crossing) (flightsync.Author, error) {
	next := max(flightsync.FirstTablet, l.flight.Floor)
	for _, c := range cs {
		next = max(next, c.Author+1)
	}
	for _, lane := range l.rep.State().Lanes {
		next = max(next, lane.Author+1)
	}
	restores, err := l.tx.Restores(ctx)
	if err != nil || l.flight.Restores >= restores {
		return next, err
	}
	next = behind(next, restores-l.flight.Restores)
	l.flight.Restores, l.flight.Floor = restores, next
	return next, l.tx.UpdateFlight(ctx, l.flight)
}

// indexFor returns the reserved index of a tablet, or the next one when it has none, or when it was
// reserved before a restore: the lost part may have given it to another store. That doubt weighs less
// than no index at all.
func (l *leg) indexFor(ctx context.Context, reserved flightsync.Author, cs []ground.Crossing) (flightsync.Author, error) {
	restores, err := l.tx.Restores(ctx)
	if err != nil || reserved != flightsync.Nobody && l.flight.Restores >= restores && reserved >= l.flight.Floor {
		return reserved, err
	}
	next, err := l.nextAuthor(ctx, cs)
	if next >= flightsync.MaxAuthors && reserved != flightsync.Nobody {
		next = reserved
	}
	return next, err
}

// behind skips what so many lost parts of the database may have given away. It never takes more
// than half of what there is: a flight must not run out of indexes by being restored.
func behind(next flightsync.Author, restores int) flightsync.Author {
	for ; restores > 0 && next < flightsync.MaxAuthors; restores-- {
		next += min(restoreSkips, (flightsync.MaxAuthors-next)/2)
	}
	return next
}

// Restored marks that this database was put back from a backup, before anything serves. Each
// flight that it holds then skips author indexes, once a mark. It is called once a restore.
func (s *Service) Restored(ctx context.Context) error {
	return s.Store.InTx(ctx, func(tx ground.Tx) error { return tx.AddRestore(ctx) })
}

// rosterOp writes who an author index is, with the key that proves its lane.
func (l *leg) rosterOp(ctx context.Context, c ground.Crossing, role passenger.Role, zone string, removed bool) error {
	t, err := l.tx.Tablet(ctx, c.Tablet)
	if err != nil {
		return err
	}
	_, err = l.write(flightsync.Admin, flightsync.RosterEntry{Author: c.Author, Class: flightsync.TabletLane, Tablet: c.Tablet, Incarnation: c.Incarnation,
		Key: flightsync.PublicKey{Alg: flightsync.ES256, Bytes: string(t.SignKey)}, Role: role, Zone: zone, Removed: removed}.Draft())
	return err
}

// bind gives a tablet's store an author index: the one reserved by the roster for its first
// store, a new one for every later store. A tablet that says which index it has is bound already.
// One that has had its share of indexes gets no more, so that the others find one: it reads the
// flight and hands in what others recorded, and records nothing.
// Errors: forbidden for the index of another tablet.
func (l *leg) bind(ctx context.Context, tablet passenger.TabletID, req flightsync.Request, row ground.RosterRow) error {
	cs, err := l.crossings(ctx)
	if err != nil {
		return err
	}
	if req.Me != flightsync.Nobody {
		for _, c := range cs {
			if c.Author == req.Me && c.Tablet != tablet {
				return passenger.Errorf(passenger.Forbidden, "dispatch.Exchange", "this tablet speaks for another one; enrol it again")
			}
		}
		return nil // an index that ground does not know comes back with the tablet's next runs (a restored database)
	}
	c, had := ground.Crossing{Flight: l.flight.ID, Tablet: tablet, Author: flightsync.Nobody}, 0
	for _, x := range cs {
		if x.Tablet == tablet && x.Incarnation == req.Incarnation {
			return nil
		}
		if x.Tablet == tablet {
			had++
		}
		if x.Tablet == tablet && x.Incarnation == (flightsync.Incarnation{}) {
			c = x
		}
	}
	if c.Author, err = l.indexFor(ctx, c.Author, cs); err != nil {
		return err
	}
	if c.Author >= flightsync.MaxAuthors || had >= maxIndexes {
		l.s.tell(ctx, slog.LevelError, "a tablet has used up its author indexes", "", whom{tablet, l.flight.ID})
		return nil
	}
	c.Incarnation, c.FirstAt = req.Incarnation, l.tx.Now()
	if err := l.putCrossing(ctx, c); err != nil {
		return err
	}
	return l.rosterOp(ctx, c, row.Role, row.Zone, row.Removed)
}
