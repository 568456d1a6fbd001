package crewtest

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/cabinloop/cabinloop/crewapi"
)

// URL is where [Serve] listens, as far as its client can tell.
const URL = "http://localhost"

// Serve puts the real handler in front of g, on pipes, and returns a client that reaches it.
func Serve(tb testing.TB, g *Ground) *http.Client {
	tb.Helper()
	path, h := crewapi.NewHandler(g, crewapi.Options{Now: g.now, Log: slog.New(slog.NewTextHandler(tb.Output(), nil))})
	mux := http.NewServeMux()
	mux.Handle(path, h)
	return ServeHandler(tb, mux)
}

// ServeHandler serves any handler on pipes.
func ServeHandler(tb testing.TB, h http.Handler) *http.Client {
	l := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	srv := &http.Server{Handler: h}
	ended := make(chan struct{})
	go func() { defer close(ended); srv.Serve(l) }()
	tr := &http.Transport{DialContext: l.dial}
	tb.Cleanup(func() {
		tr.CloseIdleConnections()
		srv.Close()
		<-ended
	})
	return &http.Client{Transport: tr}
}

// pipes is a listener whose connections are net.Pipe.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (l *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	mine, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return mine, nil
	case <-l.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipes) Close() error { l.once.Do(func() { close(l.done) }); return nil }

func (l *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }
