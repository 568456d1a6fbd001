package crewapi_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	"github.com/cabinloop/cabinloop/proto/gen/crew/v1/crewv1connect"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

var t0 = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

// stub is a ground made of functions.
type stub struct {
	*crewtest.Ground
	exchange func(flightsync.Request) (flightsync.Response, error)
	watch    func(context.Context, func(passenger.FlightID, flightsync.Response) error) error
}

func (s stub) Exchange(_ context.Context, _ passenger.TabletID, req flightsync.Request) (flightsync.Response, error) {
	return s.exchange(req)
}

func (s stub) Watch(ctx context.Context, _ passenger.TabletID, _ map[passenger.FlightID]flightsync.Vector, send func(passenger.FlightID, flightsync.Response) error) error {
	return s.watch(ctx, send)
}

func serve(t *testing.T, g crewapi.Ground, log *bytes.Buffer) *http.Client {
	mux := http.NewServeMux()
	mux.Handle(crewapi.NewHandler(g, crewapi.Options{Now: func() time.Time { return t0 },
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))}))
	return crewtest.ServeHandler(t, mux)
}

func client(t *testing.T, hc *http.Client, token string) *crewapi.Client {
	t.Helper()
	c, err := crewapi.NewClient(crewtest.URL, token, hc)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func enrolled(t *testing.T, g *crewtest.Ground, hc *http.Client) (passenger.TabletID, *crewapi.Client) {
	t.Helper()
	e, err := client(t, hc, "").Enrol(t.Context(), "CODE", "galley 1", device(t))
	if err != nil {
		t.Fatal(err)
	}
	if want := (passenger.PublicKeys{Sign: g.Keys.Signer().Public(), Agree: g.Keys.Agreer().Public()}); !cmp.Equal(want, e.Ground) {
		t.Errorf("ground's keys: %s", cmp.Diff(want, e.Ground))
	}
	return e.Tablet, client(t, hc, e.Token)
}

// device makes the keys of a device.
func device(t *testing.T) passenger.Device {
	t.Helper()
	p, err := keys.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return passenger.Device{PublicKeys: passenger.PublicKeys{Sign: p.Signer().Public(), Agree: p.Agreer().Public()}}
}

func TestCallsThereAndBack(t *testing.T) {
	g := crewtest.New(t, func() time.Time { return t0 })
	hc := crewtest.Serve(t, g)
	id, c := enrolled(t, g, hc)
	f := g.Flight("KL0641/2026-11-21/AMS", t0.Add(2*time.Hour))
	f.Assign(id, passenger.Lead)
	ds, err := c.Flights(t.Context(), nil)
	if err != nil || len(ds) != 1 || len(ds[0].WrappedKey) == 0 {
		t.Fatalf("flights: %+v, %v", ds, err)
	}
	end := f.A.STA.Add(passenger.NoteLifeAfterSTA)
	want := passenger.Duty{Assignment: f.A, LeaseEnd: end}
	want.Role = passenger.Lead
	ds, err = c.Flights(t.Context(), map[passenger.FlightID]time.Time{f.A.Flight: end})
	if d := cmp.Diff([]passenger.Duty{want}, ds); d != "" || err != nil {
		t.Fatalf("flights with the key here: %v (-want +got)\n%s", err, d)
	}
	if ds, err = c.Flights(t.Context(), map[passenger.FlightID]time.Time{f.A.Flight: end.Add(-time.Hour)}); err != nil || len(ds[0].WrappedKey) == 0 {
		t.Errorf("flights with the key of another lease: %+v, %v", ds, err)
	}
	res, err := c.Exchange(t.Context(), flightsync.Request{Group: f.A.Flight, Me: flightsync.Nobody, Incarnation: flightsync.Incarnation{5}})
	if err != nil || len(res.Runs) != 1 || len(res.Runs[0].Sig) != keys.SignatureSize || len(res.Runs[0].Ops) != 2 {
		t.Fatalf("exchange: %+v, %v", res, err)
	}
	got := 0
	stop := errors.New("enough")
	err = c.Watch(t.Context(), []crewapi.Holding{{Flight: f.A.Flight, Begun: true}}, nil, func(_ passenger.FlightID, r flightsync.Response) error {
		got = len(r.Runs[0].Ops)
		return stop
	})
	if !errors.Is(err, stop) || got != 2 {
		t.Errorf("watch: %d ops, %v", got, err)
	}
}

func TestWhoMayCall(t *testing.T) {
	g := crewtest.New(t, func() time.Time { return t0 })
	hc := crewtest.Serve(t, g)
	for name, token := range map[string]string{"no token": "", "unknown token": "0123"} {
		c := client(t, hc, token)
		if _, err := c.Flights(t.Context(), nil); passenger.CodeOf(err) != passenger.SignedOut {
			t.Errorf("%s, flights: %v, want signed_out", name, err)
		}
		if _, err := c.Exchange(t.Context(), flightsync.Request{}); passenger.CodeOf(err) != passenger.SignedOut {
			t.Errorf("%s, exchange: %v, want signed_out", name, err)
		}
		run := flightsync.SealedRun{Author: 4, First: 1, Ops: [][]byte{make([]byte, 100)}}
		if _, err := c.Deliver(t.Context(), passenger.FlightID{1}, []flightsync.SealedRun{run}); passenger.CodeOf(err) != passenger.SignedOut {
			t.Errorf("%s, deliver: %v, want signed_out", name, err)
		}
		if err := c.Watch(t.Context(), nil, nil, nil); passenger.CodeOf(err) != passenger.SignedOut {
			t.Errorf("%s, watch: %v, want signed_out", name, err)
		}
	}
	_, c := enrolled(t, g, hc)
	if _, err := c.Enrol(t.Context(), "CODE", "again", device(t)); passenger.CodeOf(err) != passenger.Forbidden {
		t.Errorf("a code used twice: %v, want forbidden", err)
	}
	f := g.Flight("KL0642/2026-11-21/AMS", t0)
	if _, err := c.Exchange(t.Context(), flightsync.Request{Group: f.A.Flight}); passenger.CodeOf(err) != passenger.Forbidden {
		t.Errorf("somebody else's flight: %v, want forbidden", err)
	}
	if _, err := c.Exchange(t.Context(), flightsync.Request{Group: passenger.FlightID{99}}); passenger.CodeOf(err) != passenger.NotFound {
		t.Errorf("no flight: %v, want not_found", err)
	}
	if _, err := c.Enrol(t.Context(), "CODE", "x", passenger.Device{}); passenger.CodeOf(err) != passenger.Invalid {
		t.Errorf("no keys: %v, want invalid", err)
	}
	if _, err := c.Enrol(t.Context(), "CODE", "", device(t)); passenger.CodeOf(err) != passenger.Invalid {
		t.Errorf("an empty device name: %v, want invalid", err)
	}
}

func TestEnrolIsCounted(t *testing.T) {
	hc := crewtest.Serve(t, crewtest.New(t, func() time.Time { return t0 }))
	c, keys := client(t, hc, ""), device(t)
	for i := range 30 {
		_, err := c.Enrol(t.Context(), "guess", "x", keys)
		if code := passenger.CodeOf(err); i < 20 && code != passenger.Forbidden || i >= 20 && code != passenger.TooMuch {
			t.Fatalf("guess %d: %v", i, err)
		}
	}
}

func TestErrorsCrossWithPublicTextOnly(t *testing.T) {
	var log bytes.Buffer
	g := crewtest.New(t, func() time.Time { return t0 })
	var answer error
	hc := serve(t, stub{Ground: g, exchange: func(flightsync.Request) (flightsync.Response, error) { return flightsync.Response{}, answer }}, &log)
	_, c := enrolled(t, g, hc)
	for _, code := range passenger.Codes {
		answer = passenger.Wrap(code, "a.B", "public words", errors.New("hidden cause"))
		_, err := c.Exchange(t.Context(), flightsync.Request{})
		if passenger.CodeOf(err) != code || passenger.Public(err) != "public words" || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s came as %v", code, err)
		}
	}
	if !strings.Contains(log.String(), "hidden cause") {
		t.Error("the cause is not in ground's log")
	}
}

// TestRefusalsDoNotFloodTheLog: what a tablet is refused with each of its calls about a flight is a
// warning now and then, with how often it was; about another flight it is news.
func TestRefusalsDoNotFloodTheLog(t *testing.T) {
	var log bytes.Buffer
	g := crewtest.New(t, func() time.Time { return t0 })
	hc := serve(t, stub{Ground: g, exchange: func(flightsync.Request) (flightsync.Response, error) {
		return flightsync.Response{}, passenger.Errorf(passenger.Forbidden, "a.B", "you speak for another one")
	}}, &log)
	_, c := enrolled(t, g, hc)
	for range 25 {
		if _, err := c.Exchange(t.Context(), flightsync.Request{Group: passenger.FlightID{1}}); passenger.CodeOf(err) != passenger.Forbidden {
			t.Fatal(err)
		}
	}
	count := func() int { return strings.Count(log.String(), "level=WARN") }
	if count() != 2 || !strings.Contains(log.String(), "n=10") {
		t.Errorf("%d warnings about 25 refusals, want one and one for ten:\n%s", count(), &log)
	}
	if c.Exchange(t.Context(), flightsync.Request{Group: passenger.FlightID{2}}); count() != 3 {
		t.Errorf("%d warnings, another flight is news", count())
	}
}

// TestBusyGround: what a full queue looks like at the wire, to any client and to ours.
func TestBusyGround(t *testing.T) {
	g := crewtest.New(t, func() time.Time { return t0 })
	hc := serve(t, stub{Ground: g, exchange: func(flightsync.Request) (flightsync.Response, error) {
		busy := passenger.Errorf(passenger.TooMuch, "a.B", "ground is busy")
		busy.RetryAfter = 1500 * time.Millisecond
		return flightsync.Response{}, busy
	}}, &bytes.Buffer{})
	e, err := client(t, hc, "").Enrol(t.Context(), "CODE", "galley 1", device(t))
	if err != nil {
		t.Fatal(err)
	}
	_, err = client(t, hc, e.Token).Exchange(t.Context(), flightsync.Request{})
	if passenger.CodeOf(err) != passenger.TooMuch || passenger.RetryAfter(err) != 2*time.Second || passenger.Public(err) != "ground is busy" {
		t.Errorf("exchange: %v, retry after %v", err, passenger.RetryAfter(err))
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, crewtest.URL+crewv1connect.TabletServiceExchangeProcedure, strings.NewReader(`{"group":"AAAAAAAAAAA=","incarnation":"AAAAAAAAAAA=","version":2}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+e.Token)
	res, err := hc.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") != "2" || !bytes.Contains(body, []byte(`"code":"resource_exhausted"`)) {
		t.Errorf("HTTP: %s, Retry-After %q, %s, %v", res.Status, res.Header.Get("Retry-After"), body, err)
	}
}

func TestPanicIsInternal(t *testing.T) {
	var log bytes.Buffer
	g := crewtest.New(t, func() time.Time { return t0 })
	hc := serve(t, stub{Ground: g, exchange: func(flightsync.Request) (flightsync.Response, error) { panic("boom") }}, &log)
	_, c := enrolled(t, g, hc)
	if _, err := c.Exchange(t.Context(), flightsync.Request{}); passenger.CodeOf(err) != passenger.Internal || strings.Contains(err.Error(), "boom") {
		t.Errorf("a panic came as %v", err)
	}
	if !strings.Contains(log.String(), "boom") {
		t.Error("the panic is not in the log")
	}
}

func TestLogHoldsNoContent(t *testing.T) {
	var log bytes.Buffer
	g := crewtest.New(t, func() time.Time { return t0 })
	hc := serve(t, stub{Ground: g, exchange: func(r flightsync.Request) (flightsync.Response, error) {
		return flightsync.Response{Runs: r.Runs}, nil
	}}, &log)
	e, err := client(t, hc, "").Enrol(t.Context(), "CODE", "galley 1", device(t))
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, hc, e.Token)
	if _, err := c.Exchange(t.Context(), flightsync.Request{Runs: []flightsync.Run{{First: 1, Ops: [][]byte{[]byte("Ms J. Jansen in 14C")}}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Exchange(t.Context(), flightsync.Request{Me: 0, Runs: []flightsync.Run{{First: 0, Ops: [][]byte{[]byte("Ms J. Jansen in 14C")}}}}); passenger.CodeOf(err) != passenger.Invalid {
		t.Fatalf("a run from 0: %v", err)
	}
	if !strings.Contains(log.String(), "Exchange") {
		t.Fatal("nothing was logged")
	}
	for _, secret := range []string{"Jansen", "14C", e.Token, "CODE"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

func TestTooLargeMessageIsRefused(t *testing.T) {
	g := crewtest.New(t, func() time.Time { return t0 })
	hc := crewtest.Serve(t, g)
	_, c := enrolled(t, g, hc)
	big := make([]byte, 2<<20)
	rand.Read(big) // never fails (crypto/rand)
	req := flightsync.Request{Runs: []flightsync.Run{{First: 1, Ops: [][]byte{big}}}}
	if _, err := c.Exchange(t.Context(), req); passenger.CodeOf(err) != passenger.TooMuch {
		t.Errorf("2 MiB in one message: %v, want too_much", err)
	}
}

func TestPlainHTTPIsForThisMachine(t *testing.T) {
	for url, ok := range map[string]bool{
		"https://ground.example": true, "http://localhost:8080": true, "http://127.0.0.1:8080/": true, "http://[::1]:80": true,
		"http://ground.example": false, "http://10.0.0.1": false, "ftp://localhost": false, "ground.example": false, "": false, "https://u:p@ground.example": false,
	} {
		if _, err := crewapi.NewClient(url, "", nil); (err == nil) != ok {
			t.Errorf("%q: %v", url, err)
		}
	}
}

func TestUnreachableGroundIsUnavailable(t *testing.T) {
	hc := crewtest.ServeHandler(t, http.NotFoundHandler())
	_, err := client(t, hc, "x").Flights(t.Context(), nil)
	if passenger.CodeOf(err) != passenger.Unavailable {
		t.Errorf("something that is no ground: %v, want unavailable", err)
	}
}

// TestStreamLives: heartbeats keep a quiet stream up; a stream without them ends.
func TestStreamLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := crewtest.New(t, func() time.Time { return t0 })
		start := time.Now()
		hc := serve(t, stub{Ground: g, watch: func(ctx context.Context, send func(passenger.FlightID, flightsync.Response) error) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(10 * time.Minute):
				return nil
			}
		}}, &bytes.Buffer{})
		_, c := enrolled(t, g, hc)
		stood := false
		if err := c.Watch(t.Context(), nil, func() { stood = true }, nil); err != nil || !stood || time.Since(start) != 10*time.Minute {
			t.Errorf("a quiet stream ended after %v with %v, stood = %v", time.Since(start), err, stood)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		hc := crewtest.ServeHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/connect+proto")
			w.WriteHeader(200)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}))
		start := time.Now()
		if err := client(t, hc, "x").Watch(t.Context(), nil, nil, nil); passenger.CodeOf(err) != passenger.Unavailable || time.Since(start) != 45*time.Second {
			t.Errorf("a silent stream ended after %v with %v", time.Since(start), err)
		}
	})
}
