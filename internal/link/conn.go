package link

import (
	"net"
	"sync/atomic"
	"time"
)

// conn is one end of a connection.
type conn struct {
	in, out *half
	link    *Link
	client  bool
	spoke   atomic.Bool // the client, since it last heard the server
	closed  atomic.Bool
}

var _ net.Conn = (*conn)(nil)

// Read implements net.Conn.
func (c *conn) Read(b []byte) (int, error) {
	n, err := c.in.pull(b)
	if n > 0 && c.client {
		c.spoke.Store(false)
	}
	return n, err
}

// Write implements net.Conn. It returns when the bytes are in the queue.
func (c *conn) Write(b []byte) (int, error) {
	if c.client && len(b) > 0 && !c.spoke.Swap(true) {
		c.link.turn()
	}
	return c.out.push(b)
}

// Close implements net.Conn. What was written still arrives, then the end.
func (c *conn) Close() error {
	if c.closed.Swap(true) {
		return net.ErrClosed
	}
	c.out.end()
	c.in.leave()
	return nil
}

// CloseWrite ends what this end says, and goes on to hear.
func (c *conn) CloseWrite() error { c.out.end(); return nil }

// LocalAddr implements net.Conn.
func (c *conn) LocalAddr() net.Addr { return addr{} }

// RemoteAddr implements net.Conn.
func (c *conn) RemoteAddr() net.Addr { return addr{} }

// SetDeadline implements net.Conn.
func (c *conn) SetDeadline(t time.Time) error {
	c.SetReadDeadline(t)
	return c.SetWriteDeadline(t)
}

// SetReadDeadline implements net.Conn.
func (c *conn) SetReadDeadline(t time.Time) error { return c.set(c.in, &c.in.read, t) }

// SetWriteDeadline implements net.Conn.
func (c *conn) SetWriteDeadline(t time.Time) error { return c.set(c.out, &c.out.write, t) }

func (c *conn) set(h *half, of *time.Time, t time.Time) error {
	if c.closed.Load() {
		return net.ErrClosed
	}
	h.deadline(of, t)
	return nil
}

type addr struct{}

func (addr) Network() string { return "link" }
func (addr) String() string  { return "link" }
