// Package links_test drives the real tablet and the real handler over emulated satellite links,
// in virtual time: hours of waiting take seconds, and the same seed has the same luck.
package links_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/internal/link"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// seeds is how many cold starts each link sees; shortSeeds with -short.
const seeds, shortSeeds = 50, 10

const (
	host = "ground.test"
	key  = "KL0641/2000-01-02/AMS" // a bubble begins at the first of January 2000
)

// TestTimeToFirstNote starts a tablet cold (no connection, nothing in memory) and waits until its
// page shows a note that it did not hold. Goals: reference/flight-sync.md E.9 and E.10.
func TestTimeToFirstNote(t *testing.T) {
	certificate, starts := newCertificate(t), uint64(seeds)
	if testing.Short() {
		starts = shortSeeds
	}
	for _, tt := range []struct {
		name     string
		known    bool // the tablet has synced the flight before; a note was written since
		profile  link.Profile
		p50, p95 time.Duration
	}{
		{"new note", true, link.Satcom700, 2500 * time.Millisecond, 6 * time.Second},
		{"new note", true, link.Satcom2000, 30 * time.Second, 30 * time.Second},
		// Three round trips are 2.1 s: connect, TLS, the list of flights with its first frames.
		{"first load", false, link.Satcom700, 2500 * time.Millisecond, 6 * time.Second},
		{"first load", false, link.Satcom2000, 30 * time.Second, 30 * time.Second},
	} {
		t.Run(tt.profile.Name+"/"+tt.name, func(t *testing.T) {
			var times []time.Duration
			var bytes, turns, conns []int
			for seed := range starts {
				synctest.Test(t, func(t *testing.T) {
					took, s := coldStart(t, tt.profile, tt.known, seed, certificate)
					times = append(times, took)
					bytes, turns, conns = append(bytes, int(s.Up+s.Down)), append(turns, s.Turns), append(conns, s.Conns)
				})
			}
			p50, p95 := part(times, 50), part(times, 95)
			t.Logf("%d cold starts: first note p50 %v, p95 %v, longest %v; medians: %d bytes, %d turns, %d connections", len(times),
				p50.Round(time.Millisecond), p95.Round(time.Millisecond), slices.Max(times).Round(time.Millisecond), part(bytes, 50), part(turns, 50), part(conns, 50))
			if p50 > tt.p50 || p95 > tt.p95 {
				t.Errorf("p50 %v, p95 %v, want at most %v and %v", p50, p95, tt.p50, tt.p95)
			}
		})
	}
}

// part returns the value below which percent of the values are.
func part[T int | time.Duration](values []T, percent int) T {
	if len(values) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(values))
	return s[min(len(s)-1, len(s)*percent/100)]
}

// coldStart returns when the first note was readable, counted from the start of the program.
func coldStart(t *testing.T, p link.Profile, known bool, seed uint64, certificate tls.Certificate) (time.Duration, link.Stats) {
	ground := crewtest.New(t, time.Now)
	lis := link.NewListener()
	serve(t, ground, lis, certificate)
	flight := ground.Flight(key, time.Now().Add(24*time.Hour))
	people := load(flight)

	dir := t.TempDir()
	a := open(t, dir, client(t, link.New(link.Profile{}, seed).To(lis), certificate))
	if err := a.Enrol(t.Context(), "https://"+host, "CODE", "galley"); err != nil {
		t.Fatal(err)
	}
	st, err := a.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	flight.Assign(st.Tablet, passenger.Lead)
	held := 0
	if known {
		if _, err := a.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		held = len(people)
		if page, err := a.Flight(t.Context(), key); err != nil || len(page.Cards) != held {
			t.Fatalf("%d notes before the start, want %d; %v", len(page.Cards), held, err)
		}
		write(flight, flightsync.Traveller{No: 360, Name: "Mx Z. Sample360", Seat: "44K"}, passenger.First)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}

	l := link.New(p, seed)
	start := time.Now()
	a = open(t, dir, client(t, l.To(lis), certificate))
	changed := make(chan struct{}, 1)
	defer a.OnChange(func(passenger.FlightKey) {
		select {
		case changed <- struct{}{}:
		default:
		}
	})()
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	var running sync.WaitGroup
	running.Go(func() { a.Run(ctx) })
	defer func() { cancel(); running.Wait(); a.Close() }()
	for {
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatal("no note within an hour: stuck")
		}
		if page, err := a.Flight(t.Context(), key); err == nil && len(page.Cards) > held {
			return time.Since(start), l.Stats()
		}
	}
}

// load writes a long-haul flight, notes for some of its 360 travellers first, and returns those.
func load(f *crewtest.Flight) (noted []flightsync.Traveller) {
	var people []flightsync.Traveller
	for i := range 360 {
		people = append(people, flightsync.Traveller{No: passenger.TravellerNo(i + 1), Name: fmt.Sprintf("Mx %c. Sample%03d", 'A'+i%26, i*7%360),
			Seat: passenger.Seat(fmt.Sprintf("%d%c", 1+i/9, "ABCDEFGHK"[i%9])), Tier: []string{"", "", "silver", "gold"}[i%4]})
	}
	for i := range passenger.MaxNotesPerFlight {
		write(f, people[29*i], passenger.Priority(1+i%3))
		noted = append(noted, people[29*i])
	}
	f.Write(flightsync.Manifest, flightsync.PageDrafts(people)...)
	return noted
}

func write(f *crewtest.Flight, p flightsync.Traveller, priority passenger.Priority) {
	f.Note(passenger.Note{Traveller: p.No, Name: p.Name, Seat: p.Seat, Tier: p.Tier, Priority: priority, Moment: passenger.AtMeal,
		Happened: []passenger.Phrase{{Code: "h.meal", Args: []string{"KL0701", "1999-12-12"}}}, Do: []passenger.Phrase{{Code: "d.apologise"}, {Code: "d.meal_first"}},
		DoNot: []passenger.Phrase{{Code: "n.promise_money"}}, Why: []passenger.PhraseCode{"w.still_open"}, Expires: f.A.STA.Add(48 * time.Hour)})
}

func open(t *testing.T, dir string, hc *http.Client) *tablet.Agent {
	a, err := tablet.Open(tablet.Config{Dir: dir, Now: time.Now, Rand: rand.Reader, HTTP: hc, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// serve puts the real handler behind TLS.
func serve(t *testing.T, g *crewtest.Ground, lis *link.Listener, certificate tls.Certificate) {
	mux := http.NewServeMux()
	mux.Handle(crewapi.NewHandler(g, crewapi.Options{Now: time.Now, Log: slog.New(slog.DiscardHandler)}))
	srv := &http.Server{Handler: mux, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}}, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	var serving sync.WaitGroup
	serving.Go(func() { srv.ServeTLS(lis, "", "") })
	t.Cleanup(func() { srv.Close(); serving.Wait(); time.Sleep(time.Hour) })
}

// client is a tablet's link on another road.
func client(t *testing.T, dial link.DialFunc, certificate tls.Certificate) *http.Client {
	hc := newLink(dial, certificate).Client()
	t.Cleanup(hc.CloseIdleConnections)
	return hc
}

func newLink(dial link.DialFunc, certificate tls.Certificate) *crewapi.Link {
	return crewapi.NewLink(crewapi.LinkOptions{Dial: dial, Roots: rootsOf(certificate), Now: time.Now})
}

func rootsOf(certificate tls.Certificate) *x509.CertPool {
	roots := x509.NewCertPool()
	roots.AddCert(certificate.Leaf)
	return roots
}

// newCertificate makes a certificate that is good in a bubble's time.
func newCertificate(t *testing.T) tls.Certificate {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k, Leaf: leaf}
}
