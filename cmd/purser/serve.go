package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/cabinloop/cabinloop/crewapi/screen"
	"github.com/cabinloop/cabinloop/internal/cli"
)

// memoryLimit is the soft limit of the whole program (measured: three flights fit in 40 MB).
const memoryLimit = 30 << 20

type serveCmd struct {
	Listen  string `help:"Loopback address to listen on." default:"127.0.0.1:8090" env:"CABINLOOP_LISTEN"`
	NoToken bool   `help:"Let anyone on this machine open the pages; for demonstrations and tests."`
}

func (c *serveCmd) Run(a *app) error {
	host, _, err := net.SplitHostPort(c.Listen)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return cli.UsageError{Text: "the pages are for this tablet only: --listen takes a loopback address like 127.0.0.1:8090"}
	}
	if debug.SetMemoryLimit(-1) == math.MaxInt64 { // GOMEMLIMIT is not set
		debug.SetMemoryLimit(memoryLimit)
	}
	ln, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return err
	}
	defer ln.Close()
	token := ""
	if !c.NoToken {
		b := make([]byte, 32)
		if _, err := rand.Read(b); err != nil {
			return err
		}
		token = base64.RawURLEncoding.EncodeToString(b)
	}
	handler, err := screen.New(screen.Config{Agent: a.Agent, Now: a.now, Log: a.log, Hosts: []string{ln.Addr().String()}, Token: token})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Err, "purser: listening on http://%s\n", ln.Addr())
	if token != "" {
		fmt.Fprintf(a.Err, "purser: open http://%s%s\n", ln.Addr(), screen.TokenPath(token))
	}
	group, ctx := errgroup.WithContext(a.ctx)
	srv := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	group.Go(func() error {
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		if err := srv.Shutdown(drain); err != nil {
			return srv.Close()
		}
		return nil
	})
	group.Go(func() error {
		if err := a.Agent.Run(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		return nil
	})
	return group.Wait()
}
