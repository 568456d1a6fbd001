package crewapi

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/passenger"
	crewv1 "github.com/cabinloop/cabinloop/proto/gen/crew/v1"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

func several[M any](n int, m M) []M {
	out := make([]M, n)
	for i := range out {
		out[i] = m
	}
	return out
}

// TestBoundsOfLists is the table of what bounds each list of a request, and what happens beyond: a
// request that breaks a rule is refused whole, and its sender hears which field; so nothing that
// grows may ever send one.
func TestBoundsOfLists(t *testing.T) {
	id, head := make([]byte, 8), make([]byte, 16)
	run := &crewv1.Run{FirstSeq: 1, Ops: []byte{1, 1}, Head: head}
	sealed := func(ops int) *crewv1.SealedRun {
		return &crewv1.SealedRun{Incarnation: id, FirstSeq: 1, Ops: several(ops, make([]byte, 82)), Head: head}
	}
	exchange := func(change func(*crewv1.ExchangeRequest)) proto.Message {
		m := &crewv1.ExchangeRequest{Version: Version, Group: id}
		change(m)
		return m
	}
	for _, tc := range []struct {
		list  string
		bound int
		why   string // nothing of this program sends more
		make  func(n int) proto.Message
	}{
		{"flights held", maxAssignments, "the client names those not yet told, page by page", func(n int) proto.Message {
			return &crewv1.FlightsRequest{Version: Version, Held: several(n, &crewv1.HeldKey{Flight: id})}
		}},
		{"flights begun", passenger.MaxWatched, "the client names the nearest, exchanges bring the others", func(n int) proto.Message {
			return &crewv1.FlightsRequest{Version: Version, Have: several(n, &crewv1.WatchedFlight{Group: id})}
		}},
		{"place in the list of flights", maxAfter, "ground makes it; the client ends with a longer one", func(n int) proto.Message {
			return &crewv1.FlightsRequest{Version: Version, After: make([]byte, n)}
		}},
		{"flights watched", passenger.MaxWatched, "the client names the nearest, rounds bring the others", func(n int) proto.Message {
			return &crewv1.WatchRequest{Version: Version, Flights: several(n, &crewv1.WatchedFlight{Group: id})}
		}},
		{"runs of an exchange", flightsync.MaxAuthors, "the engine sends one a lane", func(n int) proto.Message {
			return exchange(func(m *crewv1.ExchangeRequest) { m.Runs = several(n, run) })
		}},
		{"claims", flightsync.MaxAuthors, "the engine sends one a lane", func(n int) proto.Message {
			return exchange(func(m *crewv1.ExchangeRequest) { m.Claims = several(n, &crewv1.HeadOf{Head: head}) })
		}},
		{"bytes of a vector", 10 * flightsync.MaxAuthors, "a number of ten bytes a lane", func(n int) proto.Message {
			return exchange(func(m *crewv1.ExchangeRequest) { m.Have = make([]byte, n) })
		}},
		{"runs of a delivery", 64, "the tablet divides what waits", func(n int) proto.Message {
			return &crewv1.DeliverRequest{Version: Version, Group: id, Runs: several(n, sealed(1))}
		}},
		{"ops of a sealed run", flightsync.MaxRunOps, "the tablet cuts runs where their author proved them", func(n int) proto.Message {
			return &crewv1.DeliverRequest{Version: Version, Group: id, Runs: []*crewv1.SealedRun{sealed(n)}}
		}},
		{"tablets that spent", maxSpenders, "cut: what a call leaves out the next may bring", func(n int) proto.Message {
			return &crewv1.UplinkRequest{Group: id, Spent: several(n, &crewv1.Spent{Tablet: head})}
		}},
	} {
		for n, want := range map[int]passenger.Code{tc.bound - 1: "", tc.bound: "", tc.bound + 1: passenger.Invalid, 10 * tc.bound: passenger.Invalid} {
			if err := check(tc.make(n)); passenger.CodeOf(err) != want {
				t.Errorf("%s, %d of %d (%s): %v, want %q", tc.list, n, tc.bound, tc.why, err, want)
			}
		}
	}
}

// TestNothingSendsBeyondABound: what this program makes of too much passes the rules.
func TestNothingSendsBeyondABound(t *testing.T) {
	for _, n := range []int{passenger.MaxWatched - 1, passenger.MaxWatched, passenger.MaxWatched + 1, 5000} {
		held, spent := []Holding(nil), uplink.Spent{}
		for i := range n {
			held = append(held, Holding{Flight: passenger.FlightID{1, byte(i), byte(i >> 8)}, Begun: true, Have: flightsync.Vector{1}})
			spent[passenger.TabletID{1, byte(i), byte(i >> 8)}] = 1
		}
		for what, m := range map[string]proto.Message{
			"watched": &crewv1.WatchRequest{Version: Version, Flights: fromHave(held)},
			"spent":   &crewv1.UplinkRequest{Group: make([]byte, 8), Spent: fromSpent(spent)},
		} {
			if err := check(m); err != nil {
				t.Errorf("%d %s: %v", n, what, err)
			}
		}
	}
	full := flightsync.Vector{}
	for a := range flightsync.Author(flightsync.MaxAuthors) {
		full = full.Set(a, 1<<63)
	}
	if err := check(&crewv1.WatchedFlight{Group: make([]byte, 8), Have: full.Pack()}); err != nil {
		t.Errorf("the longest vector: %v", err)
	}
}
