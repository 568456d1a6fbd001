package dispatch

import (
	"context"
	"io"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
)

// Flights lists the flights of a tablet, each with its key for that tablet until the lease
// ends. A key that the tablet holds for that end (held) is not wrapped again. A flight's key is
// made when a tablet first asks, and never replaced.
func (s *Service) Flights(ctx context.Context, tablet passenger.TabletID, held map[passenger.FlightID]time.Time) (out []passenger.Duty, err error) {
	var agree []byte
	wrap := map[int][]byte{} // by index of out: the key, nil while there is none
	if err := s.Store.Read(ctx, func(tx ground.Tx) error {
		out = nil
		clear(wrap)
		as, ends, err := assignments(ctx, tx, tablet)
		if err != nil {
			return err
		}
		t, err := tx.Tablet(ctx, tablet)
		if err != nil {
			return err
		}
		agree = t.AgreeKey
		for i, a := range as {
			d := passenger.Duty{Assignment: a}
			if !a.Removed && tx.Now().Before(ends[i]) {
				d.LeaseEnd = ends[i]
				if len(agree) > 0 && !held[a.Flight].Equal(ends[i]) {
					if wrap[i], err = tx.FlightKey(ctx, a.Flight); err != nil && passenger.CodeOf(err) != passenger.NotFound {
						return err
					}
				}
			}
			out = append(out, d)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	for i, key := range wrap {
		d := &out[i]
		if key == nil {
			if key, err = s.flightKey(ctx, d.Flight); err != nil {
				return nil, err
			}
		}
		if d.WrappedKey, err = keys.Seal(agree, []byte(passenger.WrapInfo), passenger.WrapAAD(tablet, d.Flight, d.LeaseEnd), key); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// assignments lists a tablet's flights, each with the end of its lease.
func assignments(ctx context.Context, tx ground.Tx, tablet passenger.TabletID) (as []passenger.Assignment, ends []time.Time, err error) {
	rows, err := tx.RosterOf(ctx, tablet)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range rows {
		f, err := tx.Flight(ctx, r.Flight)
		if err != nil {
			return nil, nil, err
		}
		as = append(as, assignment(f, r))
		ends = append(ends, leaseEnd(f))
	}
	return as, ends, nil
}

func assignment(f ground.Flight, r ground.RosterRow) passenger.Assignment {
	return passenger.Assignment{Flight: f.ID, Key: f.Key, Arrival: f.Arrival, STD: f.STD, STA: f.STA,
		Role: r.Role, Zone: r.Zone, Stage: f.Stage, Removed: r.Removed}
}

// leaseEnd is when the flight's text leaves the tablets, by what ground knows: the rule that
// tablets follow (PRODUCT rule 5) with the movements of the flight's row. Whole seconds.
func leaseEnd(f ground.Flight) time.Time {
	switch f.Movement {
	case passenger.On, passenger.In:
		return f.MovedAt.Add(passenger.NoteLifeAfterLanding).Truncate(time.Second)
	case passenger.Boarding, passenger.DoorsClosed, passenger.OffBlock, passenger.Off, passenger.Diverted:
		return latest(f.STA, f.MovedAt).Add(passenger.NoteLifeAfterSTA).Truncate(time.Second)
	}
	return f.STA.Add(passenger.NoteLifeAfterSTA).Truncate(time.Second)
}

// flightKey reads the key of a flight, or makes it. Of several nodes one makes it.
func (s *Service) flightKey(ctx context.Context, id passenger.FlightID) (key []byte, err error) {
	err = s.Store.InTx(ctx, func(tx ground.Tx) error {
		if key, err = tx.FlightKey(ctx, id); passenger.CodeOf(err) != passenger.NotFound {
			return err
		}
		key = make([]byte, passenger.FlightKeySize)
		if _, err := io.ReadFull(s.Rand, key); err != nil {
			return err
		}
		return tx.InsertFlightKey(ctx, id, key)
	})
	if passenger.CodeOf(err) == passenger.Exists {
		err = s.Store.Read(ctx, func(tx ground.Tx) error { key, err = tx.FlightKey(ctx, id); return err })
	}
	return key, err
}
