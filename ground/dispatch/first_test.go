package dispatch_test

import (
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// A first frame is what a stream would send: to the tablets of the flight alone, and only what they lack.
func TestFirst(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(24*time.Hour), true, row("1", "JANSEN", "14C"))
		w.flight(second, start.Add(48*time.Hour), true, row("2", "SMIT", "3A"))
		w.loop("1", passenger.TopicMeal)
		lead, other := w.tablet("lead", first, passenger.Lead), w.tablet("other", second, passenger.Lead)
		id := w.flightRow(first).ID
		ask := func(x *tablet, have flightsync.Vector, budget int) *flightsync.Response {
			t.Helper()
			res, err := w.dispatch.First(w.ctx, x.id, id, have, budget)
			w.must(err)
			return res
		}
		if ask(other, nil, 1<<16) != nil {
			t.Error("a tablet of another flight got a frame")
		}
		res := ask(lead, nil, 1<<16)
		if res == nil || len(res.Runs) == 0 {
			t.Fatal("no frame")
		}
		// Signed as an exchange is; it makes the notes readable before ground has bound the tablet.
		lead.step(flightsync.Receive{Runs: res.Runs, Peer: res.Have})
		if v := lead.view(); len(v.Notes) != 1 {
			t.Errorf("%d notes after the frame", len(v.Notes))
		}
		if small := ask(lead, nil, 1); small == nil || !small.More {
			t.Errorf("within one byte: %+v", small)
		}
		lead.sync()
		lead.record("14C", passenger.Feedback{Outcome: passenger.Acted})
		lead.sync()
		if ask(lead, lead.rep.State().Vector(), 1<<16) != nil {
			t.Error("a tablet that holds everything got a frame")
		}
		w.must(w.dispatch.Assign(w.ctx, first, "lead", passenger.Lead, "", true))
		if ask(lead, nil, 1<<16) != nil {
			t.Error("a tablet that was taken off got a frame")
		}
	})
}
