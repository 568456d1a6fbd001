package dispatch_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// stream is a watch of one tablet on its flight.
type stream struct {
	frames chan flightsync.Response
	ended  chan error
	stop   context.CancelFunc
}

func (t *tablet) watch(have flightsync.Vector) stream {
	t.Helper()
	ctx, stop := context.WithCancel(t.ctx)
	s := stream{make(chan flightsync.Response, 16), make(chan error, 1), stop}
	holds := map[passenger.FlightID]flightsync.Vector{t.flightRow(t.key).ID: have}
	go func() {
		s.ended <- t.dispatch.Watch(ctx, t.id, holds, func(_ passenger.FlightID, res flightsync.Response) error {
			s.frames <- res
			return nil
		})
	}()
	return s
}

// takes applies frames until the tablet holds what ground holds.
func (t *tablet) takes(s stream, want flightsync.Vector) {
	t.Helper()
	for {
		if v := t.rep.State().Vector(); v.CoversAll(want) {
			return
		}
		select {
		case res := <-s.frames:
			t.step(flightsync.Receive{Runs: res.Runs})
		case err := <-s.ended:
			t.Fatalf("the stream ended: %v", err)
		case <-time.After(10 * time.Second):
			t.Fatalf("the tablet holds %v, ground %v", t.rep.State().Vector(), want)
		}
	}
}

// Every stream of a flight learns of an entry, those of other flights do not, and the streams of
// a node can all go and come again.
func TestWatch(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(24*time.Hour), true, row("1", "JANSEN", "14C"))
		w.flight(second, start.Add(48*time.Hour), true, row("2", "SMIT", "3A"))
		w.loop("1", passenger.TopicMeal)
		lead, aft, other := w.tablet("lead", first, passenger.Lead), w.tablet("aft", first, passenger.Cabin), w.tablet("other", second, passenger.Lead)
		for _, x := range []*tablet{lead, aft, other, lead, aft} {
			x.sync()
		}
		for round := range 2 {
			one, two, far := lead.watch(lead.rep.State().Vector()), aft.watch(aft.rep.State().Vector()), other.watch(other.rep.State().Vector())
			lead.record("14C", passenger.Feedback{Outcome: passenger.Acted, Words: string(rune('a' + round))})
			lead.sync()
			aft.takes(two, lead.talk.Peer)
			w.loop("1", passenger.TopicBaggage) // ground writes too
			v, err := w.dispatch.View(w.ctx, w.flightRow(first).ID)
			w.must(err)
			lead.takes(one, v.Vector)
			aft.takes(two, v.Vector)
			select {
			case res := <-far.frames:
				t.Errorf("a stream of another flight got %d runs", len(res.Runs))
			default:
			}
			for _, s := range []stream{one, two, far} {
				s.stop()
				if err := <-s.ended; !errors.Is(err, context.Canceled) {
					t.Errorf("a stream that was cut ended with %v", err)
				}
			}
		}
	})
}

// A stream ends when the tablet's duties change, and when it does not watch what it should.
func TestWatchEnds(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(24*time.Hour), true, row("1", "JANSEN", "14C"))
		w.flight(second, start.Add(48*time.Hour), true, row("2", "SMIT", "3A"))
		lead := w.tablet("lead", first, passenger.Lead)
		lead.sync()
		for name, change := range map[string]func(){
			"another zone":   func() { w.must(w.dispatch.Assign(w.ctx, first, "lead", passenger.Lead, "aft", false)) },
			"another flight": func() { w.must(w.dispatch.Assign(w.ctx, second, "lead", passenger.Cabin, "", false)) },
		} {
			s := lead.watch(nil) // it holds nothing: a first frame says that the stream stands
			<-s.frames
			change()
			select {
			case err := <-s.ended:
				if err != nil {
					t.Errorf("%s: the stream ended with %v", name, err)
				}
			case <-time.After(10 * time.Second):
				t.Errorf("%s: the stream goes on", name)
			}
			s.stop()
			w.must(w.dispatch.Assign(w.ctx, second, "lead", passenger.Cabin, "", true))
			lead.sync()
		}
	})
}
