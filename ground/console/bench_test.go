package console_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// BenchmarkPages asks for pages of a ground with 250,000 open cases and the flights of five
// days; any page has 300 ms (PRODUCT, "Volumes to build for").
func BenchmarkPages(b *testing.B) {
	const many, batch = 250_000, 5_000
	w := newWorld(b)
	w.seed()
	var last passenger.CaseID
	for from := 0; from < many; from += batch {
		w.must(w.db.InTx(w.ctx, func(tx ground.Tx) error {
			for i := from; i < from+batch; i++ {
				at := start.Add(-time.Duration(i) * 30 * time.Second)
				c := ground.Case{ID: uuid.New(), Channel: passenger.X, AccountID: fmt.Sprint("a", i), AuthorName: fmt.Sprint("Author ", i), Topic: passenger.Topics[i%len(passenger.Topics)],
					Severity: passenger.Severity(i%3 + 1), Lang: []string{"en", "nl", "de"}[i%3], Negative: i%2 == 0, Status: ground.CaseOpen, OpenedAt: at, LastPostAt: at, DueAt: at.Add(15 * time.Minute), Posts: 1, Excerpt: "terrible delay again"}
				if err := tx.InsertCase(w.ctx, c); err != nil {
					return err
				}
				if _, err := tx.InsertPost(w.ctx, ground.StoredPost{Post: passenger.Post{Channel: passenger.X, ExternalID: fmt.Sprint("many", i), AuthorID: c.AccountID, Text: fmt.Sprintf("terrible delay again number%06d", i), CreatedAt: at}, Case: c.ID}); err != nil {
					return err
				}
				last = c.ID
			}
			return nil
		}))
	}
	for i := range 3_000 {
		std := start.Add(time.Duration(i-1_200) * 2 * time.Minute)
		_, err := w.dispatch.ApplyManifest(w.ctx, ground.ManifestUpdate{Key: passenger.FlightKey{Carrier: "KL", Number: 2000 + i, Date: std.Format(time.DateOnly), Departure: "AMS", Attempt: 1}, Arrival: "JFK", STD: std, STA: std.Add(8 * time.Hour), At: start, Full: true,
			Rows: []ground.ManifestRow{{Locator: fmt.Sprintf("L%05d", i), Surname: "ONE", Given: "A", Order: 1, Cabin: "Y"}}})
		w.must(err)
	}
	agent := w.user("nora", "social", "ground", "admin")
	for name, path := range map[string]string{"inbox": "/", "negative": "/?negative=1", "topic": "/?topic=meal&lang=de", "flagged": "/?flagged=1", "search": "/?q=number123456", "search-none": "/?q=nothing",
		"deep": "/?before=" + start.Add(-1_000*time.Hour).Format(time.RFC3339) + "~" + last.String(), "case": "/case/" + last.String(), "flights": "/flights", "flights-last": "/flights?page=100", "flight": "/flight/" + w.flightRow(first).ID.String(), "news": "/news?since=" + start.Format(time.RFC3339) + "~x"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if p := agent.get(path); p.status != http.StatusOK {
					b.Fatalf("status %d", p.status)
				}
			}
		})
	}
}
