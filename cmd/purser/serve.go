package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/cabinloop/cabinloop/crewapi/screen"
	"github.com/cabinloop/cabinloop/internal/cli"
)

const (
	// memoryLimit is the soft limit of the program's memory, bytes. Three open flights live in some
	// 30 MiB: with no more than that the collector never rests (a third of a core, measured; with
	// 40 MiB below 2 %), and the peak of the process stays below 40 MB (reference E.19: closing a store
	// peaks without one). GOMEMLIMIT overrides it.
	memoryLimit = 40 << 20
	// drain is how long a shutdown waits for open pages.
	drain = 5 * time.Second
)

type serveCmd struct {
	Listen  string   `help:"Address to listen on; this machine only." default:"127.0.0.1:8090" env:"CABINLOOP_LISTEN"`
	Offline bool     `help:"Do not keep in touch with ground by itself; the button still does."`
	LAN     string   `help:"Speak to the other tablets on board, and listen for them here: :8491. Not set: do not." env:"CABINLOOP_LAN"`
	Peer    []string `help:"Address of another tablet, host:port, for networks on which tablets do not find each other. May be repeated."`
	NoMDNS  bool     `help:"Do not look for other tablets by multicast DNS." name:"no-mdns"`
	linkFlags
	Token bool `help:"Ask browsers for a token that is made anew at each start and printed with the address."`
}

// Run serves the pages until a signal.
func (c *serveCmd) Run(a *app) error {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil || !loopback(host) {
		return cli.UsageError{Text: "--listen takes a loopback address like 127.0.0.1:8090: the pages are for this machine only"}
	}
	if a.lan, err = c.lan(); err != nil {
		return err
	}
	if err := a.dial(c.linkFlags); err != nil {
		return err
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	if err := a.open(); err != nil {
		return err
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("the pages cannot be shown: %w; is another program on that port?", err)
	}
	return a.serve(l, *c)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// serve runs the agent and the pages on l until a.ctx ends.
func (a *app) serve(l net.Listener, c serveCmd) error {
	address := l.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	config := screen.Config{Agent: a.agent, Now: a.now, Log: a.log, Hosts: []string{address, net.JoinHostPort("localhost", port)}}
	if c.LAN != "" {
		config.Cabin = a.agent
	}
	path := ""
	if c.Token {
		b := make([]byte, 32)
		rand.Read(b) // never fails (crypto/rand)
		config.Token = base64.RawURLEncoding.EncodeToString(b)
		path = screen.TokenPath(config.Token)
	}
	pages, err := screen.New(config)
	if err != nil {
		l.Close()
		return err
	}
	group, ctx := errgroup.WithContext(a.ctx)
	srv := &http.Server{Handler: pages, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		BaseContext: func(net.Listener) context.Context { return ctx }}
	fmt.Fprintf(a.Err, "purser: listening on http://%s%s\n", address, path)
	group.Go(func() error {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		ctx, cancel := context.WithTimeout(context.Background(), drain)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			return srv.Close()
		}
		return nil
	})
	if c.Offline {
		group.Go(func() error { return a.agent.RunLAN(ctx) })
	} else {
		group.Go(func() error { return a.agent.Run(ctx) })
	}
	return group.Wait()
}
