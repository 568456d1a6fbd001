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
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
)

// app is the wiring of the ground: every part, once.
type app struct {
	globals
	cli.IO
	ctx context.Context
	now func() time.Time
	log *slog.Logger

	Keys       keys.KeyStore // ground's own; open reads them
	acceptKeys bool          // of ground migrate
	db         *store.DB
	dispatch   *dispatch.Service
	cases      *cases.Service
	followup   *followup.Service
	users      *auth.Users
	tablets    *auth.Tablets
}

func newApp(ctx context.Context, io cli.IO, g globals) (*app, error) {
	now, err := g.Flags.Func()
	if err != nil {
		return nil, cli.UsageError{Text: err.Error()}
	}
	return &app{globals: g, IO: io, ctx: ctx, now: now, log: slog.New(slog.NewTextHandler(io.Err, nil))}, nil
}

// open opens the database of a ground and brings it to this program's schema. Commands that need
// none do not call it. Errors: not_found where there is none.
func (a *app) open() error { return a.openDB(true) }

// begin is open that begins a ground where there is none.
func (a *app) begin() error { return a.openDB(false) }

func (a *app) openDB(existing bool) error {
	db, err := store.Open(a.ctx, a.DB, store.Options{Now: a.now, Log: a.log, Existing: existing})
	if err != nil {
		return err
	}
	a.db = db
	if err := db.Migrate(a.ctx); err != nil {
		return err
	}
	return a.wire(db)
}

// wire makes every part over a migrated database.
func (a *app) wire(db *store.DB) (err error) {
	a.db = db
	if err := a.openKeys(); err != nil {
		return err
	}
	sign, agree := a.Keys.Signer(), a.Keys.Agreer()
	a.dispatch = dispatch.New(dispatch.Config{Store: db, Rand: rand.Reader, Log: a.log, Sign: sign, Agree: agree})
	a.cases = &cases.Service{Store: db, Loops: a.dispatch, Rand: rand.Reader}
	a.followup = &followup.Service{Store: db}
	a.users = &auth.Users{Store: db, Rand: rand.Reader}
	a.tablets = &auth.Tablets{Store: db, Rand: rand.Reader, Dispatch: a.dispatch, Ground: passenger.PublicKeys{Sign: sign.Public(), Agree: agree.Public()}}
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
