package crewapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/uplink"
)

// LinkOptions says how a tablet's link to ground is made. The zero value is the usual one.
type LinkOptions struct {
	// NoPQ agrees keys by X25519 alone: 2.3 kB less for each new connection (docs/bench.md), and
	// whoever records it may read it once there is a large quantum computer.
	NoPQ  bool
	Roots *x509.CertPool   // whom to believe; nil: the system's
	Now   func() time.Time // nil: take no samples
	// Dial makes a connection; nil is TCP.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Link is a tablet's link to ground. It speaks h2 wherever ground does, on one connection that is
// kept, as cheaply as it can: it resumes TLS sessions, sends no pings and no keep-alives, leaves
// headers away that ground does not read, and counts every byte that a connection carries, TLS
// included. Its methods are safe for concurrent use.
type Link struct {
	client   *http.Client
	now      func() time.Time
	up, down atomic.Int64

	mu      sync.Mutex
	samples []uplink.Sample
}

// NewLink makes a link.
func NewLink(o LinkOptions) *Link {
	l := &Link{now: o.Now}
	if o.Dial == nil {
		// No keep-alive: a dead connection is found by the next call or by a silent stream.
		o.Dial = (&net.Dialer{KeepAlive: -1}).DialContext
	}
	secure := &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, dialTimeout)
			defer cancel()
			c, err := o.Dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &counted{c, l}, nil
		},
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: o.Roots, ClientSessionCache: tls.NewLRUClientSessionCache(sessions)},
		TLSHandshakeTimeout:   dialTimeout,
		ResponseHeaderTimeout: 30 * time.Second,
		IdleConnTimeout:       keepFor,
		MaxIdleConnsPerHost:   1,
		ForceAttemptHTTP2:     true,
		DisableCompression:    true, // Connect names its own encodings
	}
	if o.NoPQ {
		secure.TLSClientConfig.CurvePreferences = []tls.CurveID{tls.X25519}
	}
	plain := secure.Clone()
	plain.Protocols = new(http.Protocols)
	plain.Protocols.SetUnencryptedHTTP2(true)
	l.client = &http.Client{Transport: lean{byScheme{secure: secure, plain: plain}, l}}
	return l
}

// Client returns the link as an HTTP client: without overall timeout, since streams live long, but
// with one for each step before the first byte. To a plain address, which is this machine's, it
// speaks h2 without asking first.
func (l *Link) Client() *http.Client { return l.client }

// Bytes returns how many bytes its connections carried so far, to ground and from it.
func (l *Link) Bytes() (up, down int64) { return l.up.Load(), l.down.Load() }

// Samples returns the newest calls on connections that stood, the newest last.
func (l *Link) Samples() []uplink.Sample {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.samples)
}

// Forget forgets the samples: what is measured from now on is another way.
func (l *Link) Forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.samples = nil
}

func (l *Link) sample(s uplink.Sample) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.samples) == keptSamples {
		l.samples = l.samples[1:]
	}
	l.samples = append(l.samples, s)
}

// HTTPClient is the client of a usual [Link] of its own.
func HTTPClient() *http.Client { return NewLink(LinkOptions{}).Client() }

// counted counts what a connection carries.
type counted struct {
	net.Conn
	link *Link
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.link.down.Add(int64(n))
	return n, err
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.link.up.Add(int64(n))
	return n, err
}

// byScheme sends http through plain and everything else through secure.
type byScheme struct{ secure, plain *http.Transport }

// RoundTrip implements [http.RoundTripper].
func (b byScheme) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme == "http" {
		return b.plain.RoundTrip(r)
	}
	return b.secure.RoundTrip(r)
}

// CloseIdleConnections is what [http.Client.CloseIdleConnections] calls.
func (b byScheme) CloseIdleConnections() {
	b.plain.CloseIdleConnections()
	b.secure.CloseIdleConnections()
}
