package stage

import (
	"io"
	"net"
	"sync"
)

// Relay is a TCP link to a program: it can be cut and joined, as an aircraft loses and finds
// its connection, and it counts what crosses. It is safe for concurrent use.
type Relay struct {
	ln     net.Listener
	target func() string // host:port

	mu      sync.Mutex
	dark    bool
	conns   map[net.Conn]bool
	traffic Traffic
}

// Traffic is what crossed a relay.
type Traffic struct {
	Up    int64 `json:"up"`    // bytes of TCP payload from the client
	Down  int64 `json:"down"`  // bytes of TCP payload to the client
	Turns int   `json:"turns"` // times the client spoke first or after the server: round trips of each connection
	Conns int   `json:"conns"` // connections that carried a byte
}

// Bytes is the payload both ways.
func (t Traffic) Bytes() int64 { return t.Up + t.Down }

// NewRelay opens a link to the host:port that target names at each connection.
func NewRelay(target func() string) (*Relay, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n := &Relay{ln: ln, target: target, conns: map[net.Conn]bool{}}
	go n.accept()
	return n, nil
}

// URL is where clients reach the link.
func (n *Relay) URL() string { return "http://" + n.ln.Addr().String() }

// Take returns what crossed since the last call.
func (n *Relay) Take() Traffic {
	n.mu.Lock()
	defer n.mu.Unlock()
	t := n.traffic
	n.traffic = Traffic{}
	return t
}

func (n *Relay) accept() {
	for {
		c, err := n.ln.Accept()
		if err != nil {
			return // closed
		}
		go n.relay(c)
	}
}

// hold registers a connection; false when the link is cut.
func (n *Relay) hold(c net.Conn) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.dark {
		c.Close()
		return false
	}
	n.conns[c] = true
	return true
}

func (n *Relay) drop(c net.Conn) {
	c.Close()
	n.mu.Lock()
	delete(n.conns, c)
	n.mu.Unlock()
}

func (n *Relay) relay(c net.Conn) {
	if !n.hold(c) {
		return
	}
	defer n.drop(c)
	g, err := net.Dial("tcp", n.target())
	if err != nil || !n.hold(g) {
		return
	}
	defer n.drop(g)
	count := &counter{relay: n}
	done := make(chan struct{}, 2)
	pipe := func(dst, src net.Conn, up bool) {
		_, _ = io.Copy(dst, counted{src, count, up}) // ends when either side is gone
		done <- struct{}{}
	}
	go pipe(g, c, true)
	go pipe(c, g, false)
	<-done
}

// counter counts one connection; it is guarded by its relay's mutex.
type counter struct {
	relay        *Relay
	used         bool
	clientIsLast bool
}

func (c *counter) add(n int, up bool) {
	c.relay.mu.Lock()
	defer c.relay.mu.Unlock()
	t := &c.relay.traffic
	if !c.used {
		c.used = true
		t.Conns++
	}
	if up {
		t.Up += int64(n)
		if !c.clientIsLast {
			t.Turns++
		}
	} else {
		t.Down += int64(n)
	}
	c.clientIsLast = up
}

// counted counts what is read, before it goes on.
type counted struct {
	io.Reader
	count *counter
	up    bool
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if n > 0 {
		c.count.add(n, c.up)
	}
	return n, err
}

// Cut takes the link down, with everything that is on its way.
func (n *Relay) Cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dark = true
	for c := range n.conns {
		c.Close()
	}
}

// Join brings the link up.
func (n *Relay) Join() { n.mu.Lock(); n.dark = false; n.mu.Unlock() }

// Close takes the link down for good.
func (n *Relay) Close() { n.Cut(); n.ln.Close() }
