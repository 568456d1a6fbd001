package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/cabinloop/cabinloop/ground/flightops"
	"github.com/cabinloop/cabinloop/internal/cli"
)

type decodeCmd struct {
	Type string `help:"What the file must be: auto, pnl, adl, mvt or div." default:"auto" enum:"auto,pnl,adl,mvt,div"`
	File string `arg:"" type:"existingfile" help:"A telex, or several in one file."`
}

// decoded is what a file of telexes says. Names are in it: it is for the person who has the file.
type decoded struct {
	Lists     []flightops.List            `json:"lists"`
	Movements []flightops.MovementMessage `json:"movements"`
	Refused   []*flightops.RowError       `json:"refused"`
}

func (c *decodeCmd) Run(a *app) error {
	r, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer r.Close()
	res, err := flightops.Decode(c.File, r, a.now())
	if err != nil {
		return err
	}
	doc := decoded{Lists: []flightops.List{}, Movements: []flightops.MovementMessage{}, Refused: []*flightops.RowError{}}
	doc.Refused = append(doc.Refused, res.Refused...)
	for _, l := range res.Lists {
		if c.wants(l.Type) {
			doc.Lists = append(doc.Lists, l)
		} else {
			doc.Refused = append(doc.Refused, &flightops.RowError{File: l.File, Line: l.Line, Reason: "this is a " + l.Type + ", not a " + c.Type})
		}
	}
	for _, m := range res.Movements {
		if c.wants(m.Type) {
			doc.Movements = append(doc.Movements, m)
		} else {
			doc.Refused = append(doc.Refused, &flightops.RowError{File: m.File, Line: m.Line, Reason: "this is a " + m.Type + ", not a " + c.Type})
		}
	}
	if err := a.Print(doc, func(w io.Writer) {
		for _, l := range doc.Lists {
			fmt.Fprintf(w, "%s %s: %d entries, %d with an infant, doubt: %q\n", l.Type, l.Flight, len(l.Entries), l.Infants, l.Doubt())
		}
		for _, m := range doc.Movements {
			fmt.Fprintf(w, "%s %s %s:", m.Type, m.Designator(), m.Day)
			for _, e := range m.Events {
				fmt.Fprintf(w, " %s %s", e.Word, e.At.Format("02 15:04Z"))
			}
			fmt.Fprintln(w)
		}
		for _, e := range doc.Refused {
			fmt.Fprintln(a.Err, "refused:", e)
		}
	}); err != nil {
		return err
	}
	if len(doc.Refused) > 0 {
		return cli.ErrRefused
	}
	return nil
}

func (c *decodeCmd) wants(kind string) bool {
	switch c.Type {
	case "auto":
		return true
	case "mvt":
		return kind == "MVT" || kind == "MVA"
	}
	return strings.EqualFold(kind, c.Type)
}
