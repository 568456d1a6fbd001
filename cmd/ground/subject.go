package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"

	"github.com/cabinloop/cabinloop/ground/subject"
	"github.com/cabinloop/cabinloop/internal/cli"
	"github.com/cabinloop/cabinloop/passenger"
)

// subjects makes the service of the privacy officer.
func (a *app) subjects(j *subject.Journal) *subject.Service {
	return &subject.Service{Store: a.db, Flights: a.dispatch, Rand: rand.Reader, Journal: j, Scrub: a.scrub}
}

// scrub cuts the log of the database. A server that reads at this moment keeps it for now: that
// is said, and no failure, since the log is cut again by itself.
func (a *app) scrub(ctx context.Context) error {
	err := a.db.Scrub(ctx)
	if passenger.CodeOf(err) == passenger.Unavailable {
		a.log.Warn("log not cut yet", "err", err)
		return nil
	}
	return err
}

type subjectCmd struct {
	Export subjectExportCmd `cmd:"" help:"Everything held about a person, as one JSON document."`
	Hold   subjectHoldCmd   `cmd:"" help:"Put a person under a legal hold, or end it."`
}

type personFlag struct {
	Person string `required:"" help:"Person id, from ground match or the case page."`
}

type subjectExportCmd struct{ personFlag }

func (c *subjectExportCmd) Run(a *app) error {
	id, err := personArg(c.Person)
	if err != nil {
		return err
	}
	if err := a.open(); err != nil {
		return err
	}
	doc, err := a.subjects(nil).Export(a.ctx, id, a.By)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(a.Out) // JSON for people, too: it is a document to hand over
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(doc)
}

type subjectHoldCmd struct {
	personFlag
	Reason string `help:"Why: a number or name of the matter, not of the person."`
	Off    bool   `help:"End the hold."`
}

func (c *subjectHoldCmd) Run(a *app) error {
	id, err := personArg(c.Person)
	if err != nil {
		return err
	}
	if c.Off == (c.Reason != "") {
		return cli.UsageError{Text: "give --reason TEXT to set a hold, or --off to end it"}
	}
	if err := a.open(); err != nil {
		return err
	}
	s, said := a.subjects(nil), "held"
	if c.Off {
		said, err = "released", s.Release(a.ctx, id, a.By)
	} else {
		err = s.Hold(a.ctx, id, c.Reason, a.By)
	}
	if err != nil {
		return err
	}
	return a.Print(map[string]any{"person": c.Person, "hold": !c.Off}, func(w io.Writer) { fmt.Fprintln(w, c.Person, said) })
}
