package main

import (
	"crypto/tls"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

const (
	// lookEvery is how long the certificate's files are not looked at again. Arbitrary.
	lookEvery = 5 * time.Second
	// certSoon is how long before the end of the certificate it is said. Let's Encrypt's are renewed
	// 30 days before; who has done nothing with two weeks left has forgotten it.
	certSoon = 14 * 24 * time.Hour
)

// certFiles is ground's certificate, read again when its files have changed: whoever renews it need
// not restart anything. A pair that is half-written or does not fit leaves the old one in place.
// Safe for concurrent use.
type certFiles struct {
	cert, key string // what they link to may change as well
	now       func() time.Time
	log       *slog.Logger

	mu     sync.Mutex
	looked time.Time
	seen   [2]fs.FileInfo // when last read
	pair   *tls.Certificate
	bad    error // why what lies there now is not served
}

// openCert reads the pair. Errors: invalid when it is none.
func openCert(cert, key string, now func() time.Time, log *slog.Logger) (*certFiles, error) {
	c := &certFiles{cert: cert, key: key, now: now, log: log}
	c.looked = now()
	if c.bad = c.read(c.stat()); c.bad != nil {
		return nil, passenger.Wrap(passenger.Invalid, "ground.openCert",
			"the certificate and its key cannot be read, or do not fit each other: "+c.bad.Error(), c.bad)
	}
	return c, nil
}

func (c *certFiles) stat() (now [2]fs.FileInfo) {
	for i, name := range []string{c.cert, c.key} {
		now[i], _ = os.Stat(name) // what is not there cannot be read either, and read says so
	}
	return now
}

func (c *certFiles) read(now [2]fs.FileInfo) error {
	c.seen = now
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err == nil {
		c.pair = &pair
	}
	return err
}

// look reads the files if they have changed; what was bad is read until it is good.
func (c *certFiles) look() {
	if now := c.now(); now.Sub(c.looked).Abs() < lookEvery {
		return
	} else {
		c.looked = now
	}
	now := c.stat()
	fresh := changed(c.seen[0], now[0]) || changed(c.seen[1], now[1])
	if !fresh && c.bad == nil {
		return
	}
	before := c.bad
	c.bad = c.read(now)
	switch {
	case c.bad == nil:
		c.log.Info("ground's certificate was read again", "until", c.pair.Leaf.NotAfter.UTC().Format(time.DateOnly))
	case before == nil:
		c.log.Error("ground's new certificate cannot be used; the one before stays", "err", c.bad)
	}
}

func changed(a, b fs.FileInfo) bool {
	if a == nil || b == nil {
		return a != b
	}
	return !os.SameFile(a, b) || a.Size() != b.Size() || !a.ModTime().Equal(b.ModTime())
}

// get is for [tls.Config.GetCertificate].
func (c *certFiles) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.look()
	return c.pair, nil
}

// until is when the certificate that is served ends; bad says that what lies in its files cannot be.
func (c *certFiles) until() (end time.Time, bad bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.look()
	return c.pair.Leaf.NotAfter, c.bad != nil
}

// near is until for who is told only when the end is near; zero before.
func (c *certFiles) near() (end time.Time, bad bool) {
	if end, bad = c.until(); end.After(c.now().Add(certSoon)) {
		end = time.Time{}
	}
	return end, bad
}
