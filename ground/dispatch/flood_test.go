package dispatch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// bring makes so many exchanges of up to 1 MiB each, or fewer when nothing is left to bring.
func (t *tablet) bring(exchanges int) {
	t.Helper()
	for range exchanges {
		if t.talk.Peer.CoversAll(t.rep.State().Vector()) {
			return
		}
		req := *t.step(t.talk.Ask(0, 1<<20)).Request
		res, err := t.dispatch.Exchange(t.ctx, t.id, req)
		t.must(err)
		t.heard(res)
	}
}

// TestFloodWaitsWithItsTablet: what one tablet brings beyond every crew is not taken yet, ground says
// so once, others go on, and time lets all of it through.
func TestFloodWaitsWithItsTablet(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"))
		w.loop("C1", passenger.TopicMeal)
		wild, honest := w.tablet("t1", first, passenger.Cabin), w.tablet("t2", first, passenger.Lead)
		wild.sync()
		honest.sync()
		big := flightsync.Draft{Kind: 999, Content: make([]byte, 15<<10)} // of a newer program, for all that ground knows
		for range 900 {
			wild.write(big)
		}
		me := wild.rep.State().Me
		wild.bring(20)
		held := func() uint64 {
			v, err := w.dispatch.View(w.ctx, w.flightRow(first).ID)
			w.must(err)
			return v.Vector.Of(me)
		}
		if n := held(); n < 700 || n >= 900 {
			w.Fatalf("ground took %d of 900 ops at once", n)
		}
		if n := strings.Count(w.log.String(), "a tablet brings more than a crew records"); n != 1 && n != 2 { // the first, the tenth
			w.Errorf("ground says %d times that a tablet floods", n)
		}
		if rep := w.report(first); rep.OpsIssued <= rep.OpsOnGround {
			w.Errorf("%d issued, %d on ground: nothing waits", rep.OpsIssued, rep.OpsOnGround)
		}
		honest.record("14C", passenger.Feedback{Outcome: passenger.Acted})
		honest.bring(1)
		if !honest.talk.Peer.CoversAll(flightsync.Vector{}.Set(honest.rep.State().Me, honest.rep.State().Vector().Of(honest.rep.State().Me))) {
			w.Error("an honest tablet is held up")
		}
		w.now = w.now.Add(2 * time.Hour)
		wild.bring(20)
		if n := held(); n < 900 {
			w.Errorf("two hours later ground holds %d ops", n)
		}
	})
}
