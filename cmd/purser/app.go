package main

import (
	"context"
	"crypto/rand"
	"log/slog"
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
	lan   *tablet.LAN // set before open by a command that speaks to other tablets
	// set before open by a command that keeps in touch with ground
	uplink tablet.Uplink
	http   *http.Client
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
	if a.http == nil {
		if err := a.dial(linkFlags{}); err != nil {
			return err
		}
	}
	a.agent, err = tablet.Open(tablet.Config{Dir: a.Data, Now: a.now, Boot: a.Flags.Boot(), Rand: rand.Reader, Log: a.log, HTTP: a.http, LAN: a.lan, Uplink: a.uplink})
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
