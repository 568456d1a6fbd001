package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/store"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

type opT = flightsync.Op

// laneBatch makes n ops of tablet lane 4 behind op last, of the size of an outcome.
func laneBatch(tb testing.TB, last uint64, n int) flightsync.Batch {
	b := flightsync.Batch{State: flightsync.State{Group: laneGroup, Clock: flightsync.Stamp{Ms: last + uint64(n)}}}
	for i := range uint64(n) {
		raw := append([]byte{2, 8, 66, 0}, "saltsalt the passenger was pleased, and took the drink"...)
		o, err := flightsync.ParseOp(flightsync.Dot{Author: 4, Seq: last + i + 1}, raw)
		if err != nil {
			tb.Fatal(err)
		}
		b.Ops = append(b.Ops, o)
	}
	return b
}

func benchEach(b *testing.B, fn func(b *testing.B, db *store.DB)) {
	for _, name := range []string{"sqlite", "postgres"} {
		b.Run(name, func(b *testing.B) { fn(b, open(b, engines[name](b))) })
	}
}

// putPosts inserts n posts, each with its case, in one transaction.
func putPosts(b *testing.B, db *store.DB, first, n int) {
	err := db.InTx(b.Context(), func(tx ground.Tx) error {
		for i := first; i < first+n; i++ {
			at := start.Add(time.Duration(i) * time.Second)
			c := ground.Case{ID: uuid.UUID{0: byte(i * 7), 12: byte(i >> 24), 13: byte(i >> 16), 14: byte(i >> 8), 15: byte(i)}, Channel: passenger.X, AccountID: fmt.Sprint(i), Status: ground.CaseOpen,
				Topic: passenger.Topics[i%len(passenger.Topics)], Lang: []string{"en", "nl", "de", "ja"}[i%4], Negative: i%3 > 0, LastPostAt: at, OpenedAt: at, Posts: 1, Excerpt: "my meal was cold"}
			if err := tx.InsertCase(b.Context(), c); err != nil {
				return err
			}
			p := passenger.Post{Channel: passenger.X, ExternalID: fmt.Sprint(1785461234567890123 + i), AuthorID: c.AccountID, CreatedAt: at,
				Text: fmt.Sprintf("number%d my meal on KL0641 was cold and %s", i, strings.Repeat("nobody answered ", 10)), Raw: []byte(strings.Repeat("{} ", 200))}
			if _, err := tx.InsertPost(b.Context(), ground.StoredPost{Post: p, Case: c.ID, ArrivedAt: at}); err != nil {
				return err
			}
		}
		return tx.Notify(b.Context(), "case", "")
	})
	if err != nil {
		b.Fatal(err)
	}
}

func BenchmarkInsertPosts500(b *testing.B) {
	benchEach(b, func(b *testing.B, db *store.DB) {
		n := 0
		for b.Loop() {
			putPosts(b, db, n, 500)
			n += 500
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "posts/s")
	})
}

func BenchmarkLanding40(b *testing.B) {
	benchEach(b, func(b *testing.B, db *store.DB) {
		ctx := b.Context()
		if err := db.InTx(ctx, func(tx ground.Tx) error { return tx.InsertFlight(ctx, ground.Flight{ID: laneGroup}) }); err != nil {
			b.Fatal(err)
		}
		last := uint64(0)
		for b.Loop() {
			err := db.InTx(ctx, func(tx ground.Tx) error {
				if _, err := tx.LockFlight(ctx, laneGroup); err != nil {
					return err
				}
				l := tx.Lanes(ctx, laneGroup)
				if _, err := l.State(); err != nil && passenger.CodeOf(err) != passenger.NotFound {
					return err
				}
				if err := l.Apply(laneBatch(b, last, 40)); err != nil {
					return err
				}
				return tx.Notify(ctx, "flight", laneGroup.String())
			})
			if err != nil {
				b.Fatal(err)
			}
			last += 40
		}
	})
}

// BenchmarkPages250k reads list pages over 250,000 open cases (PRODUCT: any page under 300 ms).
func BenchmarkPages250k(b *testing.B) {
	const cases = 250_000
	benchEach(b, func(b *testing.B, db *store.DB) {
		for n := 0; n < cases; n += 2500 {
			putPosts(b, db, n, 2500)
		}
		ctx := b.Context()
		open := ground.CaseFilter{Status: ground.CaseOpen, Limit: 50}
		with := func(fn func(*ground.CaseFilter)) ground.CaseFilter { f := open; fn(&f); return f }
		for _, q := range []struct {
			name  string
			f     ground.CaseFilter
			count bool
		}{
			{"first", open, false},
			{"deep", with(func(f *ground.CaseFilter) { f.Before = start.Add(1000 * time.Second) }), false},
			{"negative", with(func(f *ground.CaseFilter) { f.Negative = true }), false},
			{"flagged none", with(func(f *ground.CaseFilter) { f.Flagged = true }), false},
			{"topic lang", with(func(f *ground.CaseFilter) { f.Topic, f.Lang, f.Negative = passenger.TopicCrew, "ja", true }), false},
			{"topic lang never", with(func(f *ground.CaseFilter) { f.Topic, f.Lang = passenger.TopicDelay, "nl" }), false},
			{"search rare", with(func(f *ground.CaseFilter) { f.Search = "number777 " }), false},
			{"search common", with(func(f *ground.CaseFilter) { f.Search = "meal" }), false},
			{"topic", with(func(f *ground.CaseFilter) { f.Topic = passenger.TopicCrew }), false},
			{"search none", with(func(f *ground.CaseFilter) { f.Search = "luggage" }), false},
			{"count open", open, true},
			{"count negative", with(func(f *ground.CaseFilter) { f.Negative = true }), true},
			{"count search", with(func(f *ground.CaseFilter) { f.Search = "luggage" }), true},
		} {
			b.Run(q.name, func(b *testing.B) {
				for b.Loop() {
					if err := db.Read(ctx, func(tx ground.Tx) (err error) {
						if q.count {
							_, err = tx.CountCases(ctx, q.f)
						} else {
							_, err = tx.ListCases(ctx, q.f)
						}
						return err
					}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	})
}
