package storetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

func (s *suite) rollback() {
	mine := errors.New("mine")
	write := func(tx ground.Tx) error {
		if err := tx.InsertFlight(s.ctx, s.flight(1)); err != nil {
			return err
		}
		if err := tx.Lanes(s.ctx, fid(1)).Apply(flightsync.Batch{State: flightsync.State{Group: fid(1)}, Ops: []flightsync.Op{s.op(4, 1)}}); err != nil {
			return err
		}
		if err := tx.InsertCase(s.ctx, s.aCase(1)); err != nil {
			return err
		}
		if _, err := tx.InsertPost(s.ctx, s.post(1, 1, "words")); err != nil {
			return err
		}
		return tx.Notify(s.ctx, "case", "1")
	}
	if err := s.InTx(s.ctx, func(tx ground.Tx) error {
		if err := write(tx); err != nil {
			return err
		}
		return mine
	}); !errors.Is(err, mine) {
		s.Errorf("the error of the function came out as %v", err)
	}
	func() {
		defer func() {
			if r := recover(); r != "boom" {
				s.Errorf("recovered %v, want the panic of the function", r)
			}
		}()
		_ = s.InTx(s.ctx, func(tx ground.Tx) error {
			if err := write(tx); err != nil {
				return err
			}
			panic("boom")
		})
	}()
	ctx, cancel := context.WithCancel(s.ctx)
	if err := s.InTx(ctx, func(tx ground.Tx) error {
		err := write(tx)
		cancel()
		return err
	}); !errors.Is(err, context.Canceled) {
		s.Errorf("a cancelled transaction: %v", err)
	}
	s.read(func(tx ground.Tx) error {
		if fs, err := tx.ListFlights(s.ctx, s.now, s.now.Add(100*time.Hour)); err != nil || len(fs) > 0 {
			s.Errorf("%d flights stayed, %v", len(fs), err)
		}
		if n, err := tx.CountCases(s.ctx, ground.CaseFilter{}); err != nil || n > 0 {
			s.Errorf("%d cases stayed, %v", n, err)
		}
		if has, err := tx.HasPost(s.ctx, passenger.X, s.post(1, 1, "").ExternalID); err != nil || has {
			s.Errorf("a post stayed: %v, %v", has, err)
		}
		if _, err := tx.Lanes(s.ctx, fid(1)).State(); passenger.CodeOf(err) != passenger.NotFound {
			s.Errorf("a state stayed: %v", err)
		}
		last, err := tx.LastChange(s.ctx)
		if last != 0 {
			s.Error("a change stayed")
		}
		return err
	})
	s.write(write)
}

// refusals: what is refused with exists leaves the transaction as it was, and usable.
func (s *suite) refusals() {
	s.write(func(tx ground.Tx) error {
		if err := tx.InsertFlight(s.ctx, s.flight(1)); err != nil {
			return err
		}
		if err := tx.InsertPerson(s.ctx, ground.Person{ID: id(1), CustomerID: "C1", Accounts: []ground.Account{account("1")}}); err != nil {
			return err
		}
		if err := tx.InsertPerson(s.ctx, ground.Person{ID: id(2)}); err != nil {
			return err
		}
		for name, err := range map[string]error{
			"flight": tx.InsertFlight(s.ctx, s.flight(1)),
			"person": tx.InsertPerson(s.ctx, ground.Person{ID: id(3), Accounts: []ground.Account{account("2"), account("1")}}),
			"update": tx.UpdatePerson(s.ctx, ground.Person{ID: id(2), CustomerID: "C1"}),
		} {
			if passenger.CodeOf(err) != passenger.Exists {
				s.Errorf("%s: %v, want exists", name, err)
			}
		}
		return tx.InsertFlight(s.ctx, s.flight(2))
	})
	s.read(func(tx ground.Tx) error {
		people, err := tx.ListPeople(s.ctx)
		if len(people) != 2 {
			s.Errorf("%d people, want 2: a refused one left a part", len(people))
		}
		if _, ok, err := tx.PersonByAccount(s.ctx, account("2")); ok || err != nil {
			s.Errorf("an account of a refused person stayed: %v, %v", ok, err)
		}
		if _, err := tx.Flight(s.ctx, fid(2)); err != nil {
			s.Errorf("the flight after the refusals: %v", err)
		}
		return err
	})
}

func (s *suite) readOnly() {
	for name, fn := range map[string]func(tx ground.Tx) error{
		"insert": func(tx ground.Tx) error { return tx.InsertFlight(s.ctx, s.flight(1)) },
		"notify": func(tx ground.Tx) error { return tx.Notify(s.ctx, "case", "") },
		"lock":   func(tx ground.Tx) error { _, err := tx.LockFlight(s.ctx, fid(1)); return err },
	} {
		if err := s.Read(s.ctx, fn); err == nil {
			s.Errorf("%s in a reading transaction went through", name)
		}
	}
	s.read(func(tx ground.Tx) error {
		if !tx.Now().Equal(s.now) {
			s.Errorf("now is %v, want %v", tx.Now(), s.now)
		}
		return nil
	})
}

// noLostUpdate: sixteen writers read, think and write; every step counts.
func (s *suite) noLostUpdate() {
	const writers, rounds = 16, 8
	s.insertFlights(1, 1)
	s.write(func(tx ground.Tx) error {
		if _, err := tx.LockFlight(s.ctx, fid(1)); err != nil {
			return err
		}
		if err := tx.Lanes(s.ctx, fid(1)).Apply(flightsync.Batch{State: flightsync.State{Group: fid(1)}}); err != nil {
			return err
		}
		if err := tx.InsertLoop(s.ctx, s.loop(1, 1, 1, ground.LoopDesk)); err != nil {
			return err
		}
		c := s.aCase(1)
		c.Posts = 0
		return tx.InsertCase(s.ctx, c)
	})
	s.parallel(writers, func(w int) error {
		for range rounds {
			if err := s.InTx(s.ctx, func(tx ground.Tx) error {
				f, err := tx.LockFlight(s.ctx, fid(1))
				if err != nil {
					return err
				}
				f.Revision++
				if err := tx.UpdateFlight(s.ctx, f); err != nil {
					return err
				}
				l := tx.Lanes(s.ctx, fid(1))
				st, err := l.State()
				if err != nil {
					return err
				}
				st.Clock.Ms++
				return l.Apply(flightsync.Batch{State: st, Ops: []flightsync.Op{s.op(flightsync.Notes, st.Clock.Ms)}})
			}); err != nil {
				return err
			}
			if err := s.InTx(s.ctx, func(tx ground.Tx) error { // rows without a lock of their own
				c, err := tx.Case(s.ctx, id(1))
				if err != nil {
					return err
				}
				c.Posts++
				if err := tx.UpdateCase(s.ctx, c); err != nil {
					return err
				}
				return tx.AddTransition(s.ctx, ground.Transition{Loop: id(1), Role: "rule", To: fmt.Sprint(w)})
			}); err != nil {
				return err
			}
		}
		return nil
	})
	const want = writers * rounds
	s.read(func(tx ground.Tx) error {
		f, err := tx.Flight(s.ctx, fid(1))
		if err != nil || f.Revision != want {
			s.Errorf("revision %d, %v; want %d", f.Revision, err, want)
		}
		n := uint64(0)
		if err := tx.Lanes(s.ctx, fid(1)).Ops(flightsync.Notes, 1, func(o flightsync.Op) bool { n++; return o.Dot.Seq == n }); err != nil || n != want {
			s.Errorf("%d ops without a gap, %v; want %d", n, err, want)
		}
		c, err := tx.Case(s.ctx, id(1))
		if err != nil || c.Posts != want {
			s.Errorf("case counts %d, %v; want %d", c.Posts, err, want)
		}
		steps, err := tx.Transitions(s.ctx, id(1))
		for i, st := range steps {
			if st.Seq != i+1 {
				s.Errorf("step %d has number %d", i+1, st.Seq)
			}
		}
		if len(steps) != want {
			s.Errorf("%d steps, want %d", len(steps), want)
		}
		return err
	})
}

// noTwoFirst: sixteen writers look for something that is not there and make it: one does.
func (s *suite) noTwoFirst() {
	const writers = 16
	s.parallel(writers, func(w int) error {
		return s.InTx(s.ctx, func(tx ground.Tx) error {
			if _, ok, err := tx.OpenCaseOf(s.ctx, account("1"), s.now, ground.Complaint{}); err != nil {
				return err
			} else if !ok {
				c := s.aCase(w)
				c.Channel, c.AccountID = account("1").Channel, account("1").ID
				if err := tx.InsertCase(s.ctx, c); err != nil {
					return err
				}
			}
			if _, ok, err := tx.PersonByCustomer(s.ctx, "C1"); err != nil {
				return err
			} else if !ok {
				if err := tx.InsertPerson(s.ctx, ground.Person{ID: id(w), CustomerID: "C1"}); err != nil {
					return err
				}
			}
			if _, ok, err := tx.LoopOfCase(s.ctx, id(99)); err != nil {
				return err
			} else if !ok {
				if err := tx.InsertLoop(s.ctx, s.loop(w, 99, 1, ground.LoopDesk)); err != nil {
					return err
				}
			}
			f := s.flight(1)
			f.ID = fid(w)
			if _, err := tx.FlightByKey(s.ctx, f.Key); passenger.CodeOf(err) == passenger.NotFound {
				return tx.InsertFlight(s.ctx, f)
			} else {
				return err
			}
		})
	})
	s.read(func(tx ground.Tx) error {
		cases, err := tx.CountCases(s.ctx, ground.CaseFilter{})
		if err != nil {
			return err
		}
		people, err := tx.ListPeople(s.ctx)
		if err != nil {
			return err
		}
		loops, err := tx.ListLoops(s.ctx, "", 0)
		if err != nil {
			return err
		}
		flights, err := tx.ListFlights(s.ctx, s.now, s.now.Add(100*time.Hour))
		s.same("cases, people, loops, flights", []int{1, 1, 1, 1}, []int{cases, len(people), len(loops), len(flights)})
		return err
	})
}

// noLostChange: a reader that follows the feed by seq sees every committed change once, while
// sixteen writers commit in another order than they began.
func (s *suite) noLostChange() {
	const writers, rounds, many = 16, 8, 1200
	changes := func(writer int) int { // the first takes long to write what the others overtake
		if writer == 0 {
			return many
		}
		return 1
	}
	seen := make(chan map[string]int, 1)
	done := make(chan struct{})
	go func() {
		got, last := map[string]int{}, int64(0)
		defer func() { seen <- got }()
		for over := false; ; {
			hint := s.Changed()
			var cs []ground.Change
			if err := s.Read(s.ctx, func(tx ground.Tx) (err error) { cs, err = tx.Changes(s.ctx, last, 300); return err }); err != nil {
				s.Error(err)
				return
			}
			for _, c := range cs {
				got[c.Ref]++
				last = c.Seq
			}
			switch {
			case len(cs) > 0:
			case over:
				return
			default:
				poll := time.NewTimer(20 * time.Millisecond)
				select {
				case <-hint:
				case <-poll.C:
				case <-done:
					over = true
				}
				poll.Stop()
			}
		}
	}()
	s.parallel(writers, func(w int) error {
		for r := range rounds {
			if err := s.InTx(s.ctx, func(tx ground.Tx) error {
				for i := range changes(w) {
					if err := tx.Notify(s.ctx, "case", fmt.Sprint(w, "-", r, "-", i)); err != nil {
						return err
					}
				}
				for i := range (w*7 + r*3) % 11 { // work of different length between notify and commit
					if _, err := tx.Receipt(s.ctx, fmt.Sprint(w, r, i)); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	})
	close(done)
	got := <-seen
	if want := (writers - 1 + many) * rounds; len(got) != want {
		s.Errorf("%d changes seen, want %d", len(got), want)
	}
	for ref, n := range got {
		if n != 1 {
			s.Errorf("change %s seen %d times", ref, n)
		}
	}
}
