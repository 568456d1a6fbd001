package dispatch_test

import (
	"slices"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// TestRefusedAgainAndAgain: a tablet that is refused is told to stay away longer each time, up to a
// bound, on that flight only; once it is heard it begins anew.
func TestRefusedAgainAndAgain(t *testing.T) {
	w := hostileWorld(t)
	w.flight(second, start.Add(28*time.Hour), true)
	rogue, honest := w.tablet("rogue", first, passenger.Cabin), w.tablet("honest", first, passenger.Lead)
	other := w.tablet("other", second, passenger.Lead)
	honest.sync()
	rogue.sync()
	group, id := w.flightRow(first).ID, honest.rep.State().Me
	speaksFor := func(me flightsync.Author) time.Duration {
		t.Helper()
		_, err := w.dispatch.Exchange(w.ctx, rogue.id, flightsync.Request{Group: group, Me: me})
		if err != nil && passenger.CodeOf(err) != passenger.Forbidden {
			t.Fatal(err)
		}
		return passenger.RetryAfter(err)
	}
	var got []time.Duration
	for range 9 {
		got = append(got, speaksFor(id)/time.Second)
	}
	if want := []time.Duration{1, 2, 4, 8, 16, 32, 60, 60, 60}; !slices.Equal(got, want) {
		t.Errorf("told to stay away %v, want %v seconds", got, want)
	}
	if _, err := w.dispatch.Deliver(w.ctx, other.id, group, nil); passenger.CodeOf(err) != passenger.Forbidden || passenger.RetryAfter(err) != time.Second {
		t.Errorf("another tablet: %v, retry after %v", err, passenger.RetryAfter(err))
	}
	if after := speaksFor(rogue.rep.State().Me); after != 0 {
		t.Errorf("heard, and told to stay away %v", after)
	}
	if after := speaksFor(id); after != time.Second {
		t.Errorf("refused anew, and told to stay away %v", after)
	}
}
