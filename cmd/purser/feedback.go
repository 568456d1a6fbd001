package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"strings"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/internal/cli"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

type feedbackCmd struct {
	Flight   string `arg:"" help:"KL0641/2026-11-21/AMS, or KL0641 when it is the only one."`
	Note     string `arg:"" help:"The note, as purser notes names it: 3.1."`
	Outcome  string `help:"acted, declined or not-possible." required:"" enum:"acted,declined,not-possible"`
	Reason   string `help:"Why it was not possible."`
	Reaction string `help:"pleased, neutral or displeased."`
	Gesture  string `help:"Something given: apology, drink, voucher or miles."`
	Quantity int    `help:"How many of it." default:"1"`
	Words    string `help:"In the crew's own words; at most 500 characters."`
}

// Run records feedback.
func (c *feedbackCmd) Run(a *app) error {
	dot, ok := flightsync.ParseDot(c.Note)
	if !ok {
		return cli.UsageError{Text: "a note is written like 3.1, as purser notes names it"}
	}
	fb := passenger.Feedback{Outcome: passenger.Outcome(c.Outcome), Reason: passenger.Reason(c.Reason),
		Reaction: passenger.Reaction(c.Reaction), Words: c.Words}
	if err := fb.Validate(); err != nil {
		return cli.UsageError{Text: passenger.Public(err)}
	}
	if err := a.open(); err != nil {
		return err
	}
	p, err := a.agent.Flight(a.ctx, strings.ToUpper(c.Flight))
	if err != nil {
		return err
	}
	e := tablet.Entry{Flight: p.Key, Note: dot, Feedback: fb, Gesture: passenger.GestureCode(c.Gesture), Quantity: c.Quantity}
	rand.Read(e.Nonce[:]) // never fails (crypto/rand)
	card, err := a.agent.Record(a.ctx, e)
	if err != nil {
		return err
	}
	return a.Print(fromCard(card, "en"), func(w io.Writer) { fmt.Fprintf(w, "saved %s\n", card.Mark) })
}
