package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/internal/cli"
)

// app is the wiring of the tablet's program.
type app struct {
	globals
	cli.IO
	ctx   context.Context
	now   func() time.Time
	log   *slog.Logger
	agent *tablet.Agent
}

func newApp(ctx context.Context, io cli.IO, g globals) (*app, error) {
	now, err := g.Flags.Func()
	if err != nil {
		return nil, cli.UsageError{Text: err.Error()}
	}
	return &app{globals: g, IO: io, ctx: ctx, now: now, log: slog.New(slog.NewTextHandler(io.Err, nil))}, nil
}

// open takes the data directory. It fails while another purser program has it.
func (a *app) open() (err error) {
	a.agent, err = tablet.Open(tablet.Config{Dir: a.Data, Now: a.now, Rand: rand.Reader, Log: a.log, HTTP: link()})
	return err
}

func (a *app) close() {
	if a.agent == nil {
		return
	}
	if err := a.agent.Close(); err != nil {
		a.log.Error("close", "err", err)
	}
}

// link is the tablet's HTTP client: no overall timeout, since streams live long, but one for
// each step before the first byte.
func link() *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS13},
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 30 * time.Second,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   2,
		ForceAttemptHTTP2:     true,
	}}
}
