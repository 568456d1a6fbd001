package cabin

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"sync"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
)

// Node is this tablet on the cabin LAN. Its methods are safe for concurrent use.
type Node struct {
	Config
	cert   tls.Certificate
	key    []byte
	listen net.Listener
	kick   chan struct{} // an address is due

	mu     sync.Mutex
	spots  map[string]*spot
	closed bool
}

// Open makes a node and takes its port; [Node.Run] answers there. Errors: invalid for a key of
// another kind or an address that is none, unavailable when the port is taken.
func Open(ctx context.Context, c Config) (*Node, error) {
	const op = "cabin.Open"
	if c.Link == nil {
		c.Link = tcp{}
	}
	n := &Node{Config: c, key: keys.PublicOf(c.Keys.Public()), kick: make(chan struct{}, 1), spots: map[string]*spot{}}
	if n.key == nil {
		return nil, passenger.Errorf(passenger.Invalid, op, "a tablet's key must be a P-256 key")
	}
	var err error
	if n.cert, err = certificate(c.Keys, c.Rand); err != nil {
		return nil, err
	}
	for _, p := range c.Peers {
		if err := n.Connect(p); err != nil {
			return nil, err
		}
	}
	l, err := n.Link.Listen(ctx, c.Listen)
	if err != nil {
		return nil, passenger.Wrap(passenger.Unavailable, op, "the tablet cannot listen at "+c.Listen+"; is another program on that port?", err)
	}
	n.listen = &capped{Listener: l, hosts: map[string]int{}}
	return n, nil
}

// Close gives the port back; [Node.Run] does so by itself.
func (n *Node) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return nil
	}
	n.closed = true
	for _, s := range n.spots {
		s.hangUp()
	}
	return n.listen.Close()
}

// Run answers other tablets and looks for them until ctx ends. Errors: unavailable when the
// listener breaks.
func (n *Node) Run(ctx context.Context) error {
	defer n.Close()
	mux := http.NewServeMux()
	mux.Handle(crewapi.NewPeerHandler(answerer{n}, crewapi.Options{Now: n.Now, Log: n.Log}))
	srv := &http.Server{
		Handler: n.called(mux), TLSConfig: n.tlsConfig(n.knock),
		ReadHeaderTimeout: helloTimeout, ReadTimeout: exchangeTimeout, WriteTimeout: 2 * exchangeTimeout, IdleTimeout: idle, MaxHeaderBytes: maxHeader,
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: maxStreams}, Protocols: onlyHTTP2(),
		ErrorLog:    slog.NewLogLogger(n.Log.Handler(), slog.LevelDebug), // strangers at the door
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	ctx, cancel := context.WithCancel(ctx)
	var parts sync.WaitGroup
	parts.Go(func() { n.trying(ctx) })
	if n.Discover != nil {
		parts.Go(func() {
			if err := n.Discover.Discover(ctx, n.self, n.sighted); err != nil && ctx.Err() == nil {
				n.Log.Warn("tablets do not find each other by themselves here", "err", err)
			}
		})
	}
	parts.Go(func() {
		<-ctx.Done()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
		defer cancel()
		if srv.Shutdown(end) != nil {
			srv.Close()
		}
	})
	err := srv.ServeTLS(n.listen, "", "")
	cancel()
	parts.Wait()
	if !errors.Is(err, http.ErrServerClosed) {
		return passenger.Wrap(passenger.Unavailable, "cabin.Run", "the tablet cannot be reached by the others any more", err)
	}
	return nil
}

func onlyHTTP2() *http.Protocols {
	var p http.Protocols
	p.SetHTTP2(true)
	return &p
}

func (n *Node) self() Announcement { return Announcement{Port: n.port(), Tags: n.tags()} }

// port returns the TCP port, 0 for a link without ports.
func (n *Node) port() int {
	_, p, _ := net.SplitHostPort(n.listen.Addr().String())
	port, _ := strconv.Atoi(p)
	return port
}

// Fingerprint is the [Fingerprint] of this tablet's key.
func (n *Node) Fingerprint() string { return Fingerprint(n.key) }

// Addresses lists where others may reach this tablet now, "host:port", IPv4 first; none without a
// network.
func (n *Node) Addresses() []string {
	bound := n.listen.Addr().String()
	host, port, err := net.SplitHostPort(bound)
	if ip, bad := netip.ParseAddr(host); err != nil || bad != nil || !ip.IsUnspecified() {
		return []string{bound}
	}
	var v4, v6 []string
	for _, p := range prefixes(upAndReal) {
		address := net.JoinHostPort(p.Addr().String(), port)
		switch {
		case p.Addr().Is4():
			v4 = append(v4, address)
		case !p.Addr().IsLinkLocalUnicast():
			v6 = append(v6, address)
		}
	}
	return slices.Concat(v4, v6)
}
