package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/internal/cli"
	"github.com/cabinloop/cabinloop/passenger"
)

type loopCmd struct {
	List    loopListCmd    `cmd:"" help:"Loops, newest first."`
	Show    loopShowCmd    `cmd:"" help:"The loop of a case, step by step."`
	Receipt loopReceiptCmd `cmd:"" help:"The receipt that proves a loop."`
	Recall  loopRecallCmd  `cmd:"" help:"Take a note back from every tablet and end the loop."`
}

type loopRow struct {
	Loop      string           `json:"loop"`
	Case      string           `json:"case"`
	State     ground.LoopState `json:"state"`
	Flight    string           `json:"flight,omitempty"`
	FlaggedAt time.Time        `json:"flagged_at"`
	End       string           `json:"end,omitempty"`
}

type loopListCmd struct {
	State string `help:"Only loops in this state: desk, waiting, compiled, reconciled, closed, ended."`
	Limit int    `help:"At most so many; 0 for all." default:"100"`
}

func (c *loopListCmd) Run(a *app) error {
	if err := a.open(); err != nil {
		return err
	}
	rows := []loopRow{}
	if err := a.db.Read(a.ctx, func(tx ground.Tx) error {
		rows = rows[:0]
		ls, err := tx.ListLoops(a.ctx, ground.LoopState(c.State), c.Limit)
		if err != nil {
			return err
		}
		for _, l := range ls {
			r := loopRow{Loop: l.ID.String(), Case: l.Case.String(), State: l.State, FlaggedAt: l.FlaggedAt, End: l.EndReason}
			if l.Flight != (passenger.FlightID{}) {
				f, err := tx.Flight(a.ctx, l.Flight)
				if err != nil {
					return err
				}
				r.Flight = f.Key.String()
			}
			rows = append(rows, r)
		}
		return nil
	}); err != nil {
		return err
	}
	return a.Print(rows, func(w io.Writer) {
		t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
		fmt.Fprintln(t, "CASE\tSTATE\tFLIGHT\tEND")
		for _, r := range rows {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", r.Case, r.State, r.Flight, r.End)
		}
		t.Flush()
	})
}

type caseArg struct {
	Case string `arg:"" name:"case" help:"Case id."`
}

func (c caseArg) id() (passenger.CaseID, error) {
	id, err := uuid.Parse(c.Case)
	if err != nil {
		return id, cli.UsageError{Text: "a case id reads like 3f0c…-…; see ground loop list"}
	}
	return id, nil
}

type loopShowCmd struct{ caseArg }

func (c *loopShowCmd) Run(a *app) error {
	id, err := c.id()
	if err != nil {
		return err
	}
	if err := a.open(); err != nil {
		return err
	}
	r, err := a.followup.Receipt(a.ctx, id)
	if err != nil {
		return err
	}
	return a.Print(r.Steps, func(w io.Writer) {
		for _, s := range r.Steps {
			fmt.Fprintf(w, "%s  %-8s %-12s %s\n", s.At.Format("02 Jan 15:04:05Z"), s.Role, s.To, s.Evidence)
		}
	})
}

type loopReceiptCmd struct{ caseArg }

func (c *loopReceiptCmd) Run(a *app) error {
	id, err := c.id()
	if err != nil {
		return err
	}
	if err := a.open(); err != nil {
		return err
	}
	r, err := a.followup.Receipt(a.ctx, id)
	if err != nil {
		return err
	}
	return a.Print(r, func(w io.Writer) {
		fmt.Fprintf(w, "loop %s of case %s: %s %s\n", r.Loop, r.Case, r.State, r.End)
		for _, n := range r.Notes {
			fmt.Fprintf(w, "note %s on %s: %s %s\n", n.Note, n.Flight, n.Bucket, n.Reason)
		}
		for _, f := range r.FollowUps {
			fmt.Fprintf(w, "follow-up %s (%s): %s\n", f.Cause, f.Queue, f.Result)
		}
		fmt.Fprintf(w, "proven: %v\n", r.Proven)
	})
}
