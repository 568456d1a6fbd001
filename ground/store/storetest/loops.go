package storetest

import (
	"time"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

func (s *suite) loop(n, ofCase, person int, state ground.LoopState) ground.Loop {
	return ground.Loop{ID: id(n), Case: id(ofCase), Person: id(person), State: state, FlaggedBy: "eva", FlaggedAt: s.now.Add(time.Duration(n) * time.Minute)}
}

func (s *suite) loops() {
	all := []ground.Loop{s.loop(1, 1, 1, ground.LoopDesk), s.loop(2, 1, 2, ground.LoopWaiting), s.loop(3, 2, 1, ground.LoopDesk)}
	s.write(func(tx ground.Tx) error {
		for _, l := range all {
			if err := tx.InsertLoop(s.ctx, l); err != nil {
				return err
			}
		}
		return nil
	})
	s.wantCode(passenger.Exists, "the same loop", func(tx ground.Tx) error { return tx.InsertLoop(s.ctx, all[0]) })
	s.wantCode(passenger.NotFound, "update of no loop", func(tx ground.Tx) error { return tx.UpdateLoop(s.ctx, s.loop(9, 1, 1, "")) })
	s.wantMissing("a loop", func(tx ground.Tx) error { _, err := tx.Loop(s.ctx, id(9)); return err })
	ids := func(ls []ground.Loop) []uuid.UUID { return keys(ls, func(l ground.Loop) uuid.UUID { return l.ID }) }
	s.write(func(tx ground.Tx) error {
		l, ok, err := tx.LoopOfCase(s.ctx, id(1))
		if err != nil || !ok || l.ID != id(2) {
			s.Errorf("newest loop of a case: %v, %v, %v", l.ID, ok, err)
		}
		if _, ok, err := tx.LoopOfCase(s.ctx, id(9)); ok || err != nil {
			s.Errorf("loop of a case without: %v, %v", ok, err)
		}
		return nil
	})
	s.read(func(tx ground.Tx) error {
		for _, row := range []struct {
			state ground.LoopState
			limit int
			want  []uuid.UUID
		}{
			{"", 0, []uuid.UUID{id(3), id(2), id(1)}}, {"", 2, []uuid.UUID{id(3), id(2)}}, {ground.LoopDesk, 10, []uuid.UUID{id(3), id(1)}}, {ground.LoopEnded, 10, nil},
		} {
			got, err := tx.ListLoops(s.ctx, row.state, row.limit)
			if err != nil {
				return err
			}
			s.same("loops, newest first", row.want, ids(got))
		}
		got, err := tx.LoopsOfPerson(s.ctx, id(1))
		s.same("loops of a person", []uuid.UUID{id(3), id(1)}, ids(got))
		return err
	})
}

func (s *suite) loopFlightsAndSteps() {
	lf := func(loop, flight int, seq uint64, hours int) ground.LoopFlight {
		return ground.LoopFlight{Loop: id(loop), Flight: fid(flight), Traveller: 7, Note: flightsync.Dot{Author: flightsync.Notes, Seq: seq},
			Hash: [16]byte{15: byte(seq)}, CreatedAt: s.now.Add(time.Duration(hours) * time.Hour)}
	}
	moved := lf(1, 1, 10, 0)
	moved.Retracted, moved.Outcome = flightsync.RetractMoved, "withdrawn"
	onward := lf(1, 2, 1, 1)
	onward.MovedFrom = fid(1)
	s.write(func(tx ground.Tx) error {
		for n := 1; n <= 2; n++ {
			if err := tx.InsertLoop(s.ctx, s.loop(n, n, n, ground.LoopWaiting)); err != nil {
				return err
			}
		}
		for _, v := range []ground.LoopFlight{lf(1, 1, 10, 0), lf(2, 1, 9, 0), onward, moved} {
			if err := tx.PutLoopFlight(s.ctx, v); err != nil {
				return err
			}
		}
		for _, to := range []string{"waiting", "compiled"} {
			if err := tx.AddTransition(s.ctx, ground.Transition{Loop: id(1), Seq: 99, Role: "rule", To: to, Evidence: "KL0641/2026-11-21/AMS note 3.2"}); err != nil {
				return err
			}
		}
		return tx.AddTransition(s.ctx, ground.Transition{Loop: id(2), Role: "social", To: "desk"})
	})
	s.read(func(tx ground.Tx) error {
		got, err := tx.LoopFlights(s.ctx, id(1))
		if err != nil {
			return err
		}
		s.same("notes of a loop, oldest first", []ground.LoopFlight{moved, onward}, got)
		if got, err = tx.LoopFlightsOn(s.ctx, fid(1)); err != nil {
			return err
		}
		s.same("notes on a flight, by note", []ground.LoopFlight{lf(2, 1, 9, 0), moved}, got)
		steps, err := tx.Transitions(s.ctx, id(1))
		s.same("steps", []ground.Transition{
			{Loop: id(1), Seq: 1, At: s.now, Role: "rule", To: "waiting", Evidence: "KL0641/2026-11-21/AMS note 3.2"},
			{Loop: id(1), Seq: 2, At: s.now, Role: "rule", To: "compiled", Evidence: "KL0641/2026-11-21/AMS note 3.2"}}, steps)
		return err
	})
	s.wantCode(passenger.NotFound, "a step of no loop", func(tx ground.Tx) error { return tx.AddTransition(s.ctx, ground.Transition{Loop: id(9)}) })
	s.wantCode(passenger.NotFound, "a note of no loop", func(tx ground.Tx) error { return tx.PutLoopFlight(s.ctx, lf(9, 1, 1, 0)) })
}

func (s *suite) desk() {
	item := func(loop, hours int) ground.DeskItem {
		d := ground.DeskItem{Loop: id(loop), Case: id(loop), Reason: "consent", Detail: []string{"x"}, OpenedAt: s.now}
		if hours > 0 {
			d.Deadline = s.now.Add(time.Duration(hours) * time.Hour)
		}
		return d
	}
	items := []ground.DeskItem{item(1, 0), item(1, 5), item(2, 3), item(1, 1)}
	s.write(func(tx ground.Tx) (err error) {
		for i := range items {
			if items[i].ID, err = tx.InsertDeskItem(s.ctx, items[i]); err != nil {
				return err
			}
		}
		items[3].DoneAt, items[3].Decision, items[3].By = s.now, "done", "eva"
		return tx.UpdateDeskItem(s.ctx, items[3])
	})
	one := id(1)
	s.read(func(tx ground.Tx) error {
		got, err := tx.OpenDeskItems(s.ctx, nil)
		if err != nil {
			return err
		}
		s.same("open items by deadline, none last", []ground.DeskItem{items[2], items[1], items[0]}, got)
		if got, err = tx.OpenDeskItems(s.ctx, &one); err != nil {
			return err
		}
		s.same("of one loop", []ground.DeskItem{items[1], items[0]}, got)
		got, err = tx.DeskItemsOf(s.ctx, one)
		s.same("all of one loop", []ground.DeskItem{items[0], items[1], items[3]}, got)
		return err
	})
	s.wantCode(passenger.NotFound, "update of no item", func(tx ground.Tx) error { return tx.UpdateDeskItem(s.ctx, ground.DeskItem{ID: 1 << 40}) })
	s.wantMissing("an item", func(tx ground.Tx) error { _, err := tx.DeskItem(s.ctx, 1<<40); return err })
}

func (s *suite) followUps() {
	make := func(loop, flight int, cause string, hours int) ground.FollowUp {
		f := ground.FollowUp{Loop: id(loop), Flight: fid(flight), Cause: cause, Queue: "social", OpenedAt: s.now}
		if loop == 0 {
			f.Loop = passenger.LoopID{}
		}
		if hours > 0 {
			f.Deadline = s.now.Add(time.Duration(hours) * time.Hour)
		}
		return f
	}
	all := []ground.FollowUp{make(1, 1, "reply", 9), make(0, 1, "reply", 2), make(1, 1, "disputed", 0), make(1, 2, "reply", 1)}
	s.write(func(tx ground.Tx) (err error) {
		for i := range all {
			if all[i].ID, err = tx.InsertFollowUp(s.ctx, all[i]); err != nil {
				return err
			}
		}
		for _, f := range all { // again, with other content: a no-op with the same id
			want := f.ID
			f.ID, f.Queue = 0, "ground"
			if id, err := tx.InsertFollowUp(s.ctx, f); err != nil || id != want {
				s.Errorf("inserted again: id %d, %v; want %d", id, err, want)
			}
		}
		all[3].ClosedAt, all[3].ClosedBy, all[3].Result = s.now, "eva", "sent"
		return tx.UpdateFollowUp(s.ctx, all[3])
	})
	s.read(func(tx ground.Tx) error {
		for name, row := range map[string]struct {
			list func() ([]ground.FollowUp, error)
			want []ground.FollowUp
		}{
			"open":      {func() ([]ground.FollowUp, error) { return tx.ListFollowUps(s.ctx, true) }, []ground.FollowUp{all[1], all[0], all[2]}},
			"all":       {func() ([]ground.FollowUp, error) { return tx.ListFollowUps(s.ctx, false) }, []ground.FollowUp{all[3], all[1], all[0], all[2]}},
			"of a loop": {func() ([]ground.FollowUp, error) { return tx.FollowUpsOfLoop(s.ctx, id(1)) }, []ground.FollowUp{all[3], all[0], all[2]}},
			"on flight": {func() ([]ground.FollowUp, error) { return tx.FollowUpsOn(s.ctx, fid(1)) }, []ground.FollowUp{all[1], all[0], all[2]}},
		} {
			got, err := row.list()
			if err != nil {
				return err
			}
			s.same(name, row.want, got)
		}
		return nil
	})
	taken := all[2]
	taken.Cause = "reply"
	s.wantCode(passenger.Exists, "an update to a taken key", func(tx ground.Tx) error { return tx.UpdateFollowUp(s.ctx, taken) })
	s.wantCode(passenger.NotFound, "update of none", func(tx ground.Tx) error { return tx.UpdateFollowUp(s.ctx, ground.FollowUp{ID: 1 << 40}) })
	s.wantMissing("a follow-up", func(tx ground.Tx) error { _, err := tx.FollowUp(s.ctx, 1<<40); return err })
}
