package storetest

import (
	"time"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

func account(id string) ground.Account { return ground.Account{Channel: passenger.Telegram, ID: id} }

func (s *suite) people() {
	p1 := ground.Person{ID: id(1), CustomerID: "C1", Surname: "Ängström", Accounts: []ground.Account{account("9"), account("1785461234567890123")}}
	p2 := ground.Person{ID: id(2)}
	p3 := ground.Person{ID: id(3)} // a second one without customer id
	s.write(func(tx ground.Tx) error {
		for _, p := range []ground.Person{p1, p2, p3} {
			if err := tx.InsertPerson(s.ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
	s.wantCode(passenger.Exists, "the same id", func(tx ground.Tx) error { return tx.InsertPerson(s.ctx, ground.Person{ID: id(1)}) })
	s.wantCode(passenger.Exists, "the same customer id", func(tx ground.Tx) error { return tx.InsertPerson(s.ctx, ground.Person{ID: id(4), CustomerID: "C1"}) })
	s.wantCode(passenger.Exists, "the same account", func(tx ground.Tx) error {
		return tx.InsertPerson(s.ctx, ground.Person{ID: id(4), Accounts: []ground.Account{account("9")}})
	})
	s.wantCode(passenger.Exists, "an update to a taken customer id", func(tx ground.Tx) error {
		return tx.UpdatePerson(s.ctx, ground.Person{ID: id(2), CustomerID: "C1"})
	})
	s.wantCode(passenger.Exists, "an update to a taken account", func(tx ground.Tx) error {
		return tx.UpdatePerson(s.ctx, ground.Person{ID: id(2), Accounts: []ground.Account{account("8"), account("9")}})
	})
	s.wantCode(passenger.NotFound, "update of nobody", func(tx ground.Tx) error { return tx.UpdatePerson(s.ctx, ground.Person{ID: id(9)}) })
	s.wantMissing("a person", func(tx ground.Tx) error { _, err := tx.Person(s.ctx, id(9)); return err })
	s.write(func(tx ground.Tx) error {
		for customer, want := range map[string]bool{"C1": true, "c1": false, "": false} {
			if p, ok, err := tx.PersonByCustomer(s.ctx, customer); err != nil || ok != want || ok && p.ID != id(1) {
				s.Errorf("person of customer %q: %v, %v, %v", customer, p.ID, ok, err)
			}
		}
		got, ok, err := tx.PersonByAccount(s.ctx, account("1785461234567890123"))
		if !ok {
			s.Error("nobody has the account")
		}
		s.same("person by account", p1, got)
		if _, ok, err := tx.PersonByAccount(s.ctx, ground.Account{Channel: passenger.VK, ID: "9"}); ok || err != nil {
			s.Errorf("an account of another channel: %v, %v", ok, err)
		}
		return err
	})
	s.write(func(tx ground.Tx) error { // accounts move on
		p1.Accounts = []ground.Account{account("7")}
		if err := tx.UpdatePerson(s.ctx, p1); err != nil {
			return err
		}
		p2.Accounts, p2.ErasedAt = []ground.Account{account("9")}, s.now
		return tx.UpdatePerson(s.ctx, p2)
	})
	s.read(func(tx ground.Tx) error {
		got, err := tx.ListPeople(s.ctx)
		s.same("people", []ground.PersonTrips{{Person: p1}, {Person: p2}, {Person: p3}}, got)
		return err
	})
}

func (s *suite) trips() {
	traveller := func(flight, no, person int) ground.Traveller {
		return ground.Traveller{Flight: fid(flight), No: passenger.TravellerNo(no), Person: id(person), SourceKey: "ABC123|JANSEN/EVA|1", Seat: "14C"}
	}
	gone := traveller(3, 3, 1)
	gone.Removed = true
	s.write(func(tx ground.Tx) error {
		for n := 1; n <= 3; n++ {
			if err := tx.InsertFlight(s.ctx, s.flight(n)); err != nil {
				return err
			}
			if err := tx.InsertPerson(s.ctx, ground.Person{ID: id(n)}); err != nil {
				return err
			}
		}
		for _, v := range []ground.Traveller{traveller(2, 1, 1), traveller(1, 7, 1), gone, traveller(3, 1, 2)} {
			if err := tx.PutTraveller(s.ctx, v); err != nil {
				return err
			}
		}
		return nil
	})
	trip := func(n int) ground.Trip {
		return ground.Trip{Flight: fid(n), Key: s.flight(n).Key, Locator: "ABC123", Seat: "14C"}
	}
	s.read(func(tx ground.Tx) error {
		got, err := tx.ListPeople(s.ctx)
		if err != nil {
			return err
		}
		s.same("people with trips", []ground.PersonTrips{
			{Person: ground.Person{ID: id(1)}, Trips: []ground.Trip{trip(1), trip(2)}},
			{Person: ground.Person{ID: id(2)}, Trips: []ground.Trip{trip(3)}},
			{Person: ground.Person{ID: id(3)}}}, got)
		for from, want := range map[time.Time][]int{s.now: {1, 2}, s.flight(2).STD: {2}, s.flight(2).STD.Add(time.Microsecond): nil} {
			fs, ts, err := tx.FlightsOf(s.ctx, id(1), from)
			if err != nil {
				return err
			}
			var wantF []ground.Flight
			var wantT []ground.Traveller
			for _, n := range want {
				wantF = append(wantF, s.flight(n))
				wantT = append(wantT, traveller(n, map[int]int{1: 7, 2: 1}[n], 1))
			}
			s.same("flights of a person", wantF, fs)
			s.same("their travellers", wantT, ts)
		}
		return nil
	})
}

func (s *suite) consent() {
	at := func(min int, answer passenger.Consent) ground.ConsentRecord {
		return ground.ConsentRecord{Person: id(1), Answer: answer, Words: "May the crew know? " + string(answer), Asker: "eva", At: s.now.Add(time.Duration(min) * time.Minute)}
	}
	s.read(func(tx ground.Tx) error {
		got, err := tx.Consent(s.ctx, id(1))
		s.same("consent of somebody who was not asked", ground.ConsentRecord{Person: id(1), Answer: passenger.ConsentNotAsked}, got)
		return err
	})
	late := at(1, passenger.ConsentNotAsked) // told late: an answer from before the newest
	for i, c := range []ground.ConsentRecord{at(0, passenger.ConsentYes), at(5, passenger.ConsentNo), at(5, passenger.ConsentYes), late} {
		s.write(func(tx ground.Tx) error { return tx.SetConsent(s.ctx, c) })
		want := []ground.ConsentRecord{at(0, passenger.ConsentYes), at(5, passenger.ConsentNo), at(5, passenger.ConsentYes), at(5, passenger.ConsentYes)}[i]
		s.read(func(tx ground.Tx) error {
			got, err := tx.Consent(s.ctx, id(1))
			s.same("newest answer", want, got)
			return err
		})
	}
	s.read(func(tx ground.Tx) error {
		got, err := tx.ConsentHistory(s.ctx, id(1))
		s.same("history", []ground.ConsentRecord{at(5, passenger.ConsentYes), at(5, passenger.ConsentNo), late, at(0, passenger.ConsentYes)}, got)
		none, err2 := tx.ConsentHistory(s.ctx, uuid.Nil)
		if err == nil {
			err = err2
		}
		if len(none) > 0 {
			s.Errorf("history of nobody: %v", none)
		}
		return err
	})
}
