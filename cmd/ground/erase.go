package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/subject"
	"github.com/cabinloop/cabinloop/internal/cli"
	"github.com/cabinloop/cabinloop/passenger"
)

// journalFlag names the journal of erasures.
type journalFlag struct {
	Erasures string `help:"Append-only journal of erasures; beside the database when not named." type:"path" env:"CABINLOOP_ERASURES"`
}

func (j journalFlag) journal(database string) *subject.Journal {
	switch path, ok := strings.CutPrefix(database, "sqlite:"); {
	case j.Erasures != "":
		return &subject.Journal{Path: j.Erasures}
	case ok:
		return &subject.Journal{Path: path + ".erasures"}
	}
	return &subject.Journal{Path: filepath.Join("var", "ground.erasures")}
}

type eraseCmd struct {
	journalFlag
	Person  string `help:"Person id, from ground match or the case page." xor:"who"`
	Account string `help:"Social account as CHANNEL:ID, like x:9000000000000000101." xor:"who"`
	Replay  bool   `help:"Repeat every erasure of the journal that this database does not know: once after each pg_restore." xor:"who"`
}

func (c *eraseCmd) subject() (x subject.Subject, err error) {
	if c.Person != "" {
		x.Person, err = personArg(c.Person)
		return x, err
	}
	channel, id, ok := strings.Cut(c.Account, ":")
	if !ok || id == "" {
		return x, cli.UsageError{Text: "give --person ID, or --account CHANNEL:ID"}
	}
	ch, err := passenger.ParseChannel(channel)
	if err != nil {
		return x, cli.UsageError{Text: passenger.Public(err)}
	}
	return subject.Subject{Account: ground.Account{Channel: ch, ID: id}}, nil
}

func personArg(s string) (passenger.PersonID, error) {
	id, err := uuid.Parse(s)
	if err != nil || id == uuid.Nil {
		return id, cli.UsageError{Text: "--person takes a person id; it reads like 3f0c…-…"}
	}
	return id, nil
}

func (c *eraseCmd) Run(a *app) error {
	if c.Replay {
		return c.replay(a)
	}
	x, err := c.subject()
	if err != nil {
		return err
	}
	if err := a.open(); err != nil {
		return err
	}
	st, err := a.subjects(c.journal(a.DB)).Erase(a.ctx, x, a.By)
	if err != nil {
		return err
	}
	return a.Print(st, func(w io.Writer) { fmt.Fprintln(w, st) })
}

func (c *eraseCmd) replay(a *app) error {
	if err := a.open(); err != nil {
		return err
	}
	if err := a.dispatch.Restored(a.ctx); err != nil {
		return err
	}
	s := a.subjects(c.journal(a.DB))
	did, err := s.Replay(a.ctx, a.By)
	if err != nil {
		return err
	}
	back, err := s.Returning(a.ctx)
	if err != nil {
		return err
	}
	return a.Print(restored{Replayed: did, Flights: back}, func(w io.Writer) { sayRestored(w, did, back) })
}
