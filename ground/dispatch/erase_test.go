package dispatch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

var testKey = ground.LedgerKey{1, 2, 3}

// erase orders the erasure of travellers of a flight, as the subject service does.
func (w *world) erase(k passenger.FlightKey, nos ...passenger.TravellerNo) flightsync.Dot {
	w.Helper()
	job := ground.ErasureFlight{Erasure: ground.LedgerHash{9}, Flight: w.flightRow(k).ID, Travellers: nos}
	w.tx(func(tx ground.Tx) error {
		if _, ok, err := tx.LedgerKey(w.ctx); err != nil || ok {
			return err
		}
		return tx.SetLedgerKey(w.ctx, testKey)
	})
	w.must(w.dispatch.EraseOn(w.ctx, job))
	w.must(w.db.Read(w.ctx, func(tx ground.Tx) error {
		fs, err := tx.ErasureFlights(w.ctx, job.Erasure)
		if len(fs) != 1 || fs[0].DoneAt.IsZero() {
			w.Errorf("the erasure's flights: %+v", fs)
			return err
		}
		job = fs[0]
		return err
	}))
	return job.Op
}

// holds reports whether any body in a storage contains the words.
func holds(t testing.TB, s flightsync.Storage, words string) bool {
	t.Helper()
	st, err := s.State()
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for a := range st.Vector() {
		if err := s.Ops(flightsync.Author(a), 1, func(o flightsync.Op) bool {
			found = found || strings.Contains(string(o.Body), words)
			return true
		}); err != nil {
			t.Fatal(err)
		}
	}
	return found
}

func (w *world) groundHolds(k passenger.FlightKey, words string) (found bool) {
	w.Helper()
	w.must(w.db.Read(w.ctx, func(tx ground.Tx) error {
		found = holds(w, tx.Lanes(w.ctx, w.flightRow(k).ID), words)
		return nil
	}))
	return found
}

// obey drops what ground's erase ops name, as the purser's program does.
func (t *tablet) obey() {
	t.Helper()
	var dots []flightsync.Dot
	t.must(t.store.Ops(flightsync.Admin, 1, func(o flightsync.Op) bool {
		if o.Header.Kind == flightsync.KindErase {
			dots = append(dots, o.Header.Over...)
		}
		return true
	}))
	t.step(flightsync.EraseBodies{Dots: dots})
}

func TestErasedTravellerLeavesTheTablet(t *testing.T) {
	onBoth(t, func(w *world) {
		std := start.Add(4 * time.Hour)
		w.flight(first, std, true, row("C1", "JANSEN", "14C"), row("C2", "SMITH", "15A"), row("C3", "VISSER", "16A"))
		gone, moved := row("C3", "VISSER", "16A"), row("C2", "SMITH", "20F")
		gone.Removed = true
		w.flight(first, std, false, gone, moved)
		tab := w.tablet("t1", first, passenger.Lead)
		w.loop("C1", passenger.TopicMeal)
		w.loop("C2", passenger.TopicMeal)
		tab.sync()
		if !holds(t, tab.store, "Jansen") || !w.groundHolds(first, "Jansen") {
			w.Fatal("the name is not where it is looked for")
		}
		op := w.erase(first, 1)
		if op.IsZero() {
			w.Fatal("no erase op was written")
		}
		if w.groundHolds(first, "Jansen") {
			w.Error("ground still holds the name")
		}
		tab.sync()
		tab.obey()
		if holds(t, tab.store, "Jansen") {
			w.Error("the tablet still holds the name")
		}
		v := tab.view()
		if _, ok := v.Traveller(1); ok {
			w.Error("the erased traveller is still on the list")
		}
		if x, _ := v.Traveller(2); x.Seat != "20F" || x.Name != "Ms J. Smith" {
			w.Errorf("the neighbour: %+v", x)
		}
		if x, _ := v.Traveller(3); !x.Removed {
			w.Errorf("who was removed came back: %+v", x)
		}
		for _, n := range v.Notes {
			mine := n.Note.Traveller == 1
			if n.Erased != mine || (n.Retracted == flightsync.RetractErased) != mine || (n.Note.Name == "") != mine {
				w.Errorf("note %s: %+v", n.Dot, n)
			}
		}
		tab.record("20F", passenger.Feedback{Outcome: passenger.Acted})
		tab.sync()
		if r := w.report(first); r.Compiled != 2 || r.Delivered != 2 || r.Acted != 1 || !r.SumsClose || r.Quarantined != 0 {
			w.Errorf("report: %+v", r)
		}
		if again := w.erase(first, 1); again != op && again.Seq != 0 {
			w.Errorf("erasing again wrote %s", again)
		}
		// The same list once more brings nobody back.
		res := w.flight(first, std, true, row("C1", "JANSEN", "14C"), moved)
		if res.Added != 0 || len(res.Warnings) != 1 || w.groundHolds(first, "Jansen") {
			w.Errorf("a list that came again: %+v", res)
		}
	})
}

func TestErasingKeepsWhatHappened(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"), row("C2", "SMITH", "15A"))
		tab, late := w.tablet("t1", first, passenger.Lead), w.tablet("t2", first, passenger.Cabin)
		w.loop("C1", passenger.TopicMeal)
		tab.sync()
		late.sync()
		w.now = w.now.Add(5 * time.Hour)
		tab.record("14C", passenger.Feedback{Outcome: passenger.Acted, Words: "Jansen smiled"})
		late.record("14C", passenger.Feedback{Outcome: passenger.Acted, Words: "Jansen said thanks"})
		late.write(flightsync.SeatNowDraft(1, "16F", nil, [8]byte{5}))
		w.now = w.now.Add(8 * time.Hour)
		w.move(first, passenger.In)
		tab.write(flightsync.FinDraft())
		tab.sync()
		w.now = w.now.Add(passenger.SealAfter + time.Hour)
		w.must(w.dispatch.Sweep(w.ctx, w.now))
		before := w.report(first)
		w.erase(first, 1)
		r := w.report(first)
		if r.Stage != "sealed" || r.Sums != before.Sums || r.Acted != 1 || len(r.Contradictions) > 0 || r.Revision != before.Revision+1 {
			w.Errorf("after erasing:\n%+v, before\n%+v", r, before)
		}
		if w.groundHolds(first, "smiled") {
			w.Error("ground still holds the words")
		}
		late.sync()
		if w.groundHolds(first, "Jansen") || w.groundHolds(first, "16F") {
			w.Error("a late tablet brought words back")
		}
		late.obey()
		if holds(t, late.store, "Jansen") {
			w.Error("the late tablet still holds the words")
		}
		erased := false
		for _, x := range late.view().Verdicts {
			erased = erased || x.Code == flightsync.VerdictErased && x.Author == late.rep.State().Me
		}
		if r = w.report(first); !erased || r.Acted != 1 || !r.SumsClose {
			w.Errorf("after the late report, verdict erased %v: %+v", erased, r)
		}
	})
}

func TestPurge(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"), row("C2", "SMITH", "15A"))
		tab := w.tablet("t1", first, passenger.Lead)
		w.loop("C1", passenger.TopicMeal)
		tab.sync()
		id := w.flightRow(first).ID
		if err := w.dispatch.Purge(w.ctx, id); passenger.CodeOf(err) != passenger.Phase {
			w.Errorf("purging an open flight: %v", err)
		}
		tab.record("14C", passenger.Feedback{Outcome: passenger.Declined, Words: "no thanks"})
		tab.write(flightsync.SeatNowDraft(2, "16F", nil, [8]byte{5}))
		w.now = w.now.Add(12 * time.Hour)
		w.move(first, passenger.In)
		tab.write(flightsync.FinDraft())
		tab.sync()
		w.must(w.dispatch.Purge(w.ctx, id))
		for _, words := range []string{"Jansen", "Smith", "16F", "no thanks"} {
			if w.groundHolds(first, words) {
				w.Errorf("the purged flight holds %q", words)
			}
		}
		r := w.report(first)
		if r.Stage != "purged" || r.Declined != 1 || !r.SumsClose || r.Quarantined != 0 {
			w.Errorf("report: %+v", r)
		}
	})
}
