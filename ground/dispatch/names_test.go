package dispatch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/flightops"
	"github.com/cabinloop/cabinloop/passenger"
	"github.com/cabinloop/cabinloop/passenger/identity"
)

// TestBookingsThatOnlyNameInFull: customers known by their full name alone are found by it, and
// the purser reads whom to ask for.
func TestBookingsThatOnlyNameInFull(t *testing.T) {
	onBoth(t, func(w *world) {
		const file = "flight,origin,destination,std,sta,locator,seat,name_full,customer_id\n" +
			"KL0641,AMS,JFK,2026-11-21T12:00:00Z,2026-11-21T20:00:00Z,4WQ150,14C,Chen Jackson,C1\n" +
			"KL0641,AMS,JFK,2026-11-21T12:00:00Z,2026-11-21T20:00:00Z,4WQ150,14D,Ana García López,\n" +
			"KL0641,AMS,JFK,2026-11-21T12:00:00Z,2026-11-21T20:00:00Z,4WQ150,14E,山田 花子,\n"
		rep := &ground.ImportReport{}
		w.must(flightops.Feed{Store: w.db, Dispatch: w.dispatch}.Bookings(w.ctx, "b.csv", strings.NewReader(file), w.now, false, rep))
		if rep.Taken != 3 || rep.Refused != 0 {
			w.Fatalf("import: %+v", rep)
		}
		tab := w.tablet("t1", first, passenger.Lead)
		if l := w.loop("C1", passenger.TopicMeal); l.State != ground.LoopCompiled {
			w.Fatalf("loop is %s", l.State)
		}
		tab.sync()
		if n := tab.view().Notes; len(n) != 1 || n[0].Note.Name != "C. Jackson" {
			w.Errorf("the note asks for %+v", n)
		}
		var names []string
		for _, v := range tab.view().Travellers {
			names = append(names, v.Name)
		}
		if d := cmp.Diff([]string{"C. Jackson", "Ana García López", "花. 山田"}, names); d != "" {
			w.Errorf("list on the tablet (-want +got)\n%s", d)
		}
		var people []identity.Person
		w.must(w.db.Read(w.ctx, func(tx ground.Tx) error {
			people = nil
			ps, err := tx.ListPeople(w.ctx)
			for _, p := range ps {
				people = append(people, identity.Person{ID: p.ID, Name: p.Given + " " + p.Surname})
			}
			return err
		}))
		for _, author := range []string{"Chen Jackson", "Ana García López", "Garcia Lopez Ana", "花子 山田"} {
			if got := identity.Candidates(identity.Query{AuthorName: author, Text: "KL0641"}, people); len(got) != 1 {
				w.Errorf("%s has the candidates %v", author, got)
			}
		}
	})
}

// TestANameAloneIsOnePersonPerFlight: without locator and customer number, equal names on two
// flights are two people, and ten of them on one flight are ten travellers.
func TestANameAloneIsOnePersonPerFlight(t *testing.T) {
	onBoth(t, func(w *world) {
		alone := func(order int) ground.ManifestRow {
			return ground.ManifestRow{Surname: "VOS", Given: "PIET", Order: order}
		}
		var rows []ground.ManifestRow
		for i := range 11 {
			rows = append(rows, alone(i+1))
		}
		w.flight(first, start.Add(4*time.Hour), true, rows...)
		w.flight(second, start.Add(28*time.Hour), true, alone(1))
		w.must(w.db.Read(w.ctx, func(tx ground.Tx) error {
			ps, err := tx.ListPeople(w.ctx)
			if len(ps) != 12 {
				w.Errorf("%d people, want 12", len(ps))
			}
			for _, p := range ps {
				if len(p.Trips) != 1 {
					w.Errorf("a person has %d flights, want 1", len(p.Trips))
				}
			}
			return err
		}))
	})
}
