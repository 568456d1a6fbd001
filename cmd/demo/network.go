package main

import (
	"io"
	"net"
	"sync"
)

// network is the link of one tablet to the ground: a TCP relay that can be cut and joined, as
// an aircraft loses and finds its connection. It is safe for concurrent use.
type network struct {
	ln     net.Listener
	target func() string // host:port of the ground

	mu    sync.Mutex
	dark  bool
	conns map[net.Conn]bool
}

// newNetwork opens a link to target.
func newNetwork(target func() string) (*network, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n := &network{ln: ln, target: target, conns: map[net.Conn]bool{}}
	go n.accept()
	return n, nil
}

func (n *network) url() string { return "http://" + n.ln.Addr().String() }

func (n *network) accept() {
	for {
		c, err := n.ln.Accept()
		if err != nil {
			return // closed
		}
		go n.relay(c)
	}
}

// hold registers a connection; false when the link is cut.
func (n *network) hold(c net.Conn) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.dark {
		c.Close()
		return false
	}
	n.conns[c] = true
	return true
}

func (n *network) drop(c net.Conn) {
	c.Close()
	n.mu.Lock()
	delete(n.conns, c)
	n.mu.Unlock()
}

func (n *network) relay(c net.Conn) {
	if !n.hold(c) {
		return
	}
	defer n.drop(c)
	g, err := net.Dial("tcp", n.target())
	if err != nil || !n.hold(g) {
		return
	}
	defer n.drop(g)
	done := make(chan struct{}, 2)
	pipe := func(dst, src net.Conn) {
		_, _ = io.Copy(dst, src) // ends when either side is gone
		done <- struct{}{}
	}
	go pipe(g, c)
	go pipe(c, g)
	<-done
}

// cut takes the link down, with everything that is on its way.
func (n *network) cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dark = true
	for c := range n.conns {
		c.Close()
	}
}

// join brings the link up.
func (n *network) join() { n.mu.Lock(); n.dark = false; n.mu.Unlock() }

func (n *network) close() { n.cut(); n.ln.Close() }
