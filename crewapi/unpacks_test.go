package crewapi_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/crewapi/pack"
	"github.com/cabinloop/cabinloop/crewapi/pack/invented"
	"github.com/cabinloop/cabinloop/passenger"
	crewv1 "github.com/cabinloop/cabinloop/proto/gen/crew/v1"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// TestTheNewestPackingThatBothKnow: runs go packed the oldest way until ground says what it knows,
// and again after it said that it does not know one.
func TestTheNewestPackingThatBothKnow(t *testing.T) {
	g := crewtest.New(t, func() time.Time { return t0 })
	var failure error
	hc := serve(t, stub{Ground: g, exchange: func(flightsync.Request) (flightsync.Response, error) { return flightsync.Response{}, failure }}, &bytes.Buffer{})
	e, err := client(t, hc, "").Enrol(t.Context(), "CODE", "galley 1", device(t))
	if err != nil {
		t.Fatal(err)
	}
	var sent []uint32
	hc.Transport = listener{hc.Transport, func(b []byte) {
		var m crewv1.ExchangeRequest
		if err := proto.Unmarshal(b, &m); err != nil {
			t.Error(err)
		}
		for _, r := range m.GetRuns() {
			sent = append(sent, r.GetDict())
		}
	}}
	c := client(t, hc, e.Token)
	run := flightsync.Run{Author: 4, First: 1, Ops: invented.Outcomes(1, 20, invented.Unseen)}
	older := passenger.Errorf(passenger.Unavailable, "a.B", "entries are packed in a newer way")
	for _, failure = range []error{nil, nil, older, nil, passenger.Errorf(passenger.TooMuch, "a.B", "busy"), nil} {
		if _, err := c.Exchange(t.Context(), flightsync.Request{Group: passenger.FlightID{1}, Me: 4, Runs: []flightsync.Run{run}}); passenger.CodeOf(err) != passenger.CodeOf(failure) {
			t.Fatal(err)
		}
	}
	want := []uint32{pack.V1, pack.V2, pack.V2, pack.V1, pack.V2, pack.V2}
	if !slices.Equal(sent, want) {
		t.Errorf("runs went with %v, want %v", sent, want)
	}
}

// listener hands on the messages of exchanges.
type listener struct {
	http.RoundTripper
	hear func([]byte)
}

func (l listener) RoundTrip(q *http.Request) (*http.Response, error) {
	if strings.HasSuffix(q.URL.Path, "/Exchange") {
		b, err := io.ReadAll(q.Body)
		if err != nil {
			return nil, err
		}
		q.Body = io.NopCloser(bytes.NewReader(b))
		if q.Header.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(bytes.NewReader(b))
			if err != nil {
				return nil, err
			}
			if b, err = io.ReadAll(z); err != nil {
				return nil, err
			}
		}
		l.hear(b)
	}
	return l.RoundTripper.RoundTrip(q)
}
