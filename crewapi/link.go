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
// included. A connection that fell silent under a call is never used again ([Link.race]). Its
// methods are safe for concurrent use.
type Link struct {
	client   *http.Client
	now      func() time.Time
	make     func() *line
	up, down atomic.Int64

	mu      sync.Mutex
	line    *line
	ends    time.Time       // of the certificate that ground last showed
	took    []time.Duration // the newest calls, from question to answer; the newest last
	alarms  int             // times in a row that a silent connection turned out to be a slow one
	samples []uplink.Sample
}

// NewLink makes a link.
func NewLink(o LinkOptions) *Link {
	l := &Link{now: o.Now}
	if o.Dial == nil {
		// No keep-alive: a dead connection is found by the next call or by a silent stream.
		o.Dial = (&net.Dialer{KeepAlive: -1}).DialContext
	}
	secure := &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: o.Roots, ClientSessionCache: resumed{tls.NewLRUClientSessionCache(sessions), l},
		VerifyConnection: l.met}
	if o.NoPQ {
		secure.CurvePreferences = []tls.CurveID{tls.X25519}
	}
	l.make = func() *line { return newLine(l, o.Dial, secure) }
	l.line = l.make()
	l.client = &http.Client{Transport: lean{l}, CheckRedirect: noRedirect}
	return l
}

// noRedirect keeps a redirect as the answer that it is: the token must not follow it anywhere.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

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
	l.samples, l.took, l.alarms = nil, nil, 0
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
