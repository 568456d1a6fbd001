package crewapi_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// between stands between tablets and ground and keeps every good answer.
type between struct {
	http.Handler
	kept   map[string][][]byte                                  // by the last part of the path
	answer func(w http.ResponseWriter, call string) (done bool) // nil: pass
	change func(body []byte) []byte                             // of a good answer; nil: none
}

func (p *between) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	if p.answer != nil && p.answer(w, call) {
		return
	}
	if call == "Watch" {
		p.Handler.ServeHTTP(w, r)
		return
	}
	rec := httptest.NewRecorder()
	p.Handler.ServeHTTP(rec, r)
	body, _ := io.ReadAll(rec.Body)
	if rec.Code == http.StatusOK {
		p.kept[call] = append(p.kept[call], body)
		if p.change != nil {
			body = p.change(body)
		}
	}
	for k, v := range rec.Header() {
		w.Header()[k] = v
	}
	w.Header().Del("Content-Length")
	w.WriteHeader(rec.Code)
	w.Write(body)
}

func (p *between) replay(w http.ResponseWriter, body []byte) bool {
	w.Header().Set("Content-Type", "application/proto")
	w.Write(body)
	return true
}

// behind is a tablet behind such a proxy, on a flight.
func behind(t *testing.T) (*crewtest.Ground, *between, *crewapi.Client, *http.Client, *crewtest.Flight) {
	g := crewtest.New(t, func() time.Time { return t0 })
	mux := http.NewServeMux()
	mux.Handle(crewapi.NewHandler(g, crewapi.Options{Now: func() time.Time { return t0 }, Log: slog.New(slog.DiscardHandler)}))
	p := &between{Handler: mux, kept: map[string][][]byte{}}
	hc := crewtest.ServeHandler(t, p)
	id, c := enrolled(t, g, hc)
	f := g.Flight("KL0641/2026-11-21/AMS", t0.Add(2*time.Hour))
	f.Assign(id, passenger.Lead)
	return g, p, c, hc, f
}

// TestAnotherAnswerIsNotBelieved: neither one of another flight, nor an older one of the same, nor
// one to the same question asked before; asked again, ground's own answer is taken.
func TestAnotherAnswerIsNotBelieved(t *testing.T) {
	_, p, c, hc, f := behind(t)
	req := flightsync.Request{Group: f.A.Flight, Me: flightsync.Nobody, Incarnation: flightsync.Incarnation{5}}
	if _, err := c.Exchange(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Flights(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	calls := map[string]func() error{
		"Exchange": func() error { _, err := c.Exchange(t.Context(), req); return err },
		"Flights":  func() error { _, err := c.Flights(t.Context(), nil); return err },
		"Enrol": func() error {
			_, err := client(t, hc, "").Enrol(t.Context(), "CODE", "galley 2", device(t))
			return err
		},
	}
	for name, call := range calls {
		times := 0
		p.answer = func(w http.ResponseWriter, call string) bool { times++; return p.replay(w, p.kept[call][0]) }
		if err := call(); passenger.CodeOf(err) != passenger.Unavailable || !strings.Contains(passenger.Public(err), "mixed up") {
			t.Errorf("%s, always an old answer: %v", name, err)
		}
		if want := map[bool]int{true: 1, false: 2}[name == "Enrol"]; times != want {
			t.Errorf("%s was asked %d times, want %d", name, times, want)
		}
		if name == "Enrol" {
			continue
		}
		times = 0
		p.answer = func(w http.ResponseWriter, call string) bool {
			times++
			return times == 1 && p.replay(w, p.kept[call][0])
		}
		if err := call(); err != nil || times != 2 {
			t.Errorf("%s, once an old answer: %v after %d", name, err, times)
		}
		p.answer = nil
	}
}

// TestAGroundThatSaysNotWhatItAnswers is still worked with while its version says that it is old.
func TestAGroundThatSaysNotWhatItAnswers(t *testing.T) {
	_, p, c, _, f := behind(t)
	req := flightsync.Request{Group: f.A.Flight, Me: flightsync.Nobody, Incarnation: flightsync.Incarnation{5}}
	for version, ok := range map[uint64]bool{0: false, 2: true, crewapi.Version: false} {
		p.change = func(body []byte) []byte {
			out := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), version)
			return append(out, without(body, 1, 9)...)
		}
		if _, err := c.Exchange(t.Context(), req); (err == nil) != ok {
			t.Errorf("an answer of version %d: %v", version, err)
		}
	}
	p.change = func(body []byte) []byte { return without(body, 8, 9) }
	if ds, err := c.Flights(t.Context(), nil); err != nil || len(ds) != 1 {
		t.Errorf("the list of an old ground: %v, %v", ds, err)
	}
}

// without takes fields out of a message.
func without(b []byte, fields ...protowire.Number) (out []byte) {
	for len(b) > 0 {
		n, _, size := protowire.ConsumeField(b)
		keep := true
		for _, f := range fields {
			keep = keep && n != f
		}
		if keep {
			out = append(out, b[:size]...)
		}
		b = b[size:]
	}
	return out
}

// TestAFrameOfAnotherStream ends the stream.
func TestAFrameOfAnotherStream(t *testing.T) {
	_, p, c, _, f := behind(t)
	watch := func() error {
		return c.Watch(t.Context(), []crewapi.Holding{{Flight: f.A.Flight, Begun: true, Have: nil}}, nil,
			func(passenger.FlightID, flightsync.Response) error { return errEnough })
	}
	var stream bytes.Buffer
	p.Handler = tee{p.Handler, &stream}
	if err := watch(); err != errEnough {
		t.Fatal(err)
	}
	p.answer = func(w http.ResponseWriter, _ string) bool {
		w.Header().Set("Content-Type", "application/connect+proto")
		w.Write(stream.Bytes())
		return true
	}
	if err := watch(); passenger.CodeOf(err) != passenger.Unavailable || !strings.Contains(passenger.Public(err), "mixed up") {
		t.Errorf("the frames of another stream: %v", err)
	}
}

var errEnough = passenger.Errorf(passenger.Phase, "test", "enough")

type tee struct {
	http.Handler
	to *bytes.Buffer
}

func (h tee) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.Handler.ServeHTTP(&teeWriter{w, h.to}, r)
}

type teeWriter struct {
	http.ResponseWriter
	to *bytes.Buffer
}

func (w *teeWriter) Write(b []byte) (int, error) { w.to.Write(b); return w.ResponseWriter.Write(b) }
func (w *teeWriter) Flush()                      { w.ResponseWriter.(http.Flusher).Flush() }

// TestWhatIsNotGroundsOwnWord: whatever stands between may answer anything; nothing of it is taken for
// ground's, and nobody is signed out by it.
func TestWhatIsNotGroundsOwnWord(t *testing.T) {
	_, p, c, _, _ := behind(t)
	for name, tt := range map[string]struct {
		status     int
		kind, body string
		code       passenger.Code
		says       string
	}{
		"a page":             {200, "text/html", "<html>accept the terms", passenger.Unavailable, "(200), perhaps a Wi-Fi"},
		"a log-in":           {511, "text/html", "<html>", passenger.Unavailable, "(511), perhaps a Wi-Fi"},
		"another way":        {307, "", "", passenger.Unavailable, "elsewhere (307)"},
		"a gateway":          {502, "text/html", "<html>", passenger.Unavailable, "(502)"},
		"a 401":              {401, "text/html", "<html>", passenger.Unavailable, "(401)"},
		"a word like ours":   {401, "application/json", `{"code":"unauthenticated","message":"log in at the portal"}`, passenger.Unavailable, "(401)"},
		"another service":    {404, "application/json", `{"code":"not_found","message":"another service"}`, passenger.Unavailable, "(404)"},
		"a gateway's error":  {500, "application/json", `{"code":"data_loss","message":"a gateway's own word"}`, passenger.Unavailable, "(500)"},
		"a word and no code": {403, "application/json", `{"message":"Forbidden by gateway"}`, passenger.Unavailable, "(403)"},
		"a limit":            {429, "text/html", "", passenger.TooMuch, "(429)"},
		"JSON":               {200, "application/json", `{"ok":true}`, passenger.Unavailable, "(200)"},
	} {
		p.answer = func(w http.ResponseWriter, _ string) bool {
			if tt.kind != "" {
				w.Header().Set("Content-Type", tt.kind)
			}
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(tt.status)
			io.WriteString(w, tt.body)
			return true
		}
		_, err := c.Flights(t.Context(), nil)
		if passenger.CodeOf(err) != tt.code || !strings.Contains(passenger.Public(err), tt.says) || !strings.Contains(passenger.Public(err), "between this tablet and ground") {
			t.Errorf("%s: %s, %q", name, passenger.CodeOf(err), passenger.Public(err))
		}
	}
	p.answer = nil
	if _, err := client(t, crewtest.ServeHandler(t, p), "0123").Flights(t.Context(), nil); passenger.CodeOf(err) != passenger.SignedOut {
		t.Errorf("ground's own word: %v", err)
	}
}

// TestNoRedirect: the token goes nowhere but to ground, whatever an answer says.
func TestNoRedirect(t *testing.T) {
	told := 0
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { told++ }))
	defer elsewhere.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		front := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, status)
		}))
		roots := front.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		for _, hc := range []*http.Client{front.Client(), crewapi.NewLink(crewapi.LinkOptions{Roots: roots}).Client()} {
			c, err := crewapi.NewClient(front.URL, "secret", hc)
			if err != nil {
				t.Fatal(err)
			}
			_, flights := c.Flights(t.Context(), nil)
			_, enrol := c.Enrol(t.Context(), "CODE", "galley", device(t))
			watch := c.Watch(t.Context(), nil, nil, nil)
			peer := crewapi.NewPeerClient(front.URL, hc).Hello(t.Context(), 1)
			for _, err := range []error{flights, enrol, watch, peer} {
				if passenger.CodeOf(err) != passenger.Unavailable {
					t.Errorf("%d: %v", status, err)
				}
			}
			hc.CloseIdleConnections()
		}
		front.Close()
	}
	if told > 0 {
		t.Errorf("%d calls went elsewhere", told)
	}
}
