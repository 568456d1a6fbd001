package generate_test

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// TestCalls keeps a call of every kind as it crosses, errors too.
func TestCalls(t *testing.T) {
	type named struct {
		Name string `json:"name"`
		call
	}
	var all []named
	g := newGround(t)
	a, id := g.tablet("tablet A", passenger.Lead)
	keep := func(name string, l *line, err error, code passenger.Code) {
		t.Helper()
		if got := passenger.CodeOf(err); err != nil && got != code || err == nil && code != "" {
			t.Errorf("%s: %v, want %q", name, err, code)
		}
		all = append(all, named{name, l.last})
	}
	open, l := g.dial("")
	device := passenger.PublicKeys{Sign: a.pair.Signer().Public(), Agree: a.pair.Agreer().Public()}
	e, err := open.Enrol(t.Context(), "7F3Q-20WX", "galley 1", passenger.Device{PublicKeys: device})
	keep("enrol", l, err, "")
	if e.Tablet != id {
		t.Errorf("tablet %s", e.Tablet)
	}
	_, err = open.Enrol(t.Context(), "0000-0000", "galley 1", passenger.Device{PublicKeys: device})
	keep("enrol with a code that is used", l, err, passenger.Forbidden)
	_, err = open.Flights(t.Context(), nil)
	keep("without a token", l, err, passenger.SignedOut)

	c, l := g.client(id)
	_, err = c.Flights(t.Context(), nil)
	keep("flights: the key is wrapped for this tablet", l, err, "")
	_, err = c.Flights(t.Context(), map[passenger.FlightID]time.Time{group: leaseEnd})
	keep("flights: the tablet holds the key", l, err, "")
	_, err = c.Start(t.Context(), []crewapi.Holding{{Flight: group, LeaseEnd: leaseEnd, Begun: true}}, 12<<10)
	keep("flights: the tablet holds the key, with a first frame", l, err, "")
	_, err = c.Exchange(t.Context(), *a.do(flightsync.Ask{}).Request)
	keep("exchange: the first", l, err, "")
	req := *a.do(flightsync.Ask{}).Request
	req.Group[0] = 0xff
	_, err = c.Exchange(t.Context(), req)
	keep("exchange about a flight that there is not", l, err, passenger.NotFound)
	req = *a.do(flightsync.Ask{}).Request
	req.Have = slices.Repeat(flightsync.Vector{1}, flightsync.MaxAuthors+1)
	_, err = c.Exchange(t.Context(), req)
	keep("exchange with a vector of too many authors", l, err, passenger.Invalid)

	err = c.Watch(t.Context(), []crewapi.Holding{{Flight: group, Begun: true, Have: flightsync.Vector{1}}}, nil, func(passenger.FlightID, flightsync.Response) error { return nil })
	l.last.Response = inOrder(t, l.last.Response)
	keep("watch: a heartbeat, a frame, the end", l, err, "")

	peer := dialPeer(t, a)
	err = peer.Hello(t.Context(), 8491)
	keep("hello to another tablet", peer.line, err, "")
	_, err = peer.Uplink(t.Context(), uplink.Beat{Group: group, Lease: uplink.Lease, Spent: uplink.Spent{id: 300}})
	keep("uplink: this tablet speaks to ground for all", peer.line, err, "")
	vector(t, "calls.json", all)
}

// inOrder puts the messages of a stream in order of size, the end last: heartbeats come when they
// come.
func inOrder(t *testing.T, b []byte) (out []byte) {
	var parts [][]byte
	for len(b) >= 5 {
		n := 5 + int(binary.BigEndian.Uint32(b[1:]))
		if n > len(b) {
			t.Fatal("a stream that is cut off")
		}
		parts, b = append(parts, b[:n]), b[n:]
	}
	slices.SortStableFunc(parts, func(a, b []byte) int { return int(a[0]&2)*1<<20 + len(a) - int(b[0]&2)*1<<20 - len(b) })
	return slices.Concat(parts...)
}
