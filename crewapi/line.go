package crewapi

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// line is the connections of a link that live and die together: the one that stands, as a rule.
type line struct {
	link          *Link
	secure, plain *http.Transport
	heard         atomic.Int64 // bytes that came

	mu     sync.Mutex
	conns  map[*counted]bool
	closed bool
}

var errLineClosed = errors.New("the connection was given up")

func newLine(l *Link, dial func(ctx context.Context, network, addr string) (net.Conn, error), config *tls.Config) *line {
	n := &line{link: l, conns: map[*counted]bool{}}
	n.secure = &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, dialTimeout)
			defer cancel()
			c, err := dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return n.keep(c)
		},
		TLSClientConfig:     config,
		TLSHandshakeTimeout: dialTimeout,
		IdleConnTimeout:     keepFor,
		MaxIdleConnsPerHost: 1,
		ForceAttemptHTTP2:   true,
		DisableCompression:  true, // Connect names its own encodings
	}
	n.plain = n.secure.Clone()
	n.plain.Proxy = nil // this machine's: nobody stands between
	n.plain.Protocols = new(http.Protocols)
	n.plain.Protocols.SetUnencryptedHTTP2(true)
	return n
}

// RoundTrip sends http through plain and everything else through secure.
func (n *line) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme == "http" {
		return n.plain.RoundTrip(r)
	}
	return n.secure.RoundTrip(r)
}

func (n *line) closeIdle() {
	n.plain.CloseIdleConnections()
	n.secure.CloseIdleConnections()
}

// keep takes a connection that was made.
func (n *line) keep(c net.Conn) (net.Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		c.Close()
		return nil, errLineClosed
	}
	k := &counted{c, n}
	n.conns[k] = true
	return k, nil
}

// close ends every connection, whatever is under way on it.
func (n *line) close() {
	n.closeIdle()
	n.mu.Lock()
	n.closed = true
	conns := n.conns
	n.conns = nil
	n.mu.Unlock()
	for c := range conns {
		c.Conn.Close()
	}
}

// counted counts what a connection carries.
type counted struct {
	net.Conn
	line *line
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.line.heard.Add(int64(n))
	c.line.link.down.Add(int64(n))
	return n, err
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.line.link.up.Add(int64(n))
	return n, err
}

func (c *counted) Close() error {
	c.line.mu.Lock()
	delete(c.line.conns, c)
	c.line.mu.Unlock()
	return c.Conn.Close()
}
