package cabin

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"net/http"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/passenger"
)

// pair is two tablets of one flight on real sockets that have met.
func pair(t *testing.T) (a, b *device) {
	a, b = newDevice(t, 1), newDevice(t, 2)
	for _, d := range []*device{a, b} {
		d.set(first, a, b)
		d.start(Config{})
	}
	if err := a.node.Connect(b.address()); err != nil {
		t.Fatal(err)
	}
	wait(t, "the two meet", func() bool { return a.sees(first, b) && b.sees(first, a) })
	return a, b
}

func TestTwoOfOneFlightExchange(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	if err := a.exchange(first, b); err != nil {
		t.Fatal(err)
	}
	if err := b.exchange(first, a); err != nil {
		t.Fatal(err)
	}
	if got := b.servedBy(); len(got) != 1 || got[0] != a.id {
		t.Errorf("b served %v, want a", got)
	}
}

// attack calls b with a TLS configuration of the attacker's choice and reports whether any call
// was answered.
func attack(t *testing.T, b *device, c *tls.Config) bool {
	c.InsecureSkipVerify = true
	c.NextProtos = []string{"h2"}
	hc := &http.Client{Transport: &http.Transport{TLSClientConfig: c, ForceAttemptHTTP2: true}}
	defer hc.CloseIdleConnections()
	p := crewapi.NewPeerClient("https://"+b.address(), hc)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	hello := p.Hello(ctx, 1234)
	_, exchange := p.Exchange(ctx, request(first))
	return hello == nil || exchange == nil
}

// TestStrangersAreRefused: whoever does not hold a key of a common flight is let in by nobody.
func TestStrangersAreRefused(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	stranger := newDevice(t, 9)
	cert := func(key *ecdsa.PrivateKey) tls.Certificate {
		c, err := certificate(key, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	cloned := tls.Certificate{Certificate: cert(a.key).Certificate, PrivateKey: stranger.key}
	chain := tls.Certificate{Certificate: append(cert(stranger.key).Certificate, cert(a.key).Certificate...), PrivateKey: stranger.key}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rsaCert, err := certificate(rsaKey, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	accepted := 0
	for name, c := range map[string]*tls.Config{
		"self-signed stranger":                        {Certificates: []tls.Certificate{cert(stranger.key)}},
		"no certificate":                              {},
		"cloned certificate with another key":         {Certificates: []tls.Certificate{cloned}},
		"own certificate in front of a member's":      {Certificates: []tls.Certificate{chain}},
		"RSA key":                                     {Certificates: []tls.Certificate{rsaCert}},
		"other curve":                                 {Certificates: []tls.Certificate{cert(p384)}},
		"a member, but TLS 1.2":                       {Certificates: []tls.Certificate{cert(a.key)}, MaxVersion: tls.VersionTLS12},
		"the tablet's own certificate played back":    {Certificates: []tls.Certificate{{Certificate: cert(b.key).Certificate, PrivateKey: stranger.key}}},
		"the tablet's own key: a copy of its storage": {Certificates: []tls.Certificate{cert(b.key)}},
	} {
		if attack(t, b, c) {
			accepted++
			t.Errorf("%s was let in", name)
		}
	}
	if !attack(t, b, &tls.Config{Certificates: []tls.Certificate{cert(a.key)}}) {
		t.Error("a member was refused: the attacks prove nothing")
	}
	t.Logf("attacks accepted: %d", accepted)
}

// TestWrongFlight: two tablets that share one flight get nothing of another.
func TestWrongFlight(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	c := newDevice(t, 3)
	b.set(second, b, c)
	if err := a.exchange(second, b); passenger.CodeOf(err) != passenger.Forbidden {
		t.Errorf("asked for a flight that is not ours: %v", err)
	}
	a.set(second, a, b) // a claims it; b knows better
	if err := a.exchange(second, b); passenger.CodeOf(err) != passenger.Forbidden {
		t.Errorf("asked for a flight of the other's: %v", err)
	}
	if len(b.servedBy()) != 0 {
		t.Error("b served it")
	}
}

// TestYesterdaysRoster: a tablet that left the roster is refused on the connection that stands,
// and at the door.
func TestYesterdaysRoster(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	if err := a.exchange(first, b); err != nil {
		t.Fatal(err)
	}
	b.set(first, b)
	if err := a.exchange(first, b); err == nil {
		t.Error("served after it left the roster")
	}
	wait(t, "a is out of b's sight", func() bool { return !b.sees(first, a) })
	if attack(t, b, a.node.tlsConfig(a.node.knock)) {
		t.Error("let in after it left the roster")
	}
	if got := b.servedBy(); len(got) != 1 {
		t.Errorf("served %d times, want once", len(got))
	}
}

// TestNothingIsSaidToAStranger: who answers at a known address with a key of no flight, or with
// another one than before, gets no request.
func TestNothingIsSaidToAStranger(t *testing.T) {
	t.Parallel()
	a, b := newDevice(t, 1), newDevice(t, 2)
	impostor := newDevice(t, 3)
	a.set(first, a, b)
	impostor.set(first, a, impostor) // it lets a in; a must not go
	a.start(Config{})
	impostor.start(Config{})
	if err := a.node.Connect(impostor.address()); err != nil {
		t.Fatal(err)
	}
	wait(t, "a tries", func() bool {
		a.node.mu.Lock()
		defer a.node.mu.Unlock()
		return a.node.spots[impostor.address()].fails > 0
	})
	if a.exchange(first, impostor) == nil || len(impostor.servedBy()) != 0 {
		t.Error("the impostor was asked")
	}
	// On the roster, but not the tablet of the invite.
	a.set(first, a, b, impostor)
	if err := a.node.Connect(Invite{impostor.address(), Fingerprint([]byte("another"))}.String()); err != nil {
		t.Fatal(err)
	}
	fails := func() int {
		a.node.mu.Lock()
		defer a.node.mu.Unlock()
		return a.node.spots[impostor.address()].fails
	}
	before := fails()
	wait(t, "a tries again", func() bool { return fails() > before })
	if a.sees(first, impostor) {
		t.Error("a tablet with another fingerprint than the invite's was taken")
	}
	if err := a.node.Connect(Invite{impostor.address(), impostor.node.Fingerprint()}.String()); err != nil {
		t.Fatal(err)
	}
	wait(t, "the right fingerprint", func() bool { return a.sees(first, impostor) })
	// A peer that is somebody else than it was said to be.
	if _, err := a.node.Exchange(t.Context(), PeerInfo{Tablet: b.id, Address: impostor.address()}, request(first)); passenger.CodeOf(err) != passenger.Forbidden {
		t.Errorf("asked another tablet than meant: %v", err)
	}
}
