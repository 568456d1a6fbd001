package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/cabinloop/cabinloop/internal/cli"
	"github.com/cabinloop/cabinloop/passenger"
)

type handInCmd struct {
	Flight string `arg:"" help:"KL0641/2026-11-21/AMS, or KL0641 when it is the only one."`
	Anyway string `help:"Hand in although entries are on this tablet only, and record why: no-tablet, no-time, failing or other."`
}

// Run hands the flight in.
func (c *handInCmd) Run(a *app) error {
	if c.Anyway != "" {
		if _, err := passenger.ParseHandInReason(c.Anyway); err != nil {
			return cli.UsageError{Text: passenger.Public(err)}
		}
	}
	if err := a.open(); err != nil {
		return err
	}
	key, handIn := strings.ToUpper(c.Flight), a.agent.HandIn
	if c.Anyway != "" {
		handIn = func(ctx context.Context, key string) error {
			return a.agent.HandInAnyway(ctx, key, passenger.HandInReason(c.Anyway))
		}
	}
	if err := handIn(a.ctx, key); err != nil {
		return err
	}
	p, err := a.agent.Flight(a.ctx, key)
	if err != nil {
		return err
	}
	return a.Print(struct {
		Flight   string `json:"flight"`
		HandedIn bool   `json:"handed_in"`
		OnlyHere int    `json:"only_here"` // entries that are nowhere else, the hand-in among them
		Pending  int    `json:"pending"`
	}{p.Key.String(), p.FinDone, p.OnlyHere, p.Pending}, func(w io.Writer) {
		fmt.Fprintf(w, "%s handed in; %d entries are not on ground yet\n", p.Key, p.Pending)
	})
}
