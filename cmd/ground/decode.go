package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/cabinloop/cabinloop/ground/flightops"
	"github.com/cabinloop/cabinloop/internal/cli"
)

type decodeCmd struct {
	Type string `help:"What the file must hold: auto, pnl, adl, pil, psm, ptm, pfs, mvt, div, oooi, asm, ssm or bcbp." default:"auto" enum:"auto,pnl,adl,pil,psm,ptm,pfs,mvt,div,oooi,asm,ssm,bcbp"`
	File string `arg:"" type:"existingfile" help:"A telex, an ACARS report or a bar code, or several in one file."`
}

// decoded is what a file says. Names are in it: it is for the person who has the file. Of a
// boarding pass it holds name, seats and sequences only, because nothing else was kept.
type decoded struct {
	Lists     []flightops.List            `json:"lists"`
	Seats     []flightops.SeatList        `json:"seat_lists"`
	Services  []flightops.ServiceList     `json:"service_lists"`
	Transfers []flightops.TransferList    `json:"transfer_lists"`
	Finals    []flightops.FinalList       `json:"final_lists"`
	Movements []flightops.MovementMessage `json:"movements"`
	Schedules []flightops.ScheduleChange  `json:"schedule_changes"`
	Passes    []flightops.BoardingPass    `json:"boarding_passes"`
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
	doc := decoded{Refused: append([]*flightops.RowError{}, res.Refused...)}
	doc.Lists = keep(c, &doc, res.Lists, func(l flightops.List) (string, string, int) { return l.Type, l.File, l.Line })
	doc.Seats = keep(c, &doc, res.Seats, func(l flightops.SeatList) (string, string, int) { return l.Type, l.File, l.Line })
	doc.Services = keep(c, &doc, res.Services, func(l flightops.ServiceList) (string, string, int) { return l.Type, l.File, l.Line })
	doc.Transfers = keep(c, &doc, res.Transfers, func(l flightops.TransferList) (string, string, int) { return l.Type, l.File, l.Line })
	doc.Finals = keep(c, &doc, res.Finals, func(l flightops.FinalList) (string, string, int) { return l.Type, l.File, l.Line })
	doc.Movements = keep(c, &doc, res.Movements, func(m flightops.MovementMessage) (string, string, int) { return m.Type, m.File, m.Line })
	doc.Schedules = keep(c, &doc, res.Schedules, func(s flightops.ScheduleChange) (string, string, int) { return s.Type, s.File, s.Line })
	doc.Passes = keep(c, &doc, res.Passes, func(b flightops.BoardingPass) (string, string, int) { return "BCBP", b.File, b.Line })
	if err := a.Print(doc, doc.write); err != nil {
		return err
	}
	if len(doc.Refused) == 0 {
		return nil
	}
	if !a.IO.JSON {
		for _, e := range doc.Refused {
			fmt.Fprintln(a.Err, "refused:", e)
		}
	}
	return cli.ErrRefused
}

// keep takes the messages that are of the type asked for and refuses the others by their line.
func keep[T any](c *decodeCmd, doc *decoded, all []T, at func(T) (kind, file string, line int)) []T {
	out := []T{}
	for _, v := range all {
		kind, file, line := at(v)
		if c.wants(kind) {
			out = append(out, v)
			continue
		}
		doc.Refused = append(doc.Refused, &flightops.RowError{File: file, Line: line, Reason: "this is of type " + kind + ", not " + strings.ToUpper(c.Type)})
	}
	return out
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
