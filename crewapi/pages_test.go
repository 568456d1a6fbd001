package crewapi_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/passenger"
	crewv1 "github.com/cabinloop/cabinloop/proto/gen/crew/v1"
	"github.com/cabinloop/cabinloop/proto/gen/crew/v1/crewv1connect"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// bound is how many flights one page holds, and of how many a request says that they are held.
const bound = 512

// TestPagesOfFlights: tablets and grounds of this program and of one that knew no pages list any
// number of flights: all of them, or those that depart soonest.
func TestPagesOfFlights(t *testing.T) {
	g := crewtest.New(t, func() time.Time { return t0 })
	hc := crewtest.Serve(t, g)
	id, c := enrolled(t, g, hc)
	g.Code("OLD")
	e, err := client(t, hc, "").Enrol(t.Context(), "OLD", "galley 2", device(t))
	if err != nil {
		t.Fatal(err)
	}
	old := crewv1connect.NewTabletServiceClient(&http.Client{Transport: withToken{hc.Transport, e.Token}}, crewtest.URL)
	made := 0
	for _, n := range []int{1, bound - 1, bound, bound + 1, 2*bound + 300} {
		for ; made < n; made++ {
			f := g.Flight(fmt.Sprintf("KL%04d/2026-11-21/AMS", made+1), t0.Add(time.Duration(made)*time.Minute))
			f.Assign(id, passenger.Lead)
			f.Assign(e.Tablet, passenger.Cabin)
		}
		for _, all := range []bool{false, true} {
			g.All = all
			first, err := c.Start(t.Context(), nil, 0)
			duties := first.Duties
			seen := map[passenger.FlightID]bool{}
			var held []crewapi.Holding
			for _, d := range duties {
				seen[d.Flight] = true
				held = append(held, crewapi.Holding{Flight: d.Flight, LeaseEnd: d.LeaseEnd})
			}
			if err != nil || len(seen) != n || len(duties) != n {
				t.Errorf("%d flights, no pages %t: %d told, %d of them another, %v", n, all, len(duties), len(seen), err)
			}
			// Every key is held: with each page the tablet says so of the flights not yet told.
			first, err = c.Start(t.Context(), held, 0)
			duties = first.Duties
			again := 0
			for _, d := range duties {
				if d.WrappedKey != nil {
					again++
				}
			}
			if want := max(n-bound, 0); err != nil || len(duties) != n || !all && again != 0 || all && again != want {
				t.Errorf("%d flights, no pages %t, all held: %d told, %d keys again, %v", n, all, len(duties), again, err)
			}
		}
		g.All = false
		res, err := old.Flights(t.Context(), &crewv1.FlightsRequest{Version: crewapi.OldestVersion})
		if err != nil || len(res.GetAssignments()) != min(n, bound) {
			t.Fatalf("%d flights, a tablet without pages: %d told, %v", n, len(res.GetAssignments()), err)
		}
		for i, a := range res.GetAssignments() {
			if want := t0.Add(time.Duration(i) * time.Minute).Unix(); a.GetStd() != want {
				t.Fatalf("%d flights, a tablet without pages: flight %d departs at %d, want %d", n, i, a.GetStd(), want)
			}
		}
	}
}

// withToken is a tablet's way to ground without the client of this program.
type withToken struct {
	http.RoundTripper
	token string
}

func (w withToken) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+w.token)
	return w.RoundTripper.RoundTrip(r)
}

// TestManyHeld: how much ever a tablet holds, it goes on: what one call cannot carry it leaves out,
// the last in its own order first.
func TestManyHeld(t *testing.T) {
	g := crewtest.New(t, func() time.Time { return t0 })
	id, c := enrolled(t, g, crewtest.Serve(t, g))
	f := g.Flight("KL0641/2026-11-21/AMS", t0.Add(time.Hour))
	f.Assign(id, passenger.Lead)
	for _, n := range []int{passenger.MaxWatched - 1, passenger.MaxWatched, passenger.MaxWatched + 1, bound - 1, bound, bound + 1, 20 * bound} {
		held := []crewapi.Holding{{Flight: f.A.Flight, LeaseEnd: t0, Begun: true}}
		for i := range n - 1 {
			h := crewapi.Holding{Owed: true, Begun: true}
			binary.BigEndian.PutUint64(h.Flight[:], uint64(1000+i))
			held = append(held, h)
		}
		if s, err := c.Start(t.Context(), held, 1<<20); err != nil || len(s.Duties) != 1 || len(s.Frames) != 1 {
			t.Errorf("%d held: %d flights, %d frames, %v", n, len(s.Duties), len(s.Frames), err)
		}
		stop := errors.New("enough")
		if err := c.Watch(t.Context(), held, func() {}, func(passenger.FlightID, flightsync.Response) error { return stop }); err != stop {
			t.Errorf("%d held: watch %v", n, err)
		}
	}
}
