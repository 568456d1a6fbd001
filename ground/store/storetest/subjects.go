package storetest

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

func (s *suite) holds() {
	h := ground.Hold{Person: id(1), Reason: "court", By: "officer", At: s.now}
	s.wantCode(passenger.NotFound, "clearing no hold", func(tx ground.Tx) error { return tx.ClearHold(s.ctx, id(1)) })
	s.write(func(tx ground.Tx) error { return tx.SetHold(s.ctx, ground.Hold{Person: id(1), Reason: "before"}) })
	s.write(func(tx ground.Tx) error { return tx.SetHold(s.ctx, h) })
	s.read(func(tx ground.Tx) error {
		got, ok, err := tx.Hold(s.ctx, id(1))
		if !ok {
			s.Error("the hold is not there")
		}
		s.same("hold", h, got)
		return err
	})
	s.write(func(tx ground.Tx) error { return tx.ClearHold(s.ctx, id(1)) })
	s.read(func(tx ground.Tx) error {
		if _, ok, err := tx.Hold(s.ctx, id(1)); ok || err != nil {
			s.Errorf("a cleared hold: %v, %v", ok, err)
		}
		return nil
	})
}

func (s *suite) ledger() {
	key := ground.LedgerKey{1, 2, 31: 9}
	s.read(func(tx ground.Tx) error {
		if _, ok, err := tx.LedgerKey(s.ctx); ok || err != nil {
			s.Errorf("a key before the first: %v, %v", ok, err)
		}
		return nil
	})
	s.write(func(tx ground.Tx) error { return tx.SetLedgerKey(s.ctx, key) })
	s.wantCode(passenger.Exists, "a second key", func(tx ground.Tx) error { return tx.SetLedgerKey(s.ctx, ground.LedgerKey{7}) })
	h, other := key.Person(id(1)), key.Account(account("9"))
	open := ground.ErasureFlight{Erasure: h, Flight: fid(1), Travellers: []passenger.TravellerNo{3}}
	done := ground.ErasureFlight{Erasure: h, Flight: fid(2), Notes: []flightsync.Dot{{Author: 3, Seq: 7}}, Op: flightsync.Dot{Seq: 4}, DoneAt: s.now}
	stones := []ground.Tombstone{{Kind: ground.OpStone, Flight: fid(1), Hash: key.Op(fid(1), flightsync.Hash{1})}, {Kind: ground.PostStone, Hash: key.Post(passenger.X, "1")}}
	s.write(func(tx ground.Tx) error {
		if err := tx.PutErasure(s.ctx, ground.Erasure{Hash: other, Kind: ground.ErasedAccount, At: s.now.Add(time.Minute)}); err != nil {
			return err
		}
		if err := tx.PutErasure(s.ctx, ground.Erasure{Hash: h, Kind: ground.ErasedPerson, By: "officer", At: s.now}); err != nil {
			return err
		}
		for _, f := range []ground.ErasureFlight{done, open} {
			if err := tx.PutErasureFlight(s.ctx, f); err != nil {
				return err
			}
		}
		return tx.AddTombstones(s.ctx, append(stones, stones...)...)
	})
	s.read(func(tx ground.Tx) error {
		got, _, err := tx.LedgerKey(s.ctx)
		s.same("key", key, got)
		if err != nil {
			return err
		}
		es, err := tx.Erasures(s.ctx)
		if err != nil {
			return err
		}
		s.same("erasures", []ground.LedgerHash{h, other}, keys(es, func(e ground.Erasure) ground.LedgerHash { return e.Hash }))
		fs, err := tx.ErasureFlights(s.ctx, h)
		if err != nil {
			return err
		}
		s.same("flights of an erasure", []ground.ErasureFlight{open, done}, fs)
		os, err := tx.OpenErasureFlights(s.ctx)
		if err != nil {
			return err
		}
		s.same("open ones", []ground.ErasureFlight{open}, os)
		for flight, want := range map[passenger.FlightID]int{fid(1): 1, fid(2): 0} {
			ts, err := tx.Tombstones(s.ctx, &flight)
			if err != nil || len(ts) != want {
				s.Errorf("%d tombstones on the flight, %v; want %d", len(ts), err, want)
			}
		}
		ts, err := tx.Tombstones(s.ctx, nil)
		s.same("tombstones", stones, ts)
		if ok, err := tx.HasTombstone(s.ctx, ground.PostStone, key.Post(passenger.X, "1")); !ok || err != nil {
			s.Errorf("the post's tombstone: %v, %v", ok, err)
		}
		if ok, err := tx.HasTombstone(s.ctx, ground.TravellerStone, key.Post(passenger.X, "1")); ok || err != nil {
			s.Errorf("a tombstone of another kind: %v, %v", ok, err)
		}
		return err
	})
}

// subject makes a person with an account, a case, a flight and a loop.
func (s *suite) subject(n int, state ground.LoopState) {
	s.Helper()
	a := ground.Account{Channel: passenger.X, ID: s.aCase(n).AccountID}
	c := s.aCase(n)
	c.AuthorName, c.Handle, c.Excerpt, c.Because, c.Held, c.Flight, c.Day = "Eva Jansen", "eva", "cold meal", []string{"cold"}, []string{"health"}, "KL1", "2026-11-01"
	c.Status, c.ClosedAt = ground.CaseClosed, s.now
	f := s.flight(n)
	f.Stage, f.SealedAt = passenger.Sealed, s.now
	p := s.post(n, n, "cold meal")
	p.AuthorID, p.AuthorName, p.Raw, p.ArrivedAt = a.ID, "Eva Jansen", []byte("raw"), s.now
	l := ground.Loop{ID: id(n), Case: id(n), Person: id(n), State: state, FlaggedAt: s.now, EndedAt: s.now, Edits: ground.Edits{Words: "words"}}
	s.write(func(tx ground.Tx) error {
		for _, err := range []error{
			tx.InsertPerson(s.ctx, ground.Person{ID: id(n), CustomerID: "C" + id(n).String(), Surname: "Jansen", Given: "Eva", Title: "MS", Tier: "gold", Accounts: []ground.Account{a}}),
			tx.InsertCase(s.ctx, c), tx.InsertFlight(s.ctx, f), tx.InsertLoop(s.ctx, l),
			tx.PutTraveller(s.ctx, ground.Traveller{Flight: fid(n), No: 3, Person: id(n), SourceKey: "K"}),
			tx.PutTraveller(s.ctx, ground.Traveller{Flight: fid(n), No: 4, Person: uuid.Nil, SourceKey: "E", Erased: true}),
			tx.SetLink(s.ctx, ground.Link{Case: id(n), Person: id(n), State: ground.Linked}),
			tx.SetConsent(s.ctx, ground.ConsentRecord{Person: id(n), Answer: passenger.ConsentYes, Words: "yes please", Asker: "eva", At: s.now}),
			tx.InsertReply(s.ctx, ground.Reply{Case: id(n), Text: "dear Eva", By: "agent", At: s.now}),
			tx.Audit(s.ctx, ground.AuditRow{Act: "view-case", Object: id(n).String()}),
		} {
			if err != nil {
				return err
			}
		}
		if ok, err := tx.InsertPost(s.ctx, p); err != nil || !ok {
			s.Errorf("post: %v, %v", ok, err)
		}
		_, err := tx.InsertDeskItem(s.ctx, ground.DeskItem{Loop: id(n), Case: id(n), Reason: "sensitive", Detail: []string{"health"}})
		return err
	})
}

func (s *suite) erasing() {
	s.subject(1, ground.LoopEnded)
	s.subject(2, ground.LoopEnded)
	a := ground.Account{Channel: passenger.X, ID: s.aCase(1).AccountID}
	s.read(func(tx ground.Tx) error {
		ofPerson, err := tx.CasesOfPerson(s.ctx, id(1))
		if err != nil {
			return err
		}
		ofAccount, err := tx.CasesOfAccount(s.ctx, a)
		if err != nil {
			return err
		}
		s.same("cases of the person", []passenger.CaseID{id(1)}, ofPerson)
		s.same("cases of the account", []passenger.CaseID{id(1)}, ofAccount)
		loops, err := tx.LoopsOfCase(s.ctx, id(1))
		if err != nil || len(loops) != 1 || loops[0].ID != id(1) {
			s.Errorf("loops of the case: %v, %v", loops, err)
		}
		accounts, err := tx.AllAccounts(s.ctx)
		if err != nil {
			return err
		}
		s.same("accounts", []ground.Account{a, {Channel: passenger.X, ID: s.aCase(2).AccountID}}, accounts)
		ts, err := tx.TravellersOf(s.ctx, id(1))
		if err != nil || len(ts) != 1 || ts[0].No != 3 {
			s.Errorf("travellers of the person: %v, %v", ts, err)
		}
		nos, err := tx.ErasedOn(s.ctx, fid(1))
		s.same("erased travellers", []passenger.TravellerNo{4}, nos)
		return err
	})
	s.write(func(tx ground.Tx) error {
		if err := tx.EraseCase(s.ctx, id(1), false); err != nil {
			return err
		}
		if err := tx.EraseCase(s.ctx, id(2), true); err != nil {
			return err
		}
		if err := tx.DropAccount(s.ctx, ground.Account{Channel: passenger.X, ID: s.aCase(2).AccountID}); err != nil {
			return err
		}
		return tx.ErasePerson(s.ctx, id(1))
	})
	s.read(func(tx ground.Tx) error {
		p, err := tx.Person(s.ctx, id(1))
		s.same("the person", ground.Person{ID: id(1), ErasedAt: s.now}, p)
		if err != nil {
			return err
		}
		other, err := tx.Person(s.ctx, id(2))
		if err != nil || other.Surname != "Jansen" || other.Accounts != nil {
			s.Errorf("the other person: %+v, %v", other, err)
		}
		for n, want := range map[int]int{1: 0, 2: 1} {
			posts, err := tx.CasePosts(s.ctx, id(n))
			if err != nil || len(posts) != want || want == 1 && (posts[0].Text != "" || posts[0].Raw != nil || posts[0].ExternalID == "") {
				s.Errorf("posts of case %d: %+v, %v", n, posts, err)
			}
			c, err := tx.Case(s.ctx, id(n))
			blank := s.aCase(n)
			blank.AccountID, blank.Status, blank.ClosedAt = "", ground.CaseClosed, s.now
			s.same("the case", blank, c)
			if err != nil {
				return err
			}
			if links, err := tx.Links(s.ctx, id(n)); err != nil || len(links) > 0 {
				s.Errorf("links: %v, %v", links, err)
			}
			rs, err := tx.Replies(s.ctx, id(n))
			if err != nil || len(rs) != 1 || rs[0].Text != "" || rs[0].By != "agent" {
				s.Errorf("replies: %+v, %v", rs, err)
			}
			ds, err := tx.DeskItemsOf(s.ctx, id(n))
			if err != nil || len(ds) != 1 || ds[0].Detail != nil {
				s.Errorf("desk items: %+v, %v", ds, err)
			}
		}
		found, err := tx.ListCases(s.ctx, ground.CaseFilter{Search: "cold meal"})
		if err != nil || len(found) > 0 {
			s.Errorf("a search finds %d erased cases, %v", len(found), err)
		}
		proof, err := tx.Consent(s.ctx, id(1))
		s.same("proof of consent", ground.ConsentRecord{Person: id(1), Answer: passenger.ConsentYes, Asker: "eva", At: s.now}, proof)
		return err
	})
}

func (s *suite) retention() {
	for n, state := range map[int]ground.LoopState{1: ground.LoopEnded, 2: ground.LoopClosed, 3: ground.LoopWaiting} {
		s.subject(n, state)
	}
	s.write(func(tx ground.Tx) error {
		l, err := tx.Loop(s.ctx, id(3))
		if err != nil {
			return err
		}
		l.Flight = fid(3)
		if err := tx.UpdateLoop(s.ctx, l); err != nil {
			return err
		}
		return tx.SetHold(s.ctx, ground.Hold{Person: id(2), At: s.now})
	})
	later := s.now.Add(48 * time.Hour)
	count := func(what string, before time.Time, want int) {
		s.Helper()
		s.read(func(tx ground.Tx) error {
			cases, err := tx.OldCases(s.ctx, before, time.Time{}, 0)
			if err != nil {
				return err
			}
			silent, err := tx.OldCases(s.ctx, time.Time{}, before, 0)
			if err != nil {
				return err
			}
			loops, err := tx.OldLoops(s.ctx, before, 0)
			if err != nil {
				return err
			}
			flights, err := tx.OldFlights(s.ctx, before, 0)
			if err != nil {
				return err
			}
			people, err := tx.OldPeople(s.ctx, before, 0)
			if err != nil {
				return err
			}
			s.same(what, []int{want, want, want, want, want}, []int{len(cases), len(silent), len(loops), len(flights), len(people)})
			if want == 1 && (cases[0] != id(1) || loops[0] != id(1) || flights[0] != fid(1) || people[0] != id(1)) {
				s.Errorf("%s: %v %v %v %v", what, cases, loops, flights, people)
			}
			return nil
		})
	}
	count("at their very moment", s.now, 0)
	count("later", later, 1) // the second is held, the third has a standing loop
	for before, want := range map[time.Time]int{s.now: 0, later: 2} {
		s.read(func(tx ground.Tx) error {
			raw, err := tx.OldRaw(s.ctx, before)
			if err != nil {
				return err
			}
			audit, err := tx.OldAudit(s.ctx, before)
			s.same("raw posts and audit rows that are old", []int{want, want}, []int{raw, audit})
			return err
		})
	}
	s.write(func(tx ground.Tx) error {
		if n, err := tx.DropRaw(s.ctx, later, 1); err != nil || n != 1 {
			s.Errorf("dropped %d raw posts, %v; want 1", n, err)
		}
		if n, err := tx.DropRaw(s.ctx, later, 9); err != nil || n != 1 {
			s.Errorf("dropped %d more raw posts, %v; want 1", n, err)
		}
		if n, err := tx.DropAudit(s.ctx, later, 9); err != nil || n != 2 {
			s.Errorf("dropped %d audit rows, %v; want 2", n, err)
		}
		l, err := tx.Loop(s.ctx, id(1))
		if err != nil {
			return err
		}
		l.Person, l.Edits.Words = uuid.Nil, ""
		if err := tx.UpdateLoop(s.ctx, l); err != nil {
			return err
		}
		f, err := tx.LockFlight(s.ctx, fid(1))
		if err != nil {
			return err
		}
		f.Stage = passenger.Purged
		if err := tx.UpdateFlight(s.ctx, f); err != nil {
			return err
		}
		if err := tx.EraseCase(s.ctx, id(1), true); err != nil {
			return err
		}
		return tx.ErasePerson(s.ctx, id(1))
	})
	count("what has gone", later, 0)
	s.read(func(tx ground.Tx) error {
		rows, err := tx.AuditRows(s.ctx, "", 0)
		left := keys(rows, func(a ground.AuditRow) string { return a.Object })
		if !slices.Equal(left, []string{id(2).String()}) {
			s.Errorf("audit rows left: %v", left)
		}
		return err
	})
}
