package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// selfMade is a pair of PEM texts whose serial number is n.
func selfMade(t *testing.T, n int64, end time.Time) (cert, key []byte) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(n), DNSNames: []string{"ground.example"}, NotAfter: end}
	der, err := x509.CreateCertificate(rand.Reader, c, c, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	b, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: b})
}

func put(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// certWorld serves a pair to real handshakes.
type certWorld struct {
	*certFiles
	t       *testing.T
	at      time.Time
	said    strings.Builder
	address string
}

func serveCert(t *testing.T, cert, key string) *certWorld {
	w := &certWorld{t: t, at: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}
	var err error
	if w.certFiles, err = openCert(cert, key, func() time.Time { return w.at }, slog.New(slog.NewTextHandler(&w.said, nil))); err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{GetCertificate: w.get})
	if err != nil {
		t.Fatal(err)
	}
	w.address = l.Addr().String()
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.(*tls.Conn).Handshake()
			c.Close()
		}
	}()
	return w
}

// serves shakes hands and checks which certificate came.
func (w *certWorld) serves(when string, want int64) {
	w.t.Helper()
	raw, err := net.Dial("tcp", w.address)
	if err != nil {
		w.t.Fatal(err)
	}
	c := tls.Client(raw, &tls.Config{InsecureSkipVerify: true})
	defer c.Close()
	if err := c.Handshake(); err != nil {
		w.t.Fatal(err)
	}
	if got := c.ConnectionState().PeerCertificates[0].SerialNumber.Int64(); got != want {
		w.t.Errorf("%s: certificate %d is served, want %d", when, got, want)
	}
}

func TestARenewedCertificateNeedsNoRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	end := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	c1, k1 := selfMade(t, 1, end)
	put(t, cert, c1)
	put(t, key, k1)
	w := serveCert(t, cert, key)
	w.serves("at first", 1)

	c2, k2 := selfMade(t, 2, end.AddDate(0, 3, 0))
	put(t, cert, c2)
	w.serves("before it is looked at", 1)
	for range 3 {
		w.at = w.at.Add(lookEvery)
		w.serves("with half of the new pair", 1)
	}
	if _, bad := w.until(); !bad {
		t.Error("a pair that does not fit is not said to be bad")
	}
	if n := strings.Count(w.said.String(), "level=ERROR"); n != 1 {
		t.Errorf("a bad pair was said %d times, want once: %s", n, w.said.String())
	}
	put(t, key, k2)
	w.at = w.at.Add(lookEvery)
	w.serves("with all of it", 2)
	if got, bad := w.until(); bad || !got.Equal(end.AddDate(0, 3, 0)) {
		t.Errorf("it ends %v, bad %v", got, bad)
	}

	for left, want := range map[time.Duration]bool{certSoon + time.Second: false, certSoon: true, 0: true, -time.Hour: true} {
		w.at = end.AddDate(0, 3, 0).Add(-left)
		if got, bad := w.near(); bad || got.IsZero() == want {
			t.Errorf("%v before its end: near %v, bad %v", left, got, bad)
		}
	}

	for name, b := range map[string][]byte{"cut": c1[:len(c1)/2], "empty": nil} {
		put(t, cert, b)
		w.at = w.at.Add(lookEvery)
		w.serves(name, 2)
	}
	if err := os.Remove(cert); err != nil {
		t.Fatal(err)
	}
	w.at = w.at.Add(lookEvery)
	w.serves("gone", 2)
	put(t, cert, c2)
	w.at = w.at.Add(lookEvery)
	w.serves("back", 2)
	if _, bad := w.until(); bad {
		t.Error("a good pair is still said to be bad")
	}
}

// Kubernetes moves one link to a directory, certbot a link for each file.
func TestARenewedCertificateBehindLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in := func(names ...string) string { return filepath.Join(append([]string{dir}, names...)...) }
	for i, version := range []string{"v1", "v2"} {
		if err := os.Mkdir(in(version), 0o700); err != nil {
			t.Fatal(err)
		}
		c, k := selfMade(t, int64(i+1), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
		put(t, in(version, "tls.crt"), c)
		put(t, in(version, "tls.key"), k)
	}
	link := func(to, name string) {
		t.Helper()
		if err := os.Symlink(to, in("new")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(in("new"), in(name)); err != nil {
			t.Fatal(err)
		}
	}
	link("v1", "data")
	link(in("data", "tls.crt"), "tls.crt")
	link(in("data", "tls.key"), "tls.key")
	w := serveCert(t, in("tls.crt"), in("tls.key"))
	w.serves("at first", 1)
	link("v2", "data")
	w.at = w.at.Add(lookEvery)
	w.serves("after the directory's link moved", 2)
	link(in("v1", "tls.crt"), "tls.crt")
	link(in("v1", "tls.key"), "tls.key")
	w.at = w.at.Add(lookEvery)
	w.serves("after the files' links moved", 1)
}

func TestGroundDoesNotStartWithoutACertificateThatFits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, _ := selfMade(t, 1, time.Now())
	_, k := selfMade(t, 2, time.Now())
	put(t, filepath.Join(dir, "c"), c)
	put(t, filepath.Join(dir, "k"), k)
	if _, err := openCert(filepath.Join(dir, "c"), filepath.Join(dir, "k"), time.Now, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a certificate with another's key was taken")
	}
}
