package main

import (
	"fmt"
	"io"

	"github.com/cabinloop/cabinloop/ground/followup"
)

type tabletHeldCmd struct{ flightArg }

func (c *tabletHeldCmd) Run(a *app) error {
	if err := a.open(); err != nil {
		return err
	}
	f, err := a.find(c.ID)
	if err != nil {
		return err
	}
	held, err := a.followup.Held(a.ctx, f.ID)
	if err != nil {
		return err
	}
	if held == nil {
		held = []followup.HeldEntry{}
	}
	return a.Print(held, func(w io.Writer) {
		for _, h := range held {
			fmt.Fprintf(w, "%s  %s  note %s  %-4s %s%s %s\n", h.Tablet, h.Dot, h.Note, h.Seat, h.Outcome, h.Gesture, h.Reason)
		}
	})
}

// decisionArgs say about which tablet of a flight a person decides, and why.
type decisionArgs struct {
	flightArg
	Tablet string `arg:"" help:"Name of the tablet."`
	Reason string `required:"" help:"Why, for the record; 1 to 200 characters."`
}

type tabletAcceptCmd struct{ decisionArgs }

func (c *tabletAcceptCmd) Run(a *app) error {
	key, err := flightKey(c.ID)
	if err != nil {
		return err
	}
	if err := a.open(); err != nil {
		return err
	}
	n, err := a.dispatch.Accept(a.ctx, key, c.Tablet, a.By, c.Reason)
	if err != nil {
		return err
	}
	return a.Print(map[string]any{"flight": key.String(), "tablet": c.Tablet, "accepted": n}, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %d entries of %s count now\n", key, n, c.Tablet)
	})
}

type tabletWriteOffCmd struct{ decisionArgs }

func (c *tabletWriteOffCmd) Run(a *app) error {
	key, err := flightKey(c.ID)
	if err != nil {
		return err
	}
	if err := a.open(); err != nil {
		return err
	}
	if err := a.dispatch.WriteOff(a.ctx, key, c.Tablet, a.By, c.Reason); err != nil {
		return err
	}
	return a.Print(map[string]any{"flight": key.String(), "tablet": c.Tablet, "written_off": true}, func(w io.Writer) {
		fmt.Fprintf(w, "%s: nobody waits for %s any more\n", key, c.Tablet)
	})
}
