package storetest

import (
	"sync/atomic"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

func (s *suite) tablets() {
	tablet := func(n int, name, token string) ground.Tablet {
		v := ground.Tablet{ID: id(n), Name: name, CreatedAt: s.now}
		if token != "" {
			v.TokenHash = []byte(token)
		}
		return v
	}
	s.write(func(tx ground.Tx) error {
		for _, v := range []ground.Tablet{tablet(1, "b", "t1"), tablet(2, "a", ""), tablet(3, "ß", "")} {
			if err := tx.InsertTablet(s.ctx, v); err != nil {
				return err
			}
		}
		return nil
	})
	s.wantCode(passenger.Exists, "the same name", func(tx ground.Tx) error { return tx.InsertTablet(s.ctx, tablet(4, "a", "")) })
	s.wantCode(passenger.Exists, "the same id", func(tx ground.Tx) error { return tx.InsertTablet(s.ctx, tablet(1, "z", "")) })
	s.wantCode(passenger.Exists, "the same token", func(tx ground.Tx) error { return tx.InsertTablet(s.ctx, tablet(4, "z", "t1")) })
	s.wantCode(passenger.Exists, "an update to a taken name", func(tx ground.Tx) error { return tx.UpdateTablet(s.ctx, tablet(1, "a", "t1")) })
	s.wantCode(passenger.NotFound, "update of no tablet", func(tx ground.Tx) error { return tx.UpdateTablet(s.ctx, tablet(9, "y", "")) })
	s.wantMissing("a tablet", func(tx ground.Tx) error { _, err := tx.Tablet(s.ctx, id(9)); return err })
	s.wantMissing("a name", func(tx ground.Tx) error { _, err := tx.TabletByName(s.ctx, "A"); return err })
	s.wantMissing("a token", func(tx ground.Tx) error { _, err := tx.TabletByToken(s.ctx, []byte("t2")); return err })
	s.wantMissing("no token", func(tx ground.Tx) error { _, err := tx.TabletByToken(s.ctx, nil); return err })
	s.read(func(tx ground.Tx) error {
		got, err := tx.TabletByToken(s.ctx, []byte("t1"))
		if err != nil {
			return err
		}
		s.same("tablet by token", tablet(1, "b", "t1"), got)
		if got, err = tx.TabletByName(s.ctx, "ß"); err != nil {
			return err
		}
		s.same("tablet by name", tablet(3, "ß", ""), got)
		list, err := tx.ListTablets(s.ctx)
		s.same("tablets by name", []ground.Tablet{tablet(2, "a", ""), tablet(1, "b", "t1"), tablet(3, "ß", "")}, list)
		return err
	})
	// Heard are those named that were never heard, or last heard before.
	seen := func(now time.Time, ids ...passenger.TabletID) {
		s.write(func(tx ground.Tx) error { return tx.SeenTablets(s.ctx, ids, now, now.Add(-time.Minute)) })
	}
	seen(s.now)
	seen(s.now, id(1), id(9))
	seen(s.now.Add(time.Minute), id(1), id(2))
	seen(s.now.Add(time.Minute+time.Second), id(1))
	s.read(func(tx ground.Tx) error {
		list, err := tx.ListTablets(s.ctx)
		var at []time.Time
		for _, v := range list {
			at = append(at, v.LastSeenAt)
		}
		s.same("when tablets were heard", []time.Time{s.now.Add(time.Minute), s.now.Add(time.Minute + time.Second), {}}, at)
		return err
	})
}

func (s *suite) enrolCode() {
	code := func(h string, life time.Duration) ground.EnrolCode {
		return ground.EnrolCode{Hash: []byte(h), Tablet: id(1), ExpiresAt: s.now.Add(life)}
	}
	s.write(func(tx ground.Tx) error {
		if err := tx.InsertTablet(s.ctx, ground.Tablet{ID: id(1), Name: "t"}); err != nil {
			return err
		}
		if err := tx.InsertEnrolCode(s.ctx, code("good", time.Hour)); err != nil {
			return err
		}
		return tx.InsertEnrolCode(s.ctx, code("old", 0))
	})
	s.wantCode(passenger.Exists, "the same code", func(tx ground.Tx) error { return tx.InsertEnrolCode(s.ctx, code("good", time.Minute)) })
	s.wantCode(passenger.NotFound, "a code of no tablet", func(tx ground.Tx) error {
		return tx.InsertEnrolCode(s.ctx, ground.EnrolCode{Hash: []byte("x"), Tablet: id(9)})
	})
	use := func(h string) func(ground.Tx) error {
		return func(tx ground.Tx) error { _, err := tx.UseEnrolCode(s.ctx, []byte(h), s.now); return err }
	}
	s.wantCode(passenger.NotFound, "an unknown code", use("bad"))
	s.wantCode(passenger.Forbidden, "a code at the end of its life", use("old"))
	var won, refused atomic.Int64
	s.parallel(64, func(int) error {
		var got ground.EnrolCode
		err := s.InTx(s.ctx, func(tx ground.Tx) (err error) {
			got, err = tx.UseEnrolCode(s.ctx, []byte("good"), s.now)
			return err
		})
		switch passenger.CodeOf(err) {
		case "":
			won.Add(1)
			want := code("good", time.Hour)
			want.UsedAt = s.now
			s.same("the code", want, got)
		case passenger.Forbidden:
			refused.Add(1)
		default:
			return err
		}
		return nil
	})
	if won.Load() != 1 || refused.Load() != 63 {
		s.Errorf("%d devices enrolled with one code, %d were refused; want 1 and 63", won.Load(), refused.Load())
	}
	s.wantCode(passenger.Forbidden, "a used code", use("good"))
}

func (s *suite) roster() {
	s.insertFlights(1, 3)
	row := func(flight, tablet int, role passenger.Role) ground.RosterRow {
		return ground.RosterRow{Flight: fid(flight), Tablet: id(tablet), Role: role, Zone: "front", At: s.now.Add(time.Duration(tablet) * time.Second)}
	}
	removed := row(2, 1, passenger.Cabin)
	removed.Removed, removed.Zone = true, ""
	s.write(func(tx ground.Tx) error {
		for n, name := range map[int]string{1: "one", 2: "two"} {
			if err := tx.InsertTablet(s.ctx, ground.Tablet{ID: id(n), Name: name}); err != nil {
				return err
			}
		}
		for _, r := range []ground.RosterRow{row(3, 1, passenger.Lead), row(2, 2, passenger.Lead), row(2, 1, passenger.Purser), row(1, 1, passenger.Cabin), removed} {
			if err := tx.PutRoster(s.ctx, r); err != nil {
				return err
			}
		}
		return nil
	})
	s.read(func(tx ground.Tx) error {
		got, err := tx.Roster(s.ctx, fid(2))
		if err != nil {
			return err
		}
		s.same("roster", []ground.RosterRow{removed, row(2, 2, passenger.Lead)}, got)
		got, err = tx.RosterOf(s.ctx, id(1))
		s.same("flights of a tablet by departure", []ground.RosterRow{row(1, 1, passenger.Cabin), removed, row(3, 1, passenger.Lead)}, got)
		return err
	})
	s.write(func(tx ground.Tx) error {
		f := s.flight(1)
		f.Stage = passenger.Purged
		return tx.UpdateFlight(s.ctx, f)
	})
	s.read(func(tx ground.Tx) error {
		got, err := tx.RosterOf(s.ctx, id(1))
		s.same("without the purged one", []ground.RosterRow{removed, row(3, 1, passenger.Lead)}, got)
		return err
	})
	s.duties(row, removed)
	s.flightKeys()
	s.wantCode(passenger.NotFound, "a roster row of no flight", func(tx ground.Tx) error { return tx.PutRoster(s.ctx, row(9, 1, passenger.Lead)) })
	s.wantCode(passenger.NotFound, "a roster row of no tablet", func(tx ground.Tx) error { return tx.PutRoster(s.ctx, row(1, 9, passenger.Lead)) })
}

// duties needs the roster, and flight 1 purged. Flights 1 to 3 arrive 9 to 11 hours after now.
func (s *suite) duties(row func(flight, tablet int, role passenger.Role) ground.RosterRow, removed ground.RosterRow) {
	s.Helper()
	list := func(since time.Duration, held ...passenger.FlightID) (out []passenger.FlightID) {
		s.read(func(tx ground.Tx) error {
			fs, rows, err := tx.Duties(s.ctx, id(1), s.now.Add(since), held)
			want := map[passenger.FlightID]ground.RosterRow{fid(1): row(1, 1, passenger.Cabin), fid(2): removed, fid(3): row(3, 1, passenger.Lead), fid(4): row(4, 1, passenger.Lead)}
			for i, f := range fs {
				out = append(out, f.ID)
				s.same("the row of a duty", want[f.ID], rows[i])
			}
			if len(rows) != len(fs) {
				s.Errorf("%d flights, %d rows", len(fs), len(rows))
			}
			return err
		})
		return out
	}
	s.write(func(tx ground.Tx) error {
		f := s.flight(4) // nobody said when it arrives: two days after the day of its key
		f.STA = time.Time{}
		if err := tx.InsertFlight(s.ctx, f); err != nil {
			return err
		}
		return tx.PutRoster(s.ctx, row(4, 1, passenger.Lead))
	})
	s.same("what matters from long ago on", []passenger.FlightID{fid(2), fid(3), fid(4)}, list(-time.Hour))
	s.same("at its arrival", []passenger.FlightID{fid(3), fid(4)}, list(11*time.Hour))
	s.same("behind all but the one of which nobody knows", []passenger.FlightID{fid(4)}, list(11*time.Hour+time.Second))
	s.same("long after", []passenger.FlightID(nil), list(30*24*time.Hour))
	s.same("what is held counts, purged or not, another's does not", []passenger.FlightID{fid(1), fid(3)}, list(30*24*time.Hour, fid(3), fid(1), fid(9)))
	s.write(func(tx ground.Tx) error {
		f := s.flight(3)
		f.Movement, f.MovedAt = passenger.Off, s.now.Add(40*24*time.Hour)
		return tx.UpdateFlight(s.ctx, f)
	})
	s.same("still on its way", []passenger.FlightID{fid(3)}, list(30*24*time.Hour))
}

// flightKeys needs flight 2, and flight 1 purged.
func (s *suite) flightKeys() {
	s.Helper()
	s.wantMissing("a flight key", func(tx ground.Tx) error { _, err := tx.FlightKey(s.ctx, fid(2)); return err })
	s.write(func(tx ground.Tx) error { return tx.InsertFlightKey(s.ctx, fid(2), []byte("k2")) })
	s.wantCode(passenger.Exists, "a second key", func(tx ground.Tx) error { return tx.InsertFlightKey(s.ctx, fid(2), []byte("other")) })
	s.wantCode(passenger.NotFound, "a key of no flight", func(tx ground.Tx) error { return tx.InsertFlightKey(s.ctx, fid(9), []byte("k9")) })
	s.read(func(tx ground.Tx) error {
		got, err := tx.FlightKey(s.ctx, fid(2))
		s.same("flight key", []byte("k2"), got)
		if err != nil {
			return err
		}
		all, err := tx.FlightKeysOf(s.ctx, []passenger.FlightID{fid(1), fid(2), fid(9)})
		s.same("flight keys", map[passenger.FlightID][]byte{fid(2): []byte("k2")}, all)
		if err != nil {
			return err
		}
		all, err = tx.FlightKeysOf(s.ctx, nil)
		s.same("no flight keys", map[passenger.FlightID][]byte{}, all)
		return err
	})
	for range 2 {
		s.write(func(tx ground.Tx) error { return tx.DestroyFlightKey(s.ctx, fid(2)) })
	}
	s.wantMissing("a destroyed key", func(tx ground.Tx) error { _, err := tx.FlightKey(s.ctx, fid(2)); return err })
	s.write(func(tx ground.Tx) error { return tx.InsertFlightKey(s.ctx, fid(2), []byte("k2")) })
	s.write(func(tx ground.Tx) error {
		f := s.flight(2)
		f.Stage = passenger.Purged
		return tx.UpdateFlight(s.ctx, f)
	})
	s.wantMissing("the key of a purged flight", func(tx ground.Tx) error { _, err := tx.FlightKey(s.ctx, fid(2)); return err })
}
