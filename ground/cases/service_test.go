package cases_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/cases"
	"github.com/cabinloop/cabinloop/ground/store"
	"github.com/cabinloop/cabinloop/internal/testenv"
	"github.com/cabinloop/cabinloop/passenger"
)

var start = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

// evaluated counts which loops were to be moved on.
type evaluated map[passenger.LoopID]int

func (e evaluated) Evaluate(_ context.Context, id passenger.LoopID) error { e[id]++; return nil }

type desk struct {
	*testing.T
	ctx   context.Context
	db    *store.DB
	loops evaluated
	*cases.Service
}

func onBoth(t *testing.T, fn func(d *desk)) {
	for name, url := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "ground.db") },
		"postgres": func(t *testing.T) string { return testenv.Postgres(t) },
	} {
		t.Run(name, func(t *testing.T) {
			db, err := store.Open(t.Context(), url(t), store.Options{Now: func() time.Time { return start }})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			if err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			d := &desk{T: t, ctx: t.Context(), db: db, loops: evaluated{}}
			d.Service = &cases.Service{Store: db, Loops: d.loops, Rand: rand.Reader}
			fn(d)
		})
	}
}

func (d *desk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

func post(id, author, text string) passenger.Post {
	return passenger.Post{Channel: passenger.X, ExternalID: id, AuthorID: author, AuthorName: "Jo Vos", Text: text, Lang: "en", CreatedAt: start.Add(-time.Hour), Raw: []byte(text)}
}

const (
	angry = "@airline the meal on KL0701 was cold, terrible service"
	happy = "@airline thanks for the great flight"
)

func (d *desk) take(ps ...passenger.Post) cases.Taken {
	d.Helper()
	n, err := d.Import(d.ctx, ps, nil)
	d.must(err)
	return n
}

func (d *desk) list() (cs []ground.Case) {
	d.Helper()
	d.must(d.db.Read(d.ctx, func(tx ground.Tx) (err error) {
		cs, err = tx.ListCases(d.ctx, ground.CaseFilter{Limit: 100})
		return err
	}))
	return cs
}

func (d *desk) person(account string) passenger.PersonID {
	d.Helper()
	p := ground.Person{ID: uuid.New(), CustomerID: "C-" + account, Surname: "VOS", Given: "JO", Accounts: []ground.Account{{Channel: passenger.X, ID: account}}}
	d.must(d.db.InTx(d.ctx, func(tx ground.Tx) error { return tx.InsertPerson(d.ctx, p) }))
	return p.ID
}

func TestImportTwiceAddsNothing(t *testing.T) {
	onBoth(t, func(d *desk) {
		var ps []passenger.Post
		for i := range 1200 { // more than two batches
			ps = append(ps, post(fmt.Sprintf("57030613367776%04d", i), fmt.Sprintf("u%d", i), angry))
		}
		if got := d.take(ps...); got.New != 1200 || got.Duplicate != 0 {
			d.Fatalf("first import: %+v", got)
		}
		if got := d.take(ps...); got.New != 0 || got.Duplicate != 1200 {
			d.Errorf("second import: %+v", got)
		}
	})
}

func TestPostsOfOneStoryAreOneCase(t *testing.T) {
	onBoth(t, func(d *desk) {
		d.take(post("1", "u1", happy), post("2", "u1", angry), post("3", "u2", angry))
		cs := d.list()
		if len(cs) != 2 {
			d.Fatalf("%d cases, want 2", len(cs))
		}
		for _, c := range cs {
			if !c.Negative || c.Topic != passenger.TopicMeal || c.Flight != "KL0701" {
				d.Errorf("case of %s: negative %v, topic %s, flight %q", c.AccountID, c.Negative, c.Topic, c.Flight)
			}
		}
	})
}

func TestASecondComplaintIsACaseOfItsOwn(t *testing.T) {
	for _, tt := range []struct {
		name, second string
		cases        int
	}{
		{"another flight", "@airline the meal on KL0703 was cold, terrible service", 2},
		{"another day", "@airline the meal on KL0701 of 2026-11-19 was cold, terrible service", 2},
		{"another topic", "@airline my suitcase is lost, terrible", 2},
		{"the same again", angry, 1},
		{"nobody answers", "@airline still no answer, terrible", 1},
		{"praise", happy, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onBoth(t, func(d *desk) {
				d.take(post("1", "u1", "@airline the meal on KL0701 of 2026-11-18 was cold, terrible service"), post("2", "u1", tt.second))
				if cs := d.list(); len(cs) != tt.cases {
					d.Errorf("%d cases, want %d", len(cs), tt.cases)
				}
				reply := post("3", "u1", "@airline and my suitcase is lost, terrible")
				reply.InReplyTo = "1"
				d.take(reply)
				if cs := d.list(); len(cs) != tt.cases {
					d.Errorf("a post that answers the first made a case: %d, want %d", len(cs), tt.cases)
				}
			})
		})
	}
}

func TestAToldAccountIsLinkedByRule(t *testing.T) {
	onBoth(t, func(d *desk) {
		person := d.person("u1")
		d.take(post("1", "u1", angry), post("2", "u9", angry))
		linked := map[string]passenger.PersonID{}
		d.must(d.db.Read(d.ctx, func(tx ground.Tx) error {
			for _, c := range d.list() {
				ls, err := tx.Links(d.ctx, c.ID)
				if err != nil {
					return err
				}
				for _, l := range ls {
					if l.State == ground.Linked {
						linked[c.AccountID] = l.Person
					}
				}
			}
			return nil
		}))
		if linked["u1"] != person || len(linked) != 1 {
			d.Errorf("linked by rule: %v; want only u1 to %v, never by name alone", linked, person)
		}
	})
}

func TestFlagAlwaysSucceedsAndIsOneLoop(t *testing.T) {
	onBoth(t, func(d *desk) {
		d.take(post("1", "u1", angry))
		id := d.list()[0].ID
		by := cases.Actor{Name: "agent", Role: "social"}
		first, err := d.Flag(d.ctx, id, ground.Edits{}, by)
		d.must(err)
		second, err := d.Flag(d.ctx, id, ground.Edits{Words: "cold twice"}, by)
		d.must(err)
		if first.ID != second.ID || second.Edits.Words != "cold twice" || d.loops[first.ID] != 2 {
			d.Errorf("two flags: loops %v %v, words %q, evaluated %v", first.ID, second.ID, second.Edits.Words, d.loops)
		}
		if _, err := d.Flag(d.ctx, uuid.New(), ground.Edits{}, by); passenger.CodeOf(err) != passenger.NotFound {
			d.Errorf("flag of an unknown case: %v", err)
		}
	})
}

func TestConsentBelongsToALinkedPerson(t *testing.T) {
	onBoth(t, func(d *desk) {
		d.take(post("1", "u1", angry))
		id, by := d.list()[0].ID, cases.Actor{Name: "agent", Role: "social"}
		if err := d.SetConsent(d.ctx, id, passenger.ConsentYes, "", by); passenger.CodeOf(err) != passenger.Phase {
			d.Errorf("consent of nobody: %v", err)
		}
		person := d.person("elsewhere")
		d.must(d.SetLink(d.ctx, id, person, ground.Linked, by))
		loop, err := d.Flag(d.ctx, id, ground.Edits{}, by)
		d.must(err)
		d.must(d.SetConsent(d.ctx, id, passenger.ConsentNo, "rather not", by))
		if d.loops[loop.ID] != 2 {
			d.Errorf("a no must be evaluated at once: %v", d.loops)
		}
		other := d.person("third")
		d.must(d.SetLink(d.ctx, id, other, ground.Linked, by))
		d.must(d.db.Read(d.ctx, func(tx ground.Tx) error {
			ls, err := tx.Links(d.ctx, id)
			n := 0
			for _, l := range ls {
				if l.State == ground.Linked {
					n++
				}
			}
			if n != 1 {
				d.Errorf("%d linked persons after a second confirmation, want 1", n)
			}
			return err
		}))
	})
}

func TestDeskDecidesOnce(t *testing.T) {
	onBoth(t, func(d *desk) {
		d.take(post("1", "u1", angry))
		id, by := d.list()[0].ID, cases.Actor{Name: "agent", Role: "social"}
		loop, err := d.Flag(d.ctx, id, ground.Edits{}, by)
		d.must(err)
		var item int64
		d.must(d.db.InTx(d.ctx, func(tx ground.Tx) (err error) {
			item, err = tx.InsertDeskItem(d.ctx, ground.DeskItem{Loop: loop.ID, Case: id, Reason: "sensitive", OpenedAt: start})
			return err
		}))
		if err := d.DecideDesk(d.ctx, item, "perhaps", by); passenger.CodeOf(err) != passenger.Invalid {
			d.Errorf("a decision that is none: %v", err)
		}
		d.must(d.DecideDesk(d.ctx, item, "refused", by))
		if err := d.DecideDesk(d.ctx, item, "done", by); passenger.CodeOf(err) != passenger.Phase {
			d.Errorf("a second decision: %v", err)
		}
		d.must(d.db.Read(d.ctx, func(tx ground.Tx) error {
			l, err := tx.Loop(d.ctx, loop.ID)
			if l.State != ground.LoopEnded || l.EndReason != "desk-refused" {
				d.Errorf("loop after a refusal: %s %q", l.State, l.EndReason)
			}
			return err
		}))
	})
}
