package storetest

import (
	"fmt"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

func (s *suite) users() {
	us := []ground.User{{Name: "zoë", Roles: []string{"social", "admin"}, Hash: "$argon2id$", Lang: "nl", CreatedAt: s.now}, {Name: "adam", Hash: "x"}}
	s.write(func(tx ground.Tx) (err error) {
		for i := range us {
			if us[i].ID, err = tx.InsertUser(s.ctx, us[i]); err != nil {
				return err
			}
		}
		return nil
	})
	s.wantCode(passenger.Exists, "the same name", func(tx ground.Tx) error { _, err := tx.InsertUser(s.ctx, ground.User{Name: "adam"}); return err })
	taken := us[0]
	taken.Name = "adam"
	s.wantCode(passenger.Exists, "an update to a taken name", func(tx ground.Tx) error { return tx.UpdateUser(s.ctx, taken) })
	s.wantCode(passenger.NotFound, "update of nobody", func(tx ground.Tx) error { return tx.UpdateUser(s.ctx, ground.User{ID: 1 << 40}) })
	s.wantMissing("a user", func(tx ground.Tx) error { _, err := tx.User(s.ctx, 1<<40); return err })
	s.wantMissing("a name", func(tx ground.Tx) error { _, err := tx.UserByName(s.ctx, "Adam"); return err })
	s.read(func(tx ground.Tx) error {
		got, err := tx.ListUsers(s.ctx)
		s.same("users by name", []ground.User{us[1], us[0]}, got)
		return err
	})
}

func (s *suite) audit() {
	for n := range 4 {
		s.write(func(tx ground.Tx) error {
			return tx.Audit(s.ctx, ground.AuditRow{Seq: 77, Actor: "eva", Role: "social", Act: fmt.Sprint("act ", n), Object: fmt.Sprint("case ", n%2), Result: "ok"})
		})
	}
	s.read(func(tx ground.Tx) error {
		for _, row := range []struct {
			object string
			limit  int
			want   []string
		}{
			{"case 1", 0, []string{"act 3", "act 1"}}, {"case 1", 1, []string{"act 3"}}, {"", 3, []string{"act 3", "act 2", "act 1"}}, {"case 9", 9, nil},
		} {
			got, err := tx.AuditRows(s.ctx, row.object, row.limit)
			if err != nil {
				return err
			}
			s.same("audit, newest first", row.want, keys(got, func(a ground.AuditRow) string { return a.Act }))
			for _, a := range got {
				if !a.At.Equal(s.now) {
					s.Errorf("audited at %v, want the transaction's now", a.At)
				}
			}
		}
		return nil
	})
}

func (s *suite) changeFeed() {
	s.read(func(tx ground.Tx) error {
		last, err := tx.LastChange(s.ctx)
		if last != 0 {
			s.Errorf("last change of an empty feed: %d", last)
		}
		return err
	})
	hint := s.Changed()
	s.write(func(tx ground.Tx) error { _, err := tx.Receipt(s.ctx, "no change"); return err })
	for i := range 3 {
		s.write(func(tx ground.Tx) error {
			for range 2 { // the same thing twice in one transaction is one change
				if err := tx.Notify(s.ctx, "case", id(i).String()); err != nil {
					return err
				}
			}
			return tx.Notify(s.ctx, "desk", "")
		})
	}
	select {
	case <-hint:
	case <-s.ctx.Done():
		s.Fatal("nobody was woken")
	}
	s.read(func(tx ground.Tx) error {
		all, err := tx.Changes(s.ctx, 0, 100)
		if err != nil {
			return err
		}
		var want []string
		for i := range 3 {
			want = append(want, "case "+id(i).String(), "desk ")
		}
		s.same("changes", want, keys(all, func(c ground.Change) string { return c.Topic + " " + c.Ref }))
		some, err := tx.Changes(s.ctx, all[1].Seq, 2)
		if err != nil {
			return err
		}
		s.same("a part", all[2:4], some)
		last, err := tx.LastChange(s.ctx)
		if last != all[5].Seq {
			s.Errorf("last change %d, want %d", last, all[5].Seq)
		}
		return err
	})
}
