package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/cabinloop/cabinloop/ground/store"
	"github.com/cabinloop/cabinloop/ground/subject"
	"github.com/cabinloop/cabinloop/internal/cli"
	"github.com/cabinloop/cabinloop/passenger"
)

type restoreCmd struct {
	journalFlag
	File  string `arg:"" help:"Backup file, as ground backup wrote it." type:"path"`
	Force bool   `help:"Replace the database that is there; what it holds is lost."`
}

// restored is what restore prints.
type restored struct {
	Restored string `json:"restored,omitempty"`
	subject.Replayed
	Flights []subject.Returning `json:"flights"` // whose tablets must send their entries again
}

func (c *restoreCmd) Run(a *app) error {
	doc := restored{Restored: c.File}
	journal := c.journal(a.DB)
	err := store.Restore(a.ctx, c.File, a.DB, store.Options{Now: a.now, Log: a.log}, c.Force, func(db *store.DB) (err error) {
		if err := a.wire(db); err != nil {
			return err
		}
		defer func() { a.db = nil }() // store closes it
		if err := a.dispatch.Restored(a.ctx); err != nil {
			return err
		}
		s := a.subjects(journal)
		if doc.Replayed, err = s.Replay(a.ctx, a.By); err != nil {
			return err
		}
		doc.Flights, err = s.Returning(a.ctx)
		return err
	})
	if err != nil && !strings.HasPrefix(a.DB, "sqlite:") && passenger.CodeOf(err) == passenger.Invalid {
		return cli.UsageError{Text: passenger.Public(err)}
	}
	if err != nil {
		return err
	}
	return a.Print(doc, func(w io.Writer) {
		fmt.Fprintln(w, "restored:", c.File)
		sayRestored(w, doc.Replayed, doc.Flights)
	})
}

func sayRestored(w io.Writer, r subject.Replayed, flights []subject.Returning) {
	fmt.Fprintf(w, "%d of %d erasures repeated, %d tombstones added\n", r.Repeated, r.Journal, r.Tombstones)
	if len(flights) == 0 {
		fmt.Fprintln(w, "no flight waits for its tablets")
		return
	}
	fmt.Fprintln(w, "these flights must regain entries from their tablets, at the next contact of each:")
	for _, f := range flights {
		fmt.Fprintf(w, "%s (%s): %s\n", f.Flight, f.Stage, strings.Join(f.Tablets, ", "))
	}
}
