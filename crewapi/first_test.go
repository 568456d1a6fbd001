package crewapi_test

import (
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// TestStart: the list of flights carries first frames, of the flight nearest to its departure first,
// as far as the budget goes.
func TestStart(t *testing.T) {
	g := crewtest.New(t, func() time.Time { return t0 })
	hc := crewtest.Serve(t, g)
	id, c := enrolled(t, g, hc)
	far := g.Flight("KL0701/2026-11-25/AMS", t0.Add(100*time.Hour))
	near := g.Flight("KL0641/2026-11-21/AMS", t0.Add(2*time.Hour))
	gone := g.Flight("KL0643/2026-11-21/AMS", t0.Add(3*time.Hour))
	for _, f := range []*crewtest.Flight{far, near, gone} {
		f.Assign(id, passenger.Lead)
		for i := range 5 {
			f.Note(passenger.Note{Traveller: passenger.TravellerNo(i + 1), Name: "Ms J. Jansen", Seat: "14C", Priority: passenger.First, Moment: passenger.AtMeal, Expires: t0.Add(72 * time.Hour)})
		}
	}
	gone.Remove(id)
	start := func(have map[passenger.FlightID]flightsync.Vector, budget int) (ids []passenger.FlightID, more bool) {
		t.Helper()
		var held []crewapi.Holding
		for id, v := range have {
			held = append(held, crewapi.Holding{Flight: id, Begun: true, Have: v})
		}
		s, err := c.Start(t.Context(), held, budget)
		if err != nil || len(s.Duties) != 3 || !s.Now.Equal(t0) {
			t.Fatalf("%d duties at %v, %v", len(s.Duties), s.Now, err)
		}
		for _, f := range s.Frames {
			ids, more = append(ids, f.Flight), more || f.Response.More
		}
		return ids, more
	}
	if ids, _ := start(nil, 0); len(ids) != 0 {
		t.Errorf("not asked for: %v", ids)
	}
	if ids, more := start(nil, 1<<20); len(ids) != 2 || ids[0] != near.A.Flight || ids[1] != far.A.Flight || more {
		t.Errorf("all: %v, more %t", ids, more)
	}
	if ids, more := start(nil, 200); len(ids) != 1 || ids[0] != near.A.Flight || !more {
		t.Errorf("within 200 bytes: %v, more %t", ids, more)
	}
	res, err := c.Exchange(t.Context(), flightsync.Request{Group: near.A.Flight, Me: flightsync.Nobody, Incarnation: flightsync.Incarnation{5}})
	if err != nil {
		t.Fatal(err)
	}
	if ids, _ := start(map[passenger.FlightID]flightsync.Vector{near.A.Flight: res.Have}, 1<<20); len(ids) != 1 || ids[0] != far.A.Flight {
		t.Errorf("one is held: %v", ids)
	}
}
