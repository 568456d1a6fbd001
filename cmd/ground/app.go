package main

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/ground/auth"
	"github.com/cabinloop/cabinloop/ground/cases"
	"github.com/cabinloop/cabinloop/ground/dispatch"
	"github.com/cabinloop/cabinloop/ground/followup"
	"github.com/cabinloop/cabinloop/ground/store"
	"github.com/cabinloop/cabinloop/internal/cli"
	"github.com/cabinloop/cabinloop/passenger"
)

// app is the wiring of the ground: every part, once.
type app struct {
	globals
	cli.IO
	ctx context.Context
	now func() time.Time
	log *slog.Logger

	db       *store.DB
	dispatch *dispatch.Service
	cases    *cases.Service
	followup *followup.Service
	users    *auth.Users
	tablets  *auth.Tablets
}

func newApp(ctx context.Context, io cli.IO, g globals) (*app, error) {
	now, err := g.Flags.Func()
	if err != nil {
		return nil, cli.UsageError{Text: err.Error()}
	}
	return &app{globals: g, IO: io, ctx: ctx, now: now, log: slog.New(slog.NewTextHandler(io.Err, nil))}, nil
}

// open opens the database and brings it to this program's schema. Commands that need none do
// not call it.
func (a *app) open() error {
	db, err := store.Open(a.ctx, a.DB, store.Options{Now: a.now, Log: a.log})
	if err != nil {
		return err
	}
	a.db = db
	if err := db.Migrate(a.ctx); err != nil {
		return err
	}
	a.dispatch = dispatch.New(dispatch.Config{Store: db, Rand: rand.Reader, Log: a.log})
	a.cases = &cases.Service{Store: db, Loops: a.dispatch, Rand: rand.Reader}
	a.followup = &followup.Service{Store: db}
	a.users = &auth.Users{Store: db, Rand: rand.Reader}
	a.tablets = &auth.Tablets{Store: db, Rand: rand.Reader}
	return nil
}

func (a *app) close() {
	if a.db != nil {
		if err := a.db.Close(); err != nil {
			a.log.Error("close database", "err", err)
		}
	}
}

func (a *app) actor() cases.Actor { return cases.Actor{Name: a.By, Role: "ground"} }

// flightKey reads a flight from the command line.
func flightKey(s string) (passenger.FlightKey, error) {
	k, err := passenger.ParseFlightKey(strings.ToUpper(s))
	if err != nil {
		return k, cli.UsageError{Text: passenger.Public(err)}
	}
	return k, nil
}
