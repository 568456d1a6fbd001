package crewapi

import (
	"reflect"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/cabinloop/cabinloop/crewapi/pack"
	"github.com/cabinloop/cabinloop/passenger"
	crewv1 "github.com/cabinloop/cabinloop/proto/gen/crew/v1"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

func marshal(f *testing.F, m proto.Message) []byte {
	f.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		f.Fatal(err)
	}
	return b
}

// refused checks that an error is one for the other side.
func refused(t *testing.T, err error) {
	t.Helper()
	if c := passenger.CodeOf(err); c != passenger.Invalid && c != passenger.TooMuch && c != passenger.Unavailable {
		t.Fatalf("refused with %s: %v", c, err)
	}
}

func FuzzResponse(f *testing.F) {
	for _, r := range []flightsync.Response{{}, filled[flightsync.Response](), {Runs: []flightsync.Run{{First: 1, Ops: [][]byte{{}, {1}}}}}} {
		f.Add(marshal(f, fromResponse(r, pack.Newest)))
		f.Add(marshal(f, fromResponse(r, pack.Raw)))
	}
	f.Add([]byte{0x22, 4, 0x22, 2, 0xff, 0xff, 0x32, 2, 64, 65})
	f.Fuzz(func(t *testing.T, b []byte) {
		m := &crewv1.ExchangeResponse{}
		if proto.Unmarshal(b, m) != nil {
			return
		}
		r, err := toResponse(m)
		if err != nil {
			refused(t, err)
			return
		}
		if len(r.Have) > flightsync.MaxAuthors || len(r.Again) > flightsync.MaxAuthors {
			t.Fatalf("%d authors, %d again", len(r.Have), len(r.Again))
		}
		again, err := toResponse(fromResponse(r, pack.Newest))
		if err != nil || len(again.Runs) != len(r.Runs) || again.Digest != r.Digest || !reflect.DeepEqual(r.Again, again.Again) {
			t.Fatalf("read %+v, wrote and read %+v, %v", r, again, err)
		}
	})
}

// FuzzFlights reads bytes as a list of flights and as the question for one.
func FuzzFlights(f *testing.F) {
	d := passenger.Duty{Assignment: passenger.Assignment{Flight: passenger.FlightID{1}, Key: passenger.FlightKey{Carrier: "KL", Number: 641, Date: "2026-11-21", Departure: "AMS", Attempt: 1},
		Arrival: "JFK", STD: time.Unix(1e9, 0).UTC(), Role: passenger.Lead, Stage: passenger.Open}, LeaseEnd: time.Unix(2e9, 0).UTC()}
	frame := &crewv1.WatchResponse{Group: []byte{1, 2, 3, 4, 5, 6, 7, 8}, Frame: fromResponse(flightsync.Response{Have: flightsync.Vector{1}}, pack.V1)}
	f.Add(marshal(f, &crewv1.FlightsResponse{Assignments: []*crewv1.Assignment{fromDuty(d)}, First: []*crewv1.WatchResponse{frame}}))
	f.Add(marshal(f, &crewv1.FlightsRequest{Version: 2, FirstBudget: 1, Have: fromHave([]Holding{{Flight: passenger.FlightID{1}, Begun: true, Have: flightsync.Vector{1, 2}}})}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m := (&crewv1.FlightsResponse{}); proto.Unmarshal(b, m) == nil {
			for _, a := range m.GetAssignments() {
				d, err := toDuty(a)
				if err != nil {
					refused(t, err)
					continue
				}
				if again, err := toDuty(fromDuty(d)); err != nil || !reflect.DeepEqual(d, again) {
					t.Fatalf("read %+v, wrote and read %+v, %v", d, again, err)
				}
			}
			for _, x := range m.GetFirst() {
				if _, err := toFrame(x); err != nil {
					refused(t, err)
				}
			}
		}
		if m := (&crewv1.FlightsRequest{}); proto.Unmarshal(b, m) == nil {
			have, err := toHave(m.GetHave())
			if err != nil {
				refused(t, err)
				return
			}
			if check(m) == nil && len(have) > passenger.MaxWatched {
				t.Fatalf("%d flights", len(have))
			}
		}
	})
}

func FuzzSpent(f *testing.F) {
	f.Add(marshal(f, &crewv1.UplinkResponse{LeaseMs: 60000, Spent: []*crewv1.Spent{{Tablet: make([]byte, 16), Bytes: 1 << 41}, {Tablet: []byte("0123456789abcdef"), Bytes: 7}}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := &crewv1.UplinkResponse{}
		if proto.Unmarshal(b, m) != nil {
			return
		}
		s := toSpent(m.GetSpent())
		if again := toSpent(fromSpent(s)); len(s) > maxSpenders || s.Total() < 0 || !reflect.DeepEqual(s, again) {
			t.Fatalf("read %v, wrote and read %v", s, again)
		}
		if d := toLease(m.GetLeaseMs()); d < 0 || d > time.Minute {
			t.Fatalf("a lease of %v", d)
		}
	})
}
