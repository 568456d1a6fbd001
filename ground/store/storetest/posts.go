package storetest

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

func (s *suite) post(n, ofCase int, text string) ground.StoredPost {
	return ground.StoredPost{Post: passenger.Post{Channel: passenger.X, ExternalID: fmt.Sprint(1785461234567890123 + n), AuthorID: "1785461234567890999",
		Text: text, CreatedAt: s.now.Add(time.Duration(n) * time.Second)}, Case: id(ofCase), ArrivedAt: s.now}
}

func (s *suite) posts() {
	first := s.post(2, 1, "second")
	first.Raw = []byte("{\"a\":\"\x00\xff'\"}")
	nul := s.post(3, 1, "a\x00b")
	s.write(func(tx ground.Tx) error {
		if err := tx.InsertCase(s.ctx, s.aCase(1)); err != nil {
			return err
		}
		for i, p := range []ground.StoredPost{first, s.post(1, 1, "first"), nul, first} {
			fresh, err := tx.InsertPost(s.ctx, p)
			if err != nil {
				return err
			}
			if want := i < 3; fresh != want {
				s.Errorf("insert %d is new: %v, want %v", i, fresh, want)
			}
		}
		changed := first
		changed.Text = "changed"
		other := first
		other.Channel = passenger.VK // the id of another platform
		for want, p := range map[bool]ground.StoredPost{false: changed, true: other} {
			if fresh, err := tx.InsertPost(s.ctx, p); err != nil || fresh != want {
				s.Errorf("%s post is new: %v, %v", p.Channel, fresh, err)
			}
		}
		return nil
	})
	s.read(func(tx ground.Tx) error {
		got, err := tx.CasePosts(s.ctx, id(1))
		if err != nil {
			return err
		}
		nul.Text = "ab"
		other := first
		other.Channel = passenger.VK
		s.same("posts, oldest first", []ground.StoredPost{s.post(1, 1, "first"), first, other, nul}, got)
		for want, ext := range map[bool]string{true: first.ExternalID, false: "1785461234567890"} {
			if has, err := tx.HasPost(s.ctx, passenger.X, ext); err != nil || has != want {
				s.Errorf("has post %s: %v, %v", ext, has, err)
			}
		}
		c, ok, err := tx.CaseOfPost(s.ctx, passenger.X, first.ExternalID)
		if err != nil || !ok || c != id(1) {
			s.Errorf("case of a post: %v, %v, %v", c, ok, err)
		}
		if _, ok, err := tx.CaseOfPost(s.ctx, passenger.Email, first.ExternalID); ok || err != nil {
			s.Errorf("case of a post of another channel: %v, %v", ok, err)
		}
		none, err := tx.CasePosts(s.ctx, id(9))
		if len(none) > 0 {
			s.Errorf("posts of no case: %v", none)
		}
		return err
	})
	s.wantCode(passenger.NotFound, "a post of a case that never comes", func(tx ground.Tx) error {
		_, err := tx.InsertPost(s.ctx, s.post(77, 77, "lost"))
		return err
	})
	s.read(func(tx ground.Tx) error {
		has, err := tx.HasPost(s.ctx, passenger.X, s.post(77, 77, "").ExternalID)
		if has {
			s.Error("a post of a refused commit stayed")
		}
		return err
	})
}

func (s *suite) cases() {
	a := ground.Account{Channel: passenger.X, ID: s.aCase(1).AccountID}
	s.write(func(tx ground.Tx) error {
		for n := 1; n <= 3; n++ {
			c := s.aCase(n)
			c.AccountID = a.ID
			c.Negative, c.Topic, c.Flight, c.Day = true, passenger.TopicMeal, "KL0641", "2026-05-12"
			switch n {
			case 1:
				c.Topic, c.Flight, c.Day = passenger.TopicOther, "", ""
			case 3:
				c.Status = ground.CaseClosed
			}
			if err := tx.InsertCase(s.ctx, c); err != nil {
				return err
			}
		}
		return nil
	})
	s.wantCode(passenger.Exists, "the same case again", func(tx ground.Tx) error { return tx.InsertCase(s.ctx, s.aCase(1)) })
	s.wantCode(passenger.NotFound, "update of no case", func(tx ground.Tx) error { return tx.UpdateCase(s.ctx, s.aCase(9)) })
	s.wantMissing("a case", func(tx ground.Tx) error { _, err := tx.Case(s.ctx, id(9)); return err })
	for _, row := range []struct {
		a     ground.Account
		since time.Time
		about ground.Complaint
		want  uuid.UUID
	}{
		{a, s.now, ground.Complaint{}, id(2)},
		{a, s.now.Add(2 * time.Minute), ground.Complaint{}, id(2)},
		{a, s.now.Add(2*time.Minute + time.Microsecond), ground.Complaint{}, uuid.Nil},
		{ground.Account{Channel: passenger.VK, ID: a.ID}, s.now, ground.Complaint{}, uuid.Nil},
		{ground.Account{Channel: passenger.X, ID: "17854612345678901"}, s.now, ground.Complaint{}, uuid.Nil},
		{a, s.now, ground.Complaint{Flight: "KL0641", Day: "2026-05-12", Topic: passenger.TopicMeal}, id(2)},
		{a, s.now, ground.Complaint{Flight: "KL0642"}, id(1)},
		{a, s.now, ground.Complaint{Day: "2026-05-13"}, id(1)},
		{a, s.now, ground.Complaint{Topic: passenger.TopicBaggage}, id(1)},
		{a, s.now.Add(2 * time.Minute), ground.Complaint{Topic: passenger.TopicBaggage}, uuid.Nil},
	} {
		s.write(func(tx ground.Tx) error {
			c, ok, err := tx.OpenCaseOf(s.ctx, row.a, row.since, row.about)
			if c.ID != row.want || ok != (row.want != uuid.Nil) {
				s.Errorf("open case of %v since %v: %v, %v; want %v", row.a, row.since, c.ID, ok, row.want)
			}
			return err
		})
	}
}

func (s *suite) listCases() {
	const n = 30
	s.write(func(tx ground.Tx) error {
		for i := 1; i <= n; i++ {
			c := s.aCase(i)
			c.LastPostAt = s.now.Add(time.Duration(i/4) * time.Minute) // four of each moment
			c.Negative = i%2 == 0
			if i%3 == 0 {
				c.Topic = passenger.TopicBaggage
			}
			if i%5 == 0 {
				c.Lang = "nl"
			}
			if i > 25 {
				c.Status = ground.CaseClosed
			}
			if err := tx.InsertCase(s.ctx, c); err != nil {
				return err
			}
			if i%6 == 0 {
				if err := tx.InsertLoop(s.ctx, ground.Loop{ID: id(100 + i), Case: c.ID}); err != nil {
					return err
				}
				if err := tx.UpdateCase(s.ctx, c); err != nil { // does not take the flag away
					return err
				}
			}
		}
		return nil
	})
	for name, f := range map[string]struct {
		f    ground.CaseFilter
		want func(i int) bool
	}{
		"all":      {ground.CaseFilter{}, func(int) bool { return true }},
		"open":     {ground.CaseFilter{Status: ground.CaseOpen}, func(i int) bool { return i <= 25 }},
		"closed":   {ground.CaseFilter{Status: ground.CaseClosed}, func(i int) bool { return i > 25 }},
		"negative": {ground.CaseFilter{Status: ground.CaseOpen, Negative: true}, func(i int) bool { return i <= 25 && i%2 == 0 }},
		"flagged":  {ground.CaseFilter{Flagged: true}, func(i int) bool { return i%6 == 0 }},
		"topic":    {ground.CaseFilter{Topic: passenger.TopicBaggage}, func(i int) bool { return i%3 == 0 }},
		"lang":     {ground.CaseFilter{Lang: "nl"}, func(i int) bool { return i%5 == 0 }},
		"together": {ground.CaseFilter{Status: ground.CaseOpen, Negative: true, Flagged: true, Topic: passenger.TopicBaggage, Lang: "en"}, func(i int) bool { return i == 6 || i == 12 || i == 18 || i == 24 }},
		"nothing":  {ground.CaseFilter{Topic: passenger.TopicCrew}, func(int) bool { return false }},
	} {
		var want []uuid.UUID
		for i := n; i >= 1; i-- {
			if f.want(i) {
				want = append(want, id(i))
			}
		}
		s.read(func(tx ground.Tx) error {
			cs, err := tx.ListCases(s.ctx, f.f)
			if err != nil {
				return err
			}
			s.same(name, want, keys(cs, func(c ground.Case) uuid.UUID { return c.ID }))
			count, err := tx.CountCases(s.ctx, f.f)
			if count != len(want) {
				s.Errorf("%s: count %d, want %d", name, count, len(want))
			}
			// In pages of three, no case is lost or shown twice, although moments are shared.
			var paged []uuid.UUID
			for page := f.f; err == nil; {
				page.Limit = 3
				if cs, err = tx.ListCases(s.ctx, page); err != nil || len(cs) == 0 {
					break
				}
				paged = append(paged, keys(cs, func(c ground.Case) uuid.UUID { return c.ID })...)
				last := cs[len(cs)-1]
				page.Before, page.BeforeID = last.LastPostAt, last.ID
			}
			s.same(name+" in pages", want, paged)
			return err
		})
	}
	s.read(func(tx ground.Tx) error {
		cs, err := tx.ListCases(s.ctx, ground.CaseFilter{Before: s.now.Add(time.Minute)})
		s.same("before a moment", []uuid.UUID{id(3), id(2), id(1)}, keys(cs, func(c ground.Case) uuid.UUID { return c.ID }))
		return err
	})
}

func (s *suite) search() {
	texts := []string{"My meal was COLD", "100% wrong", "a_b and c\\d", "ÄRGER beim Einsteigen", "Запах В САЛОНЕ", "冷たい食事でした", "it's  so\n late"}
	s.write(func(tx ground.Tx) error {
		for i, text := range texts {
			if err := tx.InsertCase(s.ctx, s.aCase(i+1)); err != nil {
				return err
			}
			p := s.post(i, i+1, text)
			p.AuthorHandle = fmt.Sprint("@Handle", i)
			if _, err := tx.InsertPost(s.ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
	for q, want := range map[string]int{
		"meal was cold": 1, "  COLD ": 1, "100%": 2, "0% w": 2, "a_b": 3, `c\d`: 3, "ärger": 4, "EINSTEIGEN": 4, "запах в салоне": 5, "食事": 6,
		"it's so late": 7, "@handle3": 4, "aXb": 0, "%zz": 0, "_____________________________": 0, "x' OR '1'='1": 0,
	} {
		s.read(func(tx ground.Tx) error {
			cs, err := tx.ListCases(s.ctx, ground.CaseFilter{Search: q, Limit: 50})
			var ids []uuid.UUID
			if want > 0 {
				ids = []uuid.UUID{id(want)}
			}
			s.same("search "+q, ids, keys(cs, func(c ground.Case) uuid.UUID { return c.ID }))
			n, err2 := tx.CountCases(s.ctx, ground.CaseFilter{Search: q})
			if n != len(ids) {
				s.Errorf("search %q counts %d", q, n)
			}
			if err == nil {
				err = err2
			}
			return err
		})
	}
	s.read(func(tx ground.Tx) error {
		cs, err := tx.ListCases(s.ctx, ground.CaseFilter{Search: " \t"})
		if len(cs) != len(texts) {
			s.Errorf("an empty search found %d cases, want all", len(cs))
		}
		return err
	})
}

// commonWords: words of more posts than are worth looking up one by one.
func (s *suite) commonWords() {
	const posts = 1200
	s.write(func(tx ground.Tx) error {
		for i := range posts {
			c := s.aCase(i)
			if i%2 == 1 {
				c.Lang = "nl"
			}
			if err := tx.InsertCase(s.ctx, c); err != nil {
				return err
			}
			if _, err := tx.InsertPost(s.ctx, s.post(i, i, fmt.Sprintf("cold meal, case #%d.", i))); err != nil {
				return err
			}
		}
		return nil
	})
	s.read(func(tx ground.Tx) error {
		for q, want := range map[string][]int{"MEAL": {1198, 1196, 1194}, "#1198.": {1198}, "#1197.": nil, "no such": nil} {
			cs, err := tx.ListCases(s.ctx, ground.CaseFilter{Search: q, Lang: "en", Limit: 3})
			if err != nil {
				return err
			}
			var ids []uuid.UUID
			for _, n := range want {
				ids = append(ids, id(n))
			}
			s.same("search "+q, ids, keys(cs, func(c ground.Case) uuid.UUID { return c.ID }))
		}
		n, err := tx.CountCases(s.ctx, ground.CaseFilter{Search: "meal", Lang: "en"})
		if n != posts/2 {
			s.Errorf("%d cases counted, want %d", n, posts/2)
		}
		return err
	})
}

func (s *suite) repliesAndLinks() {
	replies := []ground.Reply{{Case: id(1), Text: "we are sorry, 日本", By: "eva", At: s.now.Add(time.Minute)}, {Case: id(1), NoneReason: "account-gone", By: "eva", At: s.now}}
	link := func(person int, score float64) ground.Link {
		return ground.Link{Case: id(1), Person: id(person), Score: score, Reasons: []string{"name", "flight"}, State: ground.LinkCandidate, By: "rule", At: s.now}
	}
	s.write(func(tx ground.Tx) error {
		if err := tx.InsertCase(s.ctx, s.aCase(1)); err != nil {
			return err
		}
		for _, r := range replies {
			if err := tx.InsertReply(s.ctx, r); err != nil {
				return err
			}
		}
		for _, l := range []ground.Link{link(3, 0.5), link(2, 0.75), link(4, 0.75)} {
			if err := tx.SetLink(s.ctx, l); err != nil {
				return err
			}
		}
		done := link(3, 0.9)
		done.State, done.By, done.Reasons = ground.Linked, "eva", nil
		return tx.SetLink(s.ctx, done)
	})
	s.read(func(tx ground.Tx) error {
		got, err := tx.Replies(s.ctx, id(1))
		if err != nil {
			return err
		}
		s.same("replies in the order they were made", replies, got)
		links, err := tx.Links(s.ctx, id(1))
		done := link(3, 0.9)
		done.State, done.By, done.Reasons = ground.Linked, "eva", nil
		s.same("links, best first", []ground.Link{done, link(2, 0.75), link(4, 0.75)}, links)
		return err
	})
	s.wantCode(passenger.NotFound, "a reply to no case", func(tx ground.Tx) error { return tx.InsertReply(s.ctx, ground.Reply{Case: id(9)}) })
	s.wantCode(passenger.NotFound, "a link of no case", func(tx ground.Tx) error { return tx.SetLink(s.ctx, ground.Link{Case: id(9)}) })
}
