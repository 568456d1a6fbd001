package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/internal/cli"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

const now = "2026-11-21T08:00:00Z"

func at(t *testing.T) time.Time {
	t.Helper()
	tm, err := time.Parse(time.RFC3339, now)
	if err != nil {
		t.Fatal(err)
	}
	return tm
}

// run runs one command the way main does, and returns its one JSON document.
func run(t *testing.T, dir string, cmd interface{ Run(*app) error }) (map[string]any, error) {
	t.Helper()
	var out bytes.Buffer
	g := globals{Data: dir, JSON: true}
	g.Now = now
	a, err := newApp(t.Context(), cli.IO{Out: &out, Err: t.Output(), JSON: true}, g)
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	runErr := cmd.Run(a)
	if out.Len() == 0 {
		return nil, runErr
	}
	dec := json.NewDecoder(&out)
	var doc map[string]any
	if err := dec.Decode(&doc); err != nil {
		t.Fatalf("not JSON: %v", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		t.Errorf("more than one document on standard output")
	}
	return doc, runErr
}

func must(t *testing.T, dir string, cmd interface{ Run(*app) error }) map[string]any {
	t.Helper()
	doc, err := run(t, dir, cmd)
	if err != nil {
		t.Fatalf("%T: %v", cmd, err)
	}
	return doc
}

func groundOverTCP(t *testing.T) (*crewtest.Ground, string) {
	g := crewtest.New(t, func() time.Time { return at(t) })
	mux := http.NewServeMux()
	mux.Handle(crewapi.NewHandler(g, crewapi.Options{Now: func() time.Time { return at(t) }, Log: slog.New(slog.DiscardHandler)}))
	srv := httptest.NewUnstartedServer(mux)
	srv.Config.Protocols = new(http.Protocols)
	srv.Config.Protocols.SetHTTP1(true)
	srv.Config.Protocols.SetUnencryptedHTTP2(true)
	srv.Start()
	t.Cleanup(srv.Close)
	return g, srv.URL
}

// onFlight enrols a tablet and puts it on a flight with one note.
func onFlight(t *testing.T) (dir string, f *crewtest.Flight) {
	g, url := groundOverTCP(t)
	dir = filepath.Join(t.TempDir(), "data")
	doc := must(t, dir, &enrolCmd{Ground: url, Code: "CODE", Name: "galley"})
	var id passenger.TabletID
	if err := id.UnmarshalText([]byte(doc["tablet"].(string))); err != nil {
		t.Fatal(err)
	}
	f = g.Flight("KL0641/2026-11-21/AMS", at(t).Add(2*time.Hour))
	f.Assign(id, passenger.Lead)
	f.Write(flightsync.Manifest, flightsync.PageDrafts([]flightsync.Traveller{{No: 1, Name: "Ms J. Jansen", Seat: "14C"}})...)
	f.Note(passenger.Note{Traveller: 1, Name: "Ms J. Jansen", Seat: "14C", Priority: passenger.First, Moment: passenger.AtMeal,
		Happened: []passenger.Phrase{{Code: "h.meal", Args: []string{"KL0641", "2026-05-12"}}},
		Do:       []passenger.Phrase{{Code: "d.apologise"}}, Expires: at(t).Add(72 * time.Hour)})
	return dir, f
}

func TestTheWayOfANote(t *testing.T) {
	dir, f := onFlight(t)
	rep := must(t, dir, &syncCmd{Once: true})
	if rep["flights"] != 1.0 || rep["pending"] != 0.0 || rep["received"] == 0.0 {
		t.Errorf("sync: %v", rep)
	}
	flights := must(t, dir, &flightsCmd{})["flights"].([]any)
	if row := flights[0].(map[string]any); len(flights) != 1 || row["flight"] != "KL0641/2026-11-21/AMS" || row["notes"] != 1.0 || row["role"] != "lead" {
		t.Errorf("flights: %v", flights)
	}
	notes := must(t, dir, &notesCmd{Flight: "kl641", Lang: "en"})["notes"].([]any)
	n := notes[0].(map[string]any)
	if n["note"] != "3.1" || n["seat"] != "14C" || n["name"] != "Ms J. Jansen" || n["marks"] != "" || n["moment"] != "meal" ||
		n["happened"].([]any)[0] != "Meal not as it should be, KL0641, 12 May" || n["do"].([]any)[0] != "Say sorry, briefly and in person" {
		t.Errorf("note: %v", n)
	}
	card := must(t, dir, &feedbackCmd{Flight: "KL0641", Note: "3.1", Outcome: "acted", Gesture: "drink", Quantity: 1, Reaction: "pleased"})
	if card["marks"] != "✓" || card["outcome"].(map[string]any)["outcome"] != "acted" || len(card["gestures"].([]any)) != 1 {
		t.Errorf("feedback: %v", card)
	}
	if st := must(t, dir, &statusCmd{}); st["issued"] != 3.0 || st["on_ground"] != 1.0 || st["pending"] != 2.0 || st["enrolled"] != true {
		t.Errorf("status: %v", st)
	}
	must(t, dir, &syncCmd{Once: true})
	if st := must(t, dir, &statusCmd{}); st["issued"] != 3.0 || st["on_ground"] != 3.0 || st["pending"] != 0.0 {
		t.Errorf("status on ground: %v", st)
	}
	if s := f.View().Sums(); s.Acted != 1 || !s.Close() {
		t.Errorf("sums: %+v", s)
	}
	if doc := must(t, dir, &doctorCmd{}); doc["ok"] != true {
		t.Errorf("doctor: %v", doc)
	}
}

func TestWrongUse(t *testing.T) {
	dir, _ := onFlight(t)
	for name, cmd := range map[string]interface{ Run(*app) error }{
		"note":    &feedbackCmd{Flight: "KL0641", Note: "three", Outcome: "acted"},
		"reason":  &feedbackCmd{Flight: "KL0641", Note: "3.1", Outcome: "not-possible"},
		"hand-in": &handInCmd{Flight: "KL0641", Anyway: "tired"},
		"lan":     &serveCmd{Listen: "127.0.0.1:0", LAN: "8491"},
		"peer":    &serveCmd{Listen: "127.0.0.1:0", LAN: ":0", Peer: []string{"no address"}},
		"alone":   &serveCmd{Listen: "127.0.0.1:0", Peer: []string{"10.0.0.1"}},
		"network": &serveCmd{Listen: "0.0.0.0:0"},
		"port":    &serveCmd{Listen: "127.0.0.1"},
	} {
		if _, err := run(t, dir, cmd); !isUsage(err) {
			t.Errorf("%s: %v, want a usage error", name, err)
		}
	}
	for name, c := range map[string]struct {
		cmd  interface{ Run(*app) error }
		want passenger.Code
	}{
		"no such flight": {&notesCmd{Flight: "KL0999"}, passenger.NotFound},
		"no such note":   {&feedbackCmd{Flight: "KL0641", Note: "3.9", Outcome: "acted"}, passenger.NotFound},
		"bad code":       {&enrolCmd{Ground: "http://127.0.0.1:1", Code: "x"}, passenger.Unavailable},
		"in the clear":   {&enrolCmd{Ground: "http://ground.example", Code: "x"}, passenger.Invalid},
	} {
		if _, err := run(t, dir, c.cmd); passenger.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if _, err := run(t, t.TempDir(), &syncCmd{Once: true}); passenger.CodeOf(err) != passenger.SignedOut {
		t.Errorf("sync before enrolment: %v", err)
	}
	if doc, err := run(t, t.TempDir(), &doctorCmd{}); err == nil || doc["ok"] != false {
		t.Errorf("doctor before enrolment: %v, %v", doc, err)
	}
}

func isUsage(err error) bool { _, ok := err.(cli.UsageError); return ok }

// TestServe starts the program on a port of the system's choice, reads its pages, and stops it.
func TestServe(t *testing.T) {
	dir, _ := onFlight(t)
	for _, token := range []bool{false, true} {
		ctx, stop := context.WithCancel(t.Context())
		said, stderr := io.Pipe()
		g := globals{Data: dir}
		g.Now = now
		a, err := newApp(ctx, cli.IO{Out: io.Discard, Err: stderr}, g)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.open(); err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- a.serve(l, serveCmd{Token: token}); stderr.Close() }()
		lines := make(chan string, 100)
		go func() {
			b := make([]byte, 4096)
			for {
				n, err := said.Read(b)
				if err != nil {
					close(lines)
					return
				}
				select {
				case lines <- string(b[:n]):
				default:
				}
			}
		}()
		line := <-lines
		url, ok := strings.CutPrefix(strings.TrimSpace(line), "purser: listening on ")
		if !ok {
			t.Fatalf("it said %q", line)
		}
		if got := get(t, "http://"+l.Addr().String()+"/"); (got == http.StatusOK) == token {
			t.Errorf("token %v: a browser without one got %d", token, got)
		}
		if got := get(t, url); !token && got != http.StatusOK || token && got != http.StatusSeeOther {
			t.Errorf("token %v: the printed address answered %d", token, got)
		}
		if _, err := run(t, dir, &statusCmd{}); passenger.CodeOf(err) != passenger.Unavailable || !strings.Contains(passenger.Public(err), "purser serve") {
			t.Errorf("a second program on the data: %v", err)
		}
		stop()
		if err := <-ended; err != nil {
			t.Errorf("it ended with %v", err)
		}
		a.close()
	}
	must(t, dir, &statusCmd{})
}

func get(t *testing.T, url string) int {
	t.Helper()
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

// TestLinkFlags: how the way to ground is used is checked, kept and shown.
func TestLinkFlags(t *testing.T) {
	dir, _ := onFlight(t)
	var usage cli.UsageError
	if _, err := run(t, dir, &syncCmd{Once: true, linkFlags: linkFlags{Link: "pigeon"}}); !errors.As(err, &usage) {
		t.Errorf("a way that is none: %v", err)
	}
	must(t, dir, &syncCmd{Once: true, linkFlags: linkFlags{Link: "satcom", Purse: 64, NoPQ: true}})
	link := must(t, dir, &statusCmd{})["link"].(map[string]any)
	if link["setting"] != "satcom" || link["class"] != "satcom" || link["used"].(float64) < 1000 || link["flight"] != "KL0641/2026-11-21/AMS" || link["purse"] != float64(128<<10) {
		t.Errorf("after a sync over satcom: %v", link)
	}
	must(t, dir, &syncCmd{Once: true, linkFlags: linkFlags{Link: "gate"}})
	if now := must(t, dir, &statusCmd{})["link"].(map[string]any); now["setting"] != "gate" || now["used"] != link["used"] {
		t.Errorf("at the gate: %v, before %v", now, link)
	}
}
