package crewapi_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"log/slog"
	"math/big"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/internal/link"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

const overTLS = "https://ground.test"

// chain makes a certificate behind one authority, as public ones are at least, good in a bubble's time.
func chain(tb testing.TB) (tls.Certificate, *x509.CertPool) {
	tb.Helper()
	make := func(t *x509.Certificate, parent *x509.Certificate, by *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			tb.Fatal(err)
		}
		t.NotBefore, t.NotAfter, t.BasicConstraintsValid = time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC), true
		if parent == nil {
			parent, by = t, k
		}
		der, err := x509.CreateCertificate(rand.Reader, t, parent, &k.PublicKey, by)
		if err != nil {
			tb.Fatal(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			tb.Fatal(err)
		}
		return c, k
	}
	root, rootKey := make(&x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "root"}, IsCA: true}, nil, nil)
	leaf, key := make(&x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "ground.test"}, DNSNames: []string{"ground.test"}}, root, rootKey)
	roots := x509.NewCertPool()
	roots.AddCert(root)
	return tls.Certificate{Certificate: [][]byte{leaf.Raw, root.Raw}, PrivateKey: key, Leaf: leaf}, roots
}

// wired puts the real handler behind TLS and returns a tablet's link to it.
func wired(t *testing.T, g crewapi.Ground, cert tls.Certificate, o crewapi.LinkOptions) *crewapi.Link {
	t.Helper()
	lis := link.NewListener()
	mux := http.NewServeMux()
	mux.Handle(crewapi.NewHandler(g, crewapi.Options{Now: time.Now, Log: slog.New(slog.DiscardHandler)}))
	srv := &http.Server{Handler: mux, TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}}, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	var serving sync.WaitGroup
	serving.Go(func() { srv.ServeTLS(lis, "", "") })
	o.Dial = link.New(link.Satcom700.Clear(), 1).To(lis)
	l := crewapi.NewLink(o)
	t.Cleanup(func() {
		l.Client().CloseIdleConnections()
		srv.Close()
		serving.Wait()
		time.Sleep(time.Hour)
	})
	return l
}

// TestBytesOfALink counts what a connection and an idle exchange cost, TLS included. The goals are
// reference/flight-sync.md E.4 and E.13; the figures are in docs/bench.md.
func TestBytesOfALink(t *testing.T) {
	cert, roots := chain(t)
	for _, tt := range []struct {
		name                string
		noPQ                bool
		full, resumed, idle int64 // at most
	}{
		{"X25519MLKEM768", false, 4700, 4100, 300},
		{"X25519 alone", true, 2300, 1700, 300},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := crewtest.New(t, time.Now)
				l := wired(t, g, cert, crewapi.LinkOptions{NoPQ: tt.noPQ, Roots: roots, Now: time.Now})
				c, err := crewapi.NewClient(overTLS, "", l.Client())
				if err != nil {
					t.Fatal(err)
				}
				e, err := c.Enrol(t.Context(), "CODE", "galley", device(t))
				if err != nil {
					t.Fatal(err)
				}
				f := g.Flight("KL0641/2000-01-02/AMS", time.Now().Add(2*time.Hour))
				f.Assign(e.Tablet, passenger.Lead)
				if c, err = crewapi.NewClient(overTLS, e.Token, l.Client()); err != nil {
					t.Fatal(err)
				}
				req := flightsync.Request{Group: f.A.Flight, Incarnation: flightsync.Incarnation{1}}
				res, err := c.Exchange(t.Context(), req)
				if err != nil {
					t.Fatal(err)
				}
				req = flightsync.Request{Group: f.A.Flight, Me: flightsync.FirstTablet, Have: res.Have, Mine: 1 << 60, Budget: 12 << 10}
				for i := range 16 { // a flight of sixteen authors
					req.Have = req.Have.Set(flightsync.Author(i), max(req.Have.Of(flightsync.Author(i)), 40))
				}
				exchange := func() int64 {
					up, down := l.Bytes()
					if _, err := c.Exchange(t.Context(), req); err != nil {
						t.Fatal(err)
					}
					time.Sleep(10 * time.Second) // what the connection says by itself
					up2, down2 := l.Bytes()
					return up2 - up + down2 - down
				}
				warm := func() (n int64) {
					for range 3 {
						n = exchange()
					}
					return n
				}
				warm()
				time.Sleep(29 * time.Minute)
				idle := exchange()
				l.Client().CloseIdleConnections()
				resumed := exchange() - idle
				// A session of its own for a new link: nothing to resume.
				fresh := wired(t, g, cert, crewapi.LinkOptions{NoPQ: tt.noPQ, Roots: roots})
				if c, err = crewapi.NewClient(overTLS, e.Token, fresh.Client()); err != nil {
					t.Fatal(err)
				}
				l = fresh
				full := exchange() - idle
				t.Logf("new connection %d B, resumed %d B; idle exchange on a warm one %d B", full, resumed, idle)
				if full > tt.full || resumed > tt.resumed || idle > tt.idle {
					t.Errorf("want at most %d, %d and %d", tt.full, tt.resumed, tt.idle)
				}
			})
		})
	}
}

// TestSamples: a link measures the round trip of its calls, not of its connections.
func TestSamples(t *testing.T) {
	cert, roots := chain(t)
	synctest.Test(t, func(t *testing.T) {
		g := crewtest.New(t, time.Now)
		l := wired(t, g, cert, crewapi.LinkOptions{Roots: roots, Now: time.Now})
		c, err := crewapi.NewClient(overTLS, "", l.Client())
		if err != nil {
			t.Fatal(err)
		}
		e, err := c.Enrol(t.Context(), "CODE", "galley", device(t))
		if err != nil {
			t.Fatal(err)
		}
		if c, err = crewapi.NewClient(overTLS, e.Token, l.Client()); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := c.Flights(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
		s := l.Samples()
		if len(s) != 4 {
			t.Fatalf("%d samples: %v", len(s), s)
		}
		for _, x := range s {
			if x.RTT < 700*time.Millisecond || x.RTT > 800*time.Millisecond {
				t.Errorf("%v, want about 700 ms", x.RTT)
			}
		}
		if got := uplink.Classify(uplink.Auto, false, uplink.Gate, s); got != uplink.Satcom {
			t.Errorf("class %s", got)
		}
		if l.Forget(); len(l.Samples()) != 0 {
			t.Error("samples stay")
		}
	})
}
