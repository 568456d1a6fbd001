package floor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
)

// Listen serves a handler over h2c on 127.0.0.1 until stop, which returns when it is gone.
func Listen(h http.Handler, address string) (addr string, stop func(), err error) {
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return "", nil, err
	}
	p := new(http.Protocols)
	p.SetHTTP1(true)
	p.SetUnencryptedHTTP2(true)
	srv := &http.Server{Handler: h, Protocols: p}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(ln) // until stop
	}()
	return ln.Addr().String(), func() { srv.Close(); <-done }, nil
}

// Serve is the ground's process: it says where it listens and serves until ctx ends.
func Serve(ctx context.Context, dir, address string, say io.Writer) error {
	g, err := NewGround(dir, nil)
	if err != nil {
		return err
	}
	addr, stop, err := Listen(g.Handler(), address)
	if err != nil {
		return errors.Join(err, g.Close())
	}
	fmt.Fprintf(say, "listening on http://%s\n", addr)
	<-ctx.Done()
	stop()
	return g.Close()
}

// PullOnce is the tablet's process: one pull into a store.
func PullOnce(ctx context.Context, dir, url string) error {
	t, err := NewTablet(dir, url, nil, H2C())
	if err != nil {
		return err
	}
	_, err = t.Pull(ctx)
	return errors.Join(err, t.Close())
}
