package main

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/internal/cli"
	"github.com/cabinloop/cabinloop/internal/clock"
)

// globals are the flags of every command.
type globals struct {
	Data        string `help:"Folder of this tablet's data." default:"var/purser" env:"CABINLOOP_DATA"`
	JSON        bool   `help:"Print exactly one JSON document on standard output."`
	clock.Flags `embed:""`
}

// commands is the command-line contract of ARCHITECTURE: scripts and checks depend on it.
type commands struct {
	globals

	Enrol    enrolCmd    `cmd:"" help:"Enrol this tablet with a one-time code from ground."`
	Serve    serveCmd    `cmd:"" help:"Show the purser's pages on loopback and keep in touch with ground."`
	Sync     syncCmd     `cmd:"" help:"Exchange with ground."`
	Flights  flightsCmd  `cmd:"" help:"This tablet's flights."`
	Notes    notesCmd    `cmd:"" help:"The notes of a flight."`
	Feedback feedbackCmd `cmd:"" help:"Record what became of a note."`
	Status   statusCmd   `cmd:"" help:"How the tablet stands, and what is only on it."`
	Doctor   doctorCmd   `cmd:"" help:"Check the tablet: data, disk, clock, ground."`
}

// app is the wiring of the tablet.
type app struct {
	globals
	cli.IO
	*tablet.Agent
	ctx context.Context
	now func() time.Time
	log *slog.Logger
}

func newApp(ctx context.Context, io cli.IO, g globals) (*app, error) {
	now, err := g.Flags.Func()
	if err != nil {
		return nil, cli.UsageError{Text: err.Error()}
	}
	log := slog.New(slog.NewTextHandler(io.Err, nil))
	// No client timeout: the watch lives long. Every other call has its own.
	agent, err := tablet.Open(tablet.Config{Dir: g.Data, Now: now, Rand: rand.Reader, Log: log, HTTP: &http.Client{}})
	if err != nil {
		return nil, err
	}
	return &app{globals: g, IO: io, Agent: agent, ctx: ctx, now: now, log: log}, nil
}

func (a *app) close() {
	if err := a.Agent.Close(); err != nil {
		a.log.Error("close", "err", err)
	}
}
