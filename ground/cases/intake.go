package cases

import (
	"context"
	"slices"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	"github.com/cabinloop/cabinloop/passenger/identity"
	"github.com/cabinloop/cabinloop/passenger/privacy"
)

// Taken counts what an import did.
type Taken struct {
	New       int
	Duplicate int
}

// Import takes posts in, batch by batch; each batch is durable when the next begins. A post
// whose (channel, external id) is known changes nothing. progress is called after each batch
// with the posts done so far, when not nil.
func (s *Service) Import(ctx context.Context, posts []passenger.Post, progress func(int)) (Taken, error) {
	idx, err := s.Index(ctx)
	if err != nil {
		return Taken{}, err
	}
	var sum Taken
	for batch := range slices.Chunk(posts, importBatch) {
		var t Taken
		if err := s.Store.InTx(ctx, func(tx ground.Tx) error {
			t = Taken{}
			erased, err := keptOut(ctx, tx)
			if err != nil {
				return err
			}
			for _, p := range batch {
				if gone, err := erased(p); err != nil {
					return err
				} else if gone {
					t.Duplicate++
					continue
				}
				fresh, err := s.take(ctx, tx, idx, p)
				if err != nil {
					return err
				}
				if fresh {
					t.New++
				} else {
					t.Duplicate++
				}
			}
			return tx.Notify(ctx, "case", "")
		}); err != nil {
			return sum, err
		}
		sum.New, sum.Duplicate = sum.New+t.New, sum.Duplicate+t.Duplicate
		if progress != nil {
			progress(sum.New + sum.Duplicate)
		}
	}
	return sum, nil
}

// keptOut tells which posts were erased on request: delivered again they are known.
func keptOut(ctx context.Context, tx ground.Tx) (func(passenger.Post) (bool, error), error) {
	key, ok, err := tx.LedgerKey(ctx)
	return func(p passenger.Post) (bool, error) {
		if !ok {
			return false, nil
		}
		return tx.HasTombstone(ctx, ground.PostStone, key.Post(p.Channel, p.ExternalID))
	}, err
}

// Index makes the identity index over everybody who has a booking.
func (s *Service) Index(ctx context.Context) (*identity.Index, error) {
	var people []ground.PersonTrips
	err := s.Store.Read(ctx, func(tx ground.Tx) (err error) {
		people, err = tx.ListPeople(ctx)
		return err
	})
	return identity.NewIndex(identityPeople(people)), err
}

func identityPeople(people []ground.PersonTrips) []identity.Person {
	var out []identity.Person
	for _, p := range people {
		if !p.ErasedAt.IsZero() {
			continue
		}
		ip := identity.Person{ID: p.ID, Name: p.Given + " " + p.Surname}
		for _, a := range p.Accounts {
			ip.Accounts = append(ip.Accounts, identity.Account{Channel: a.Channel, ID: a.ID})
		}
		for _, t := range p.Trips {
			ip.Trips = append(ip.Trips, identity.Trip{Designator: t.Key.Designator(), Date: t.Key.Date, Locator: t.Locator, Seat: string(t.Seat)})
		}
		out = append(out, ip)
	}
	return out
}

// take stores one post under its case, new or old. It reports whether the post was news.
func (s *Service) take(ctx context.Context, tx ground.Tx, idx *identity.Index, p passenger.Post) (bool, error) {
	known, err := tx.HasPost(ctx, p.Channel, p.ExternalID)
	if err != nil || known {
		return false, err
	}
	cl := Classify(p.Text, p.Lang)
	day := cl.Day
	if day == "" {
		day = ResolveDay(cl.MonthDay, p.CreatedAt) // a day without its year: the nearest to the post
	}
	c, err := s.caseOf(ctx, tx, p, about(cl, day))
	if err != nil {
		return false, err
	}
	fresh := c.Posts == 0
	c.Posts++
	if c.LastPostAt.Before(p.CreatedAt) {
		c.LastPostAt = p.CreatedAt
	}
	if fresh || cl.Negative && (!c.Negative || cl.Severity > c.Severity) {
		c.Topic, c.Severity, c.Because = cl.Topic, cl.Severity, cl.Because
	}
	if fresh || c.Lang == "und" {
		c.Lang = cl.Lang
	}
	c.Negative = c.Negative || cl.Negative
	if c.Flight == "" {
		c.Flight = cl.Flight
	}
	if c.Day == "" {
		c.Day = day
	}
	c.Excerpt = excerpt(p.Text)
	for _, cat := range privacy.Check(p.Text, cl.Lang).Because {
		if !slices.Contains(c.Held, string(cat)) {
			c.Held = append(c.Held, string(cat))
		}
	}
	if fresh {
		err = tx.InsertCase(ctx, c)
	} else {
		err = tx.UpdateCase(ctx, c)
	}
	if err != nil {
		return false, err
	}
	if _, err := tx.InsertPost(ctx, ground.StoredPost{Post: p, Case: c.ID, ArrivedAt: tx.Now()}); err != nil {
		return false, err
	}
	if !c.Negative {
		return true, nil
	}
	return true, s.suggest(ctx, tx, idx, c, p)
}

// about is what a post complains about. A post that complains of nothing fits any case of its account.
func about(cl Classification, day string) ground.Complaint {
	if !cl.Negative {
		return ground.Complaint{}
	}
	out := ground.Complaint{Flight: cl.Flight, Day: day}
	if cl.Topic != passenger.TopicOther && cl.Topic != passenger.TopicService {
		out.Topic = cl.Topic // "nobody answers" goes with whatever nobody answers
	}
	return out
}

// caseOf finds the case a post belongs to: of the post it answers, of its platform thread by
// account, of its account about the same, or makes one.
func (s *Service) caseOf(ctx context.Context, tx ground.Tx, p passenger.Post, about ground.Complaint) (ground.Case, error) {
	account := ground.Account{Channel: p.Channel, ID: p.AuthorID}
	for _, ref := range []string{p.InReplyTo, p.ConversationID} {
		if ref == "" {
			continue
		}
		id, ok, err := tx.CaseOfPost(ctx, p.Channel, ref)
		if err != nil {
			return ground.Case{}, err
		}
		if ok {
			c, err := tx.Case(ctx, id)
			if err != nil {
				return c, err
			}
			if c.AccountID == p.AuthorID && c.Status == ground.CaseOpen {
				return c, nil
			}
		}
	}
	if p.AuthorID != "" {
		c, ok, err := tx.OpenCaseOf(ctx, account, p.CreatedAt.Add(-threadFor), about)
		if err != nil || ok {
			return c, err
		}
	}
	id, err := s.newID()
	if err != nil {
		return ground.Case{}, err
	}
	return ground.Case{ID: id, Channel: p.Channel, AccountID: p.AuthorID, AuthorName: p.AuthorName, Handle: p.AuthorHandle,
		Status: ground.CaseOpen, OpenedAt: p.CreatedAt, LastPostAt: p.CreatedAt, DueAt: p.CreatedAt.Add(answerWithin)}, nil
}

// suggest records who may have written: sure ones are linked by rule, others wait for a person.
func (s *Service) suggest(ctx context.Context, tx ground.Tx, idx *identity.Index, c ground.Case, p passenger.Post) error {
	known, err := tx.Links(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, l := range known {
		if l.State == ground.Linked {
			return nil
		}
	}
	decided := map[passenger.PersonID]bool{}
	for _, l := range known {
		decided[l.Person] = l.State == ground.LinkRejected
	}
	cands := idx.Candidates(identity.Query{AuthorName: p.AuthorName, Handle: p.AuthorHandle, Channel: p.Channel, AccountID: p.AuthorID, Text: p.Text})
	for i, cand := range cands[:min(len(cands), 5)] {
		if decided[cand.Person] {
			continue
		}
		l := ground.Link{Case: c.ID, Person: cand.Person, Score: cand.Score, Reasons: cand.Reasons, State: ground.LinkCandidate, By: "rule", At: tx.Now()}
		if i == 0 && cand.Score >= identity.AutoLink && (len(cands) == 1 || cands[1].Score < cand.Score) {
			l.State = ground.Linked
		}
		if err := tx.SetLink(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// excerpt cuts a text for a list.
func excerpt(text string) string {
	const n = 280
	r := []rune(text)
	if len(r) <= n {
		return text
	}
	return string(r[:n-1]) + "…"
}
