package link

import (
	"context"
	"io"
	"net"
	"sync"
	"time"
)

// DialFunc makes a connection, as http.Transport.DialContext does.
type DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

// Listener takes connections in memory that links bring to it; see [Link.To].
type Listener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

// NewListener makes a listener.
func NewListener() *Listener {
	return &Listener{conns: make(chan net.Conn), done: make(chan struct{})}
}

// Accept implements net.Listener.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *Listener) Close() error { l.once.Do(func() { close(l.done) }); return nil }

// Addr implements net.Listener.
func (l *Listener) Addr() net.Addr { return addr{} }

// To dials a listener in memory over the link.
func (l *Link) To(to *Listener) DialFunc {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		number := l.begin()
		if err := sleep(ctx, l.handshake(number)); err != nil {
			return nil, err
		}
		client, server := l.pair(number)
		select {
		case to.conns <- server:
			return client, nil
		case <-to.done:
			return nil, net.ErrClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Dialer puts the link behind connections that next makes. They take their goroutines along
// when they are closed.
func (l *Link) Dialer(next DialFunc) DialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		number := l.begin()
		if err := sleep(ctx, l.handshake(number)); err != nil {
			return nil, err
		}
		real, err := next(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		client, server := l.pair(number)
		join(server, real)
		return client, nil
	}
}

// Listener puts the link in front of connections that next accepts.
func (l *Link) Listener(next net.Listener) net.Listener { return &listener{next, l} }

type listener struct {
	net.Listener
	link *Link
}

func (l *listener) Accept() (net.Conn, error) {
	real, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	number := l.link.begin()
	client, server := l.link.pair(number)
	time.AfterFunc(l.link.handshake(number), func() { join(client, real) })
	return server, nil
}

// join copies between an end of the link and a real connection until either ends.
func join(end *conn, real net.Conn) {
	copying := func(to, from net.Conn) {
		io.Copy(to, from)
		if half, ok := to.(interface{ CloseWrite() error }); ok {
			half.CloseWrite()
		} else {
			to.Close()
		}
	}
	var both sync.WaitGroup
	both.Go(func() { copying(end, real) })
	both.Go(func() { copying(real, end) })
	go func() {
		both.Wait()
		end.Close()
		real.Close()
	}()
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
