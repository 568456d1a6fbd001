package storetest

import (
	"errors"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// insertFlights inserts the flights from one number to another.
func (s *suite) insertFlights(from, to int) {
	s.Helper()
	s.write(func(tx ground.Tx) error {
		for n := from; n <= to; n++ {
			if err := tx.InsertFlight(s.ctx, s.flight(n)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *suite) flights() {
	for want := range 3 {
		s.read(func(tx ground.Tx) error {
			n, err := tx.Restores(s.ctx)
			s.same("restores", want, n)
			return err
		})
		s.write(func(tx ground.Tx) error { return tx.AddRestore(s.ctx) })
	}
	mine, other := passenger.PublicKeys{Sign: []byte{1}, Agree: []byte{2}}, passenger.PublicKeys{Sign: []byte{3}, Agree: []byte{4}}
	s.read(func(tx ground.Tx) error {
		_, ok, err := tx.GroundKeys(s.ctx)
		s.same("keys of a new ground", false, ok)
		return err
	})
	for i, k := range []passenger.PublicKeys{mine, other} {
		s.write(func(tx ground.Tx) error {
			kept, err := tx.KeepGroundKeys(s.ctx, k)
			s.same("the first keys are kept", mine, kept)
			if err == nil && i == 1 {
				err = tx.ReplaceGroundKeys(s.ctx, k)
			}
			return err
		})
	}
	s.read(func(tx ground.Tx) error {
		k, _, err := tx.GroundKeys(s.ctx)
		s.same("replaced keys", other, k)
		return err
	})
	s.insertFlights(1, 2)
	sameKey := s.flight(1)
	sameKey.ID = fid(9)
	s.wantCode(passenger.Exists, "the same key", func(tx ground.Tx) error { return tx.InsertFlight(s.ctx, sameKey) })
	sameID := s.flight(9)
	sameID.ID = fid(1)
	s.wantCode(passenger.Exists, "the same id", func(tx ground.Tx) error { return tx.InsertFlight(s.ctx, sameID) })
	taken := s.flight(2)
	taken.Key = s.flight(1).Key
	s.wantCode(passenger.Exists, "an update to a taken key", func(tx ground.Tx) error { return tx.UpdateFlight(s.ctx, taken) })
	s.wantCode(passenger.NotFound, "update of no flight", func(tx ground.Tx) error { return tx.UpdateFlight(s.ctx, s.flight(9)) })
	s.wantCode(passenger.NotFound, "lock of no flight", func(tx ground.Tx) error { _, err := tx.LockFlight(s.ctx, fid(9)); return err })
	s.wantMissing("a flight", func(tx ground.Tx) error { _, err := tx.Flight(s.ctx, fid(9)); return err })
	for i, change := range []func(*passenger.FlightKey){ // every part of the key counts
		func(k *passenger.FlightKey) { k.Carrier = "DL" }, func(k *passenger.FlightKey) { k.Number++ }, func(k *passenger.FlightKey) { k.Suffix = "A" },
		func(k *passenger.FlightKey) { k.Date = "2026-11-22" }, func(k *passenger.FlightKey) { k.Departure = "CDG" }, func(k *passenger.FlightKey) { k.Attempt = 2 },
	} {
		f := s.flight(2)
		f.ID = fid(20 + i)
		change(&f.Key)
		s.wantMissing("a key", func(tx ground.Tx) error { _, err := tx.FlightByKey(s.ctx, f.Key); return err })
		s.write(func(tx ground.Tx) error {
			if _, err := tx.FlightByKey(s.ctx, f.Key); passenger.CodeOf(err) != passenger.NotFound {
				s.Errorf("flight by a new key: %v", err)
			}
			if err := tx.InsertFlight(s.ctx, f); err != nil {
				return err
			}
			got, err := tx.FlightByKey(s.ctx, f.Key)
			s.same("flight by key", f, got)
			return err
		})
	}
	s.write(func(tx ground.Tx) error {
		f, err := tx.LockFlight(s.ctx, fid(1))
		s.same("locked flight", s.flight(1), f)
		return err
	})
}

func (s *suite) findFlights() {
	s.insertFlights(1, 4)
	other := s.flight(5)
	other.Key.Number, other.Key.Departure, other.Key.Suffix = 2, "CDG", ""
	s.write(func(tx ground.Tx) error { return tx.InsertFlight(s.ctx, other) })
	ids := func(fs []ground.Flight) []passenger.FlightID {
		return keys(fs, func(f ground.Flight) passenger.FlightID { return f.ID })
	}
	s.read(func(tx ground.Tx) error {
		for _, row := range []struct {
			number            int
			suffix, departure string
			from, to          int // hours
			want              []passenger.FlightID
		}{
			{2, "", "", 0, 9, []passenger.FlightID{fid(2), fid(5)}},
			{2, "", "CDG", 0, 9, []passenger.FlightID{fid(5)}},
			{2, "", "", 2, 4, []passenger.FlightID{fid(2)}},
			{2, "", "", 0, 2, []passenger.FlightID{fid(2)}},
			{2, "A", "", 0, 9, nil},
			{2, "", "", 3, 4, nil},
			{8, "", "", 0, 9, nil},
		} {
			got, err := tx.FindFlights(s.ctx, "KL", row.number, row.suffix, row.departure, s.flight(row.from).STD, s.flight(row.to).STD)
			if err != nil {
				return err
			}
			s.same("found flights", row.want, ids(got))
		}
		got, err := tx.ListFlights(s.ctx, s.flight(2).STD, s.flight(4).STD)
		s.same("listed flights", []passenger.FlightID{fid(2), fid(3)}, ids(got))
		return err
	})
	for n, stage := range map[int]passenger.Stage{1: passenger.Open, 2: passenger.Sealed, 3: passenger.Closed, 4: passenger.Open} {
		s.write(func(tx ground.Tx) error {
			f, err := tx.LockFlight(s.ctx, fid(n))
			if err != nil {
				return err
			}
			f.Stage = stage
			return tx.UpdateFlight(s.ctx, f)
		})
	}
	s.read(func(tx ground.Tx) error {
		got, err := tx.UnfinishedFlights(s.ctx, s.flight(4).STD)
		s.same("unfinished flights", []passenger.FlightID{fid(1), fid(3)}, ids(got))
		return err
	})
}

func (s *suite) travellers() {
	s.insertFlights(1, 2)
	put := func(v ground.Traveller) {
		s.Helper()
		s.write(func(tx ground.Tx) error { return tx.PutTraveller(s.ctx, v) })
	}
	for _, no := range []passenger.TravellerNo{10, 2, 1} {
		put(ground.Traveller{Flight: fid(1), No: no, Person: id(int(no)), Surname: "Ōta", Seat: "1A", Assistance: []string{"WCHR"}})
	}
	put(ground.Traveller{Flight: fid(2), No: 2, Surname: "Other"})
	s.write(func(tx ground.Tx) error {
		return errors.Join(tx.PutTravellers(s.ctx, nil), tx.PutTravellers(s.ctx, []ground.Traveller{
			{Flight: fid(1), No: 2, Person: id(2), Surname: "Ōta", Seat: "14C", Removed: true},
			{Flight: fid(1), No: 11, Person: id(11), Surname: "New"}}))
	})
	s.read(func(tx ground.Tx) error {
		got, err := tx.Travellers(s.ctx, fid(1))
		s.same("travellers by number", []ground.Traveller{
			{Flight: fid(1), No: 1, Person: id(1), Surname: "Ōta", Seat: "1A", Assistance: []string{"WCHR"}},
			{Flight: fid(1), No: 2, Person: id(2), Surname: "Ōta", Seat: "14C", Removed: true},
			{Flight: fid(1), No: 10, Person: id(10), Surname: "Ōta", Seat: "1A", Assistance: []string{"WCHR"}},
			{Flight: fid(1), No: 11, Person: id(11), Surname: "New"}}, got)
		return err
	})
	s.wantCode(passenger.NotFound, "a traveller of no flight", func(tx ground.Tx) error { return tx.PutTraveller(s.ctx, ground.Traveller{Flight: fid(9)}) })
}

func (s *suite) receiptsAndEventNotes() {
	for i, want := range []bool{true, false} {
		s.write(func(tx ground.Tx) error {
			has, err := tx.HasReceipt(s.ctx, "PNL 日本 1")
			if err != nil || has == want {
				s.Errorf("before try %d it is there: %v, %v", i, has, err)
			}
			fresh, err := tx.Receipt(s.ctx, "PNL 日本 1")
			if fresh != want {
				s.Errorf("receipt %d is new: %v", i, fresh)
			}
			return err
		})
	}
	s.insertFlights(1, 1)
	note := func(seq uint64) ground.EventNote {
		return ground.EventNote{Flight: fid(1), Note: flightsync.Dot{Author: flightsync.Notes, Seq: seq}, Origin: "KL0641 2026-11-20", Loops: []passenger.LoopID{id(2), id(1)}}
	}
	s.write(func(tx ground.Tx) error {
		if err := tx.InsertEventNote(s.ctx, note(10)); err != nil {
			return err
		}
		return tx.InsertEventNote(s.ctx, note(9))
	})
	s.wantCode(passenger.Exists, "the same event note", func(tx ground.Tx) error { return tx.InsertEventNote(s.ctx, note(9)) })
	s.read(func(tx ground.Tx) error {
		got, err := tx.EventNotes(s.ctx, fid(1))
		s.same("event notes", []ground.EventNote{note(9), note(10)}, got)
		return err
	})
}

// op makes a well-formed op without the engine.
func (s *suite) op(a flightsync.Author, seq uint64) flightsync.Op {
	o, err := flightsync.ParseOp(flightsync.Dot{Author: a, Seq: seq}, append([]byte{2, 8, 66, 0}, "saltsalt 'content' \x00\xff"...))
	if err != nil {
		s.Fatal(err)
	}
	return o
}

// lanes checks what the engine's own suite cannot: locks, flights apart, use within a batch.
func (s *suite) lanes() {
	s.insertFlights(1, 2)
	batch := func(flight int, seqs ...uint64) flightsync.Batch {
		b := flightsync.Batch{State: flightsync.State{Group: fid(flight), Clock: flightsync.Stamp{Ms: uint64(flight)}}}
		for _, q := range seqs {
			b.Ops = append(b.Ops, s.op(4, q))
		}
		return b
	}
	apply := func(flight int, b flightsync.Batch) func(ground.Tx) error {
		return func(tx ground.Tx) error {
			if _, err := tx.LockFlight(s.ctx, fid(flight)); err != nil {
				return err
			}
			return tx.Lanes(s.ctx, fid(flight)).Apply(b)
		}
	}
	s.wantCode(passenger.Internal, "apply without the lock", func(tx ground.Tx) error {
		return tx.Lanes(s.ctx, fid(1)).Apply(batch(1, 1))
	})
	s.wantCode(passenger.Corrupt, "a batch of another flight", apply(1, batch(2, 1)))
	s.write(apply(1, batch(1, 1, 2)))
	s.write(apply(2, batch(2, 1)))
	s.wantCode(passenger.Corrupt, "an op that is held", apply(1, batch(1, 2)))
	s.wantCode(passenger.Corrupt, "a gap", apply(1, batch(1, 4)))
	s.wantCode(passenger.Corrupt, "a gap whose error is dropped", func(tx ground.Tx) error {
		_ = apply(1, batch(1, 4))(tx)
		return nil
	})
	s.write(func(tx ground.Tx) error { // a new flight needs no lock, and reading nests
		f := s.flight(3)
		if err := tx.InsertFlight(s.ctx, f); err != nil {
			return err
		}
		l := tx.Lanes(s.ctx, f.ID)
		if err := l.Apply(batch(3, 1, 2, 3)); err != nil {
			return err
		}
		n := 0
		err := l.Ops(4, 1, func(flightsync.Op) bool {
			n++
			_, err := tx.Flight(s.ctx, fid(1))
			return err == nil
		})
		if n != 3 {
			s.Errorf("%d ops read with reads in between, want 3", n)
		}
		return err
	})
	s.read(func(tx ground.Tx) error {
		for flight, want := range map[int]int{1: 2, 2: 1, 3: 3} {
			l := tx.Lanes(s.ctx, fid(flight))
			n := 0
			if err := l.Ops(4, 1, func(flightsync.Op) bool { n++; return true }); err != nil {
				return err
			}
			st, err := l.State()
			if err != nil || n != want || st.Clock.Ms != uint64(flight) {
				s.Errorf("flight %d holds %d ops, clock %d, %v; want %d ops", flight, n, st.Clock.Ms, err, want)
			}
		}
		return nil
	})
}

func (s *suite) crossingsAndGestures() {
	cross := func(a flightsync.Author, issued uint64) ground.Crossing {
		return ground.Crossing{Flight: fid(1), Tablet: id(1), Author: a, Incarnation: flightsync.Incarnation{1, 2}, FirstAt: s.now, LastAt: s.now,
			Issued: issued, OnGround: 1, Have: flightsync.Vector{0, 0, 1 << 40, 3}}
	}
	gesture := func(seq uint64, loop int) ground.GestureRow {
		return ground.GestureRow{Flight: fid(1), Dot: flightsync.Dot{Author: 4, Seq: seq}, Loop: id(loop), Person: id(1), Code: passenger.Drink, Quantity: 1,
			At: s.now.Add(-time.Duration(seq) * time.Minute)}
	}
	voided := gesture(2, 1)
	voided.Voided, voided.Quantity = true, 2
	s.write(func(tx ground.Tx) error {
		for _, c := range []ground.Crossing{cross(10, 1), cross(9, 1), cross(10, 1<<64-1)} {
			if err := tx.PutCrossing(s.ctx, c); err != nil {
				return err
			}
		}
		for _, g := range []ground.GestureRow{gesture(10, 1), gesture(2, 1), gesture(3, 2), voided} {
			if err := tx.PutGesture(s.ctx, g); err != nil {
				return err
			}
		}
		return nil
	})
	s.read(func(tx ground.Tx) error {
		cs, err := tx.Crossings(s.ctx, fid(1))
		if err != nil {
			return err
		}
		s.same("crossings by author", []ground.Crossing{cross(9, 1), cross(10, 1<<64-1)}, cs)
		gs, err := tx.Gestures(s.ctx, fid(1))
		if err != nil {
			return err
		}
		s.same("gestures by dot", []ground.GestureRow{voided, gesture(3, 2), gesture(10, 1)}, gs)
		gs, err = tx.GesturesOfLoop(s.ctx, id(1))
		s.same("gestures of a loop, oldest first", []ground.GestureRow{gesture(10, 1), voided}, gs)
		return err
	})
}
