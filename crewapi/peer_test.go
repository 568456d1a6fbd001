package crewapi_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// peer is the other tablet made of functions.
type peer struct {
	hello    func(port int) error
	exchange func(flightsync.Request) (flightsync.Response, error)
	uplink   func(uplink.Beat) uplink.Beat
}

func (p peer) Uplink(_ context.Context, b uplink.Beat) (uplink.Beat, error) { return p.uplink(b), nil }

func (p peer) Hello(_ context.Context, port int) error { return p.hello(port) }

func (p peer) Exchange(_ context.Context, req flightsync.Request) (flightsync.Response, error) {
	return p.exchange(req)
}

func servePeer(t *testing.T, p crewapi.Peer, log *bytes.Buffer) *crewapi.PeerClient {
	mux := http.NewServeMux()
	mux.Handle(crewapi.NewPeerHandler(p, crewapi.Options{Now: func() time.Time { return t0 }, Log: slog.New(slog.NewTextHandler(log, nil))}))
	return crewapi.NewPeerClient(crewtest.URL, crewtest.ServeHandler(t, mux))
}

func TestPeerCalls(t *testing.T) {
	var log bytes.Buffer
	want := flightsync.Request{Group: passenger.FlightID{1}, Me: 5, Incarnation: flightsync.Incarnation{2}, Have: flightsync.Vector{1, 0, 3}, Mine: 7, Budget: 100}
	answer := flightsync.Response{Have: flightsync.Vector{1, 2}, Digest: 9, More: true}
	port := 0
	c := servePeer(t, peer{
		hello: func(p int) error { port = p; return nil },
		exchange: func(req flightsync.Request) (flightsync.Response, error) {
			if d := cmp.Diff(want, req); d != "" {
				t.Errorf("request (-want +got)\n%s", d)
			}
			return answer, nil
		},
	}, &log)
	if err := c.Hello(t.Context(), 8491); err != nil || port != 8491 {
		t.Errorf("hello: port %d, %v", port, err)
	}
	got, err := c.Exchange(t.Context(), want)
	answer.Now = t0 // by the answerer's clock
	if d := cmp.Diff(answer, got); d != "" || err != nil {
		t.Errorf("response: %v (-want +got)\n%s", err, d)
	}
}

func TestPeerErrors(t *testing.T) {
	var log bytes.Buffer
	var fail error
	c := servePeer(t, peer{hello: func(int) error { return fail }, exchange: func(flightsync.Request) (flightsync.Response, error) { return flightsync.Response{}, fail }}, &log)
	req := flightsync.Request{Group: passenger.FlightID{1}, Me: flightsync.Nobody}
	for _, code := range []passenger.Code{passenger.Invalid, passenger.NotFound, passenger.Forbidden, passenger.TooMuch, passenger.Unavailable, passenger.Corrupt, passenger.Internal} {
		fail = passenger.Wrap(code, "x.Y", "public words", context.DeadlineExceeded)
		if _, err := c.Exchange(t.Context(), req); passenger.CodeOf(err) != code || passenger.Public(err) != "public words" {
			t.Errorf("%s came as %v", code, err)
		}
		if err := c.Hello(t.Context(), 1); passenger.CodeOf(err) != code {
			t.Errorf("%s of a hello came as %v", code, err)
		}
	}
	fail = nil
	if err := c.Hello(t.Context(), 70000); passenger.CodeOf(err) != passenger.Invalid {
		t.Errorf("a port that is none: %v", err)
	}
	large := req
	op := make([]byte, 16<<10)
	rand.Read(op) // does not compress
	for i := range 64 {
		large.Runs = append(large.Runs, flightsync.Run{Author: 5, First: uint64(i + 1), Ops: [][]byte{op, op}})
	}
	if _, err := c.Exchange(t.Context(), large); passenger.CodeOf(err) != passenger.TooMuch {
		t.Errorf("two megabytes at once: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Exchange(ctx, req); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
	away := crewapi.NewPeerClient(crewtest.URL, &http.Client{Transport: gone{}})
	if _, err := away.Exchange(t.Context(), req); passenger.CodeOf(err) != passenger.Unavailable || strings.Contains(passenger.Public(err), "ground") {
		t.Errorf("an unreachable peer: %v", err)
	}
}

type gone struct{}

func (gone) RoundTrip(*http.Request) (*http.Response, error) { return nil, context.DeadlineExceeded }

// TestPeerUplink: a word about the link crosses both ways, and a lease that no policy gives is cut.
func TestPeerUplink(t *testing.T) {
	var log bytes.Buffer
	want := uplink.Beat{Group: passenger.FlightID{1}, Lease: 60 * time.Second, Spent: uplink.Spent{{1}: 1 << 20, {2}: 3}}
	answer := uplink.Beat{Group: passenger.FlightID{1}, Lease: 9 * time.Minute, Spent: uplink.Spent{{2}: 4}}
	c := servePeer(t, peer{uplink: func(b uplink.Beat) uplink.Beat {
		if d := cmp.Diff(want, b); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
		return answer
	}}, &log)
	got, err := c.Uplink(t.Context(), want)
	answer.Lease = uplink.Lease
	if d := cmp.Diff(answer, got); d != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, d)
	}
}
