package crewapi_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/passenger"
)

// shown is a ground that shows the certificate it is given.
func shown(t *testing.T) (url string, show func(tls.Certificate)) {
	t.Helper()
	var mu sync.Mutex
	var now tls.Certificate
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	srv.Listener = tls.NewListener(srv.Listener, &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		mu.Lock()
		defer mu.Unlock()
		return &now, nil
	}})
	srv.Start()
	t.Cleanup(srv.Close)
	return "https" + strings.TrimPrefix(srv.URL, "http"), func(c tls.Certificate) {
		mu.Lock()
		defer mu.Unlock()
		now = c
	}
}

func leafFor(t *testing.T, from, end time.Time, ips ...net.IP) tls.Certificate {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: ips, NotBefore: from, NotAfter: end, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k, Leaf: leaf}
}

// A link knows when the certificate ends that ground shows. Near the end it resumes no session, so that it
// sees the next one, which a resumed session never shows.
func TestALinkKnowsWhenTheCertificateEnds(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	now := time.Now().Truncate(time.Second)
	url, show := shown(t)
	roots := x509.NewCertPool()
	l := crewapi.NewLink(crewapi.LinkOptions{Roots: roots, Now: time.Now})
	if !l.CertificateEnds().IsZero() {
		t.Error("an end is known before a certificate was seen")
	}
	for _, tt := range []struct {
		ends    time.Time
		want    time.Time // what the link then knows
		resumed bool
	}{
		{ends: now.Add(40 * day), want: now.Add(40 * day)},
		{ends: now.Add(10 * day), want: now.Add(40 * day), resumed: true}, // far from the end nothing is spent
	} {
		c := leafFor(t, now.Add(-day), tt.ends, net.IPv4(127, 0, 0, 1))
		roots.AddCert(c.Leaf)
		show(c)
		visit(t, l, url, tt.resumed)
		if got := l.CertificateEnds(); !got.Equal(tt.want) {
			t.Errorf("the link knows the end %v, want %v", got, tt.want)
		}
	}
	soon := crewapi.NewLink(crewapi.LinkOptions{Roots: roots, Now: time.Now})
	visit(t, soon, url, false)
	if got := soon.CertificateEnds(); !got.Equal(now.Add(10 * day)) {
		t.Errorf("the link knows the end %v, want in 10 days", got)
	}
	renewed := leafFor(t, now.Add(-day), now.Add(90*day), net.IPv4(127, 0, 0, 1))
	roots.AddCert(renewed.Leaf)
	show(renewed)
	visit(t, soon, url, false)
	if got := soon.CertificateEnds(); !got.Equal(now.Add(90 * day)) {
		t.Errorf("after the renewal the link knows the end %v, want in 90 days", got)
	}
}

// visit asks once on a connection of its own.
func visit(t *testing.T, l *crewapi.Link, url string, resumed bool) {
	t.Helper()
	res, err := l.Client().Get(url)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.TLS.DidResume != resumed {
		t.Errorf("resumed: %v, want %v", res.TLS.DidResume, resumed)
	}
	l.Client().CloseIdleConnections()
}

// What is wrong with a certificate carries a key, so that a purser reads it in her language.
func TestCertificateTroublesHaveKeys(t *testing.T) {
	t.Parallel()
	now := time.Now()
	here := net.IPv4(127, 0, 0, 1)
	for _, tt := range []struct {
		key  string
		cert tls.Certificate
		args []any
	}{
		{"wire.certificate_ended", leafFor(t, now.AddDate(0, -3, 0), time.Date(2020, 2, 3, 0, 0, 0, 0, time.UTC), here), []any{"Day", "2020-02-03"}},
		{"wire.certificate_elsewhere", leafFor(t, now.Add(-time.Hour), now.Add(time.Hour), net.IPv4(192, 0, 2, 1)), nil},
		{"wire.certificate_untrusted", leafFor(t, now.Add(-time.Hour), now.Add(time.Hour), here), nil},
	} {
		url, show := shown(t)
		show(tt.cert)
		roots := x509.NewCertPool()
		if tt.key != "wire.certificate_untrusted" {
			roots.AddCert(tt.cert.Leaf)
		}
		c, err := crewapi.NewClient(url, "token", crewapi.NewLink(crewapi.LinkOptions{Roots: roots, Now: time.Now}).Client())
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Start(t.Context(), nil, 0)
		e, ok := err.(*passenger.Error)
		if !ok || e.Code != passenger.Unavailable || e.Key != tt.key || !slices.Equal(e.Args, tt.args) {
			t.Errorf("got %#v, want unavailable with %s %v", err, tt.key, tt.args)
		}
	}
}
