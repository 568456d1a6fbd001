package main

import (
	"fmt"
	"io"
	"os"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/social"
	"github.com/cabinloop/cabinloop/internal/cli"
	"github.com/cabinloop/cabinloop/passenger"
	"github.com/cabinloop/cabinloop/passenger/identity"
)

type matchCmd struct {
	Channel string `help:"Channel of posts that name none." default:"file"`
	File    string `arg:"" type:"existingfile" help:"Posts (CSV or JSONL)."`
}

// matched is one post with whom it may be from.
type matched struct {
	ExternalID string      `json:"external_id"`
	Candidates []candidate `json:"candidates"`
}

type candidate struct {
	Person  string   `json:"person"`
	Score   float64  `json:"score"`
	Reasons []string `json:"reasons"`
}

func (c *matchCmd) Run(a *app) error {
	channel, err := passenger.ParseChannel(c.Channel)
	if err != nil {
		return cli.UsageError{Text: passenger.Public(err)}
	}
	if err := a.open(); err != nil {
		return err
	}
	idx, err := a.cases.Index(a.ctx)
	if err != nil {
		return err
	}
	r, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer r.Close()
	rep := &ground.ImportReport{}
	out := []matched{}
	for p, wrong := range social.DecodePosts(r, social.Options{Channel: channel, File: c.File, Received: a.now()}) {
		if wrong != nil {
			rep.Refuse(wrong.File, wrong.Line, wrong.Error())
			continue
		}
		m := matched{ExternalID: p.ExternalID, Candidates: []candidate{}}
		for _, x := range idx.Candidates(identity.Query{AuthorName: p.AuthorName, Handle: p.AuthorHandle, Channel: p.Channel, AccountID: p.AuthorID, Text: p.Text}) {
			m.Candidates = append(m.Candidates, candidate{x.Person.String(), x.Score, x.Reasons})
		}
		out = append(out, m)
	}
	if err := a.Print(out, func(w io.Writer) {
		for _, m := range out {
			fmt.Fprintln(w, m.ExternalID)
			for _, x := range m.Candidates {
				fmt.Fprintf(w, "  %s  %.2f  %v\n", x.Person, x.Score, x.Reasons)
			}
		}
	}); err != nil {
		return err
	}
	for _, e := range rep.Errors {
		fmt.Fprintf(a.Err, "%s:%d: refused: %s\n", e.File, e.Line, e.Reason)
	}
	if rep.Refused > 0 {
		return cli.ErrRefused
	}
	return nil
}
