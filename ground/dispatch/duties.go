package dispatch

import (
	"context"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
)

// Flights lists the flights of a tablet page by page, each with its key for that tablet until the
// lease ends: those that arrived at most [passenger.LineLife] ago, and those that the tablet says
// it holds something of. A key that it holds for that end is not wrapped again. A flight's key is
// made when a tablet first asks, and never replaced.
func (s *Service) Flights(ctx context.Context, tablet passenger.TabletID, ask passenger.DutiesAsk) (out passenger.Duties, err error) {
	var agree []byte
	var keyless []passenger.FlightID
	var have map[passenger.FlightID][]byte
	if err := s.Store.Read(ctx, func(tx ground.Tx) error {
		out, keyless = passenger.Duties{}, nil
		t, err := tx.Tablet(ctx, tablet)
		if err != nil {
			return err
		}
		agree = t.AgreeKey
		all, ends, err := assignments(ctx, tx, tablet, slices.Collect(maps.Keys(ask.Held)))
		if err != nil {
			return err
		}
		page, next, err := ask.Page(tx.Now(), all)
		if err != nil {
			return err
		}
		out.Next = next
		for _, a := range page {
			d := passenger.Duty{Assignment: a}
			if end := ends[a.Flight]; !a.Removed && a.Stage != passenger.Purged && tx.Now().Before(end) {
				d.LeaseEnd = end
				if len(agree) > 0 && !ask.Held[a.Flight].Equal(end) {
					keyless = append(keyless, a.Flight)
				}
			}
			out.List = append(out.List, d)
		}
		if len(keyless) > 0 {
			have, err = tx.FlightKeysOf(ctx, keyless)
		}
		return err
	}); err != nil {
		return passenger.Duties{}, err
	}
	if len(have) < len(keyless) {
		if have, err = s.makeKeys(ctx, keyless); err != nil {
			return passenger.Duties{}, err
		}
	}
	for i := range out.List {
		d := &out.List[i]
		if key := have[d.Flight]; key != nil {
			if d.WrappedKey, err = keys.Seal(agree, []byte(passenger.WrapInfo), passenger.WrapAAD(tablet, d.Flight, d.LeaseEnd), key); err != nil {
				return passenger.Duties{}, err
			}
		}
	}
	return out, nil
}

// assignments lists what matters to a tablet of its flights, with the ends of their leases.
func assignments(ctx context.Context, tx ground.Tx, tablet passenger.TabletID, held []passenger.FlightID) (as []passenger.Assignment, ends map[passenger.FlightID]time.Time, err error) {
	flights, rows, err := tx.Duties(ctx, tablet, tx.Now().Add(-passenger.LineLife), held)
	if err != nil {
		return nil, nil, err
	}
	ends = map[passenger.FlightID]time.Time{}
	for i, f := range flights {
		as, ends[f.ID] = append(as, assignment(f, rows[i])), leaseEnd(f)
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

// makeKeys reads the keys of flights and makes those that are missing, all in one transaction. Of
// several nodes one makes a key.
func (s *Service) makeKeys(ctx context.Context, ids []passenger.FlightID) (keys map[passenger.FlightID][]byte, err error) {
	ids = slices.SortedFunc(slices.Values(ids), func(a, b passenger.FlightID) int { return slices.Compare(a[:], b[:]) }) // nodes wait for each other in one order
	for range maxLooks {
		err = s.Store.InTx(ctx, func(tx ground.Tx) error {
			if keys, err = tx.FlightKeysOf(ctx, ids); err != nil {
				return err
			}
			for _, id := range ids {
				if keys[id] != nil {
					continue
				}
				key := make([]byte, passenger.FlightKeySize)
				if _, err := io.ReadFull(s.Rand, key); err != nil {
					return err
				}
				if err := tx.InsertFlightKey(ctx, id, key); err != nil {
					return err
				}
				keys[id] = key
			}
			return nil
		})
		if passenger.CodeOf(err) != passenger.Exists {
			break
		}
	}
	return keys, err
}
