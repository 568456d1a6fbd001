package dispatch_test

import (
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// TestHandedInAnyway: the report says why a tablet was handed in although entries were on it alone,
// until something follows; and which tablet can no longer report.
func TestHandedInAnyway(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"))
		a, b := w.tablet("t1", first, passenger.Lead), w.tablet("t2", first, passenger.Cabin)
		w.loop("C1", passenger.TopicMeal)
		a.sync()
		b.sync()
		a.record("14C", passenger.Feedback{Outcome: passenger.Acted})
		a.write(flightsync.FinAnywayDraft(passenger.TabletFailing, 2))
		b.write(flightsync.FinDraft())
		a.sync()
		b.sync()
		lines := w.report(first).Tablets
		if l := lines[0]; !l.HandedIn || l.Anyway != passenger.TabletFailing || l.Alone != 2 || l.Gone != "" {
			t.Errorf("handed in anyway: %+v", l)
		}
		if l := lines[1]; !l.HandedIn || l.Anyway != "" || l.Alone != 0 {
			t.Errorf("handed in: %+v", l)
		}
		a.record("14C", passenger.Feedback{Outcome: passenger.Declined})
		a.sync()
		if l := w.report(first).Tablets[0]; l.HandedIn || l.Anyway != "" || l.Alone != 0 {
			t.Errorf("taken back by an entry: %+v", l)
		}
		w.must(w.db.InTx(w.ctx, func(tx ground.Tx) error {
			for id, lost := range map[passenger.TabletID]bool{a.id: true, b.id: false} {
				row, err := tx.Tablet(w.ctx, id)
				if err != nil {
					return err
				}
				if row.RevokedAt = w.now; lost {
					row.LostAt = w.now
				}
				if err := tx.UpdateTablet(w.ctx, row); err != nil {
					return err
				}
			}
			return nil
		}))
		if lines := w.report(first).Tablets; lines[0].Gone != "lost" || lines[1].Gone != "revoked" {
			t.Errorf("gone: %+v", lines)
		}
	})
}
