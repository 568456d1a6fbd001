package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/internal/cli"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

type enrolCmd struct {
	Ground string `required:"" help:"Address of the ground: https://ground.example."`
	Code   string `required:"" help:"One-time code."`
	Name   string `help:"Name of this device, for people." default:"tablet"`
}

func (c *enrolCmd) Run(a *app) error {
	if err := a.Enrol(a.ctx, c.Ground, c.Code, c.Name); err != nil {
		return err
	}
	st, err := a.Agent.Status(a.ctx)
	if err != nil {
		return err
	}
	return a.Print(map[string]string{"tablet": st.Tablet.String(), "ground": st.Ground}, func(w io.Writer) { fmt.Fprintln(w, "enrolled as", st.Tablet) })
}

type flightsCmd struct{}

type flightRow struct {
	Flight   string             `json:"flight"`
	Arrival  string             `json:"arrival"`
	STD      string             `json:"std"`
	Stage    passenger.Stage    `json:"stage"`
	Movement passenger.Movement `json:"movement,omitempty"`
	Role     passenger.Role     `json:"role"`
	Notes    int                `json:"notes"`
	Open     int                `json:"open"`
	Pending  int                `json:"pending"`
	Synced   string             `json:"synced,omitempty"`
}

func (c *flightsCmd) Run(a *app) error {
	fs, err := a.Flights(a.ctx)
	if err != nil {
		return err
	}
	rows := []flightRow{}
	for _, f := range fs {
		r := flightRow{f.Key.String(), f.Arrival, f.STD.Format("2006-01-02T15:04Z"), f.Stage, f.Movement, f.Role, f.Notes, f.Open, f.Pending, ""}
		if !f.SyncedAt.IsZero() {
			r.Synced = f.SyncedAt.Format("2006-01-02T15:04:05Z")
		}
		rows = append(rows, r)
	}
	return a.Print(rows, func(w io.Writer) {
		t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
		fmt.Fprintln(t, "FLIGHT\tTO\tSTD\tSTAGE\tNOTES\tOPEN\tONLY HERE")
		for _, r := range rows {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s %s\t%d\t%d\t%d\n", r.Flight, r.Arrival, r.STD, r.Stage, r.Movement, r.Notes, r.Open, r.Pending)
		}
		t.Flush()
	})
}

type notesCmd struct {
	Flight string `arg:"" help:"KL0641/2026-11-21/AMS, or KL0641 when only one flight has it."`
	Lang   string `help:"en or nl" default:"en" enum:"en,nl"`
}

type noteRow struct {
	Note     string             `json:"note"`
	Seat     passenger.Seat     `json:"seat,omitempty"`
	Name     string             `json:"name,omitempty"`
	Tier     string             `json:"tier,omitempty"`
	Event    bool               `json:"event,omitempty"`
	Priority passenger.Priority `json:"priority"`
	Moment   passenger.Moment   `json:"moment"`
	Happened []string           `json:"happened"`
	Do       []string           `json:"do"`
	DoNot    []string           `json:"do_not"`
	Words    string             `json:"words,omitempty"`
	Seen     bool               `json:"seen"`
	Outcome  passenger.Outcome  `json:"outcome,omitempty"`
	Disputed bool               `json:"disputed,omitempty"`
	Mark     string             `json:"mark,omitempty"`
	Verdict  string             `json:"verdict,omitempty"`
}

func rowOf(c tablet.NoteCard, lang string) noteRow {
	r := noteRow{Note: c.Dot.String(), Seat: c.Note.Seat, Name: c.Note.Name, Tier: c.Note.Tier, Event: c.Note.Event, Priority: c.Note.Priority,
		Moment: c.Note.Moment, Words: c.Note.Words, Seen: c.Seen, Disputed: c.Disputed, Mark: c.Mark.String(), Verdict: string(c.Verdict),
		Happened: words(c.Note.Happened, lang), Do: words(c.Note.Do, lang), DoNot: words(c.Note.DoNot, lang)}
	if c.SeatNow != "" {
		r.Seat = c.SeatNow
	}
	if c.Outcome != nil {
		r.Outcome = c.Outcome.Outcome
	}
	return r
}

func words(ps []passenger.Phrase, lang string) []string {
	out := []string{}
	for _, p := range ps {
		out = append(out, p.Words(lang))
	}
	return out
}

func (c *notesCmd) Run(a *app) error {
	page, err := a.Flight(a.ctx, c.Flight)
	if err != nil {
		return err
	}
	doc := struct {
		Flight string    `json:"flight"`
		Notes  []noteRow `json:"notes"`
	}{page.Key.String(), []noteRow{}}
	for _, card := range append(page.Events, page.Cards...) {
		if card.Retracted == "" && !card.Expired {
			doc.Notes = append(doc.Notes, rowOf(card, c.Lang))
		}
	}
	return a.Print(doc, func(w io.Writer) {
		for _, n := range doc.Notes {
			fmt.Fprintf(w, "%s  %-4s %s  [%d %s] %s\n      do: %v\n      do not: %v\n      %s %s\n", n.Note, n.Seat, n.Name, n.Priority, n.Moment, n.Happened, n.Do, n.DoNot, n.Outcome, n.Mark)
		}
	})
}

type feedbackCmd struct {
	Flight   string `arg:"" help:"KL0641/2026-11-21/AMS, or KL0641."`
	Note     string `arg:"" help:"The note, as purser notes writes it: 3.1."`
	Outcome  string `required:"" help:"acted, declined or not-possible"`
	Reason   string `help:"Why not possible: asleep, not-on-board, not-this-person, no-stock, no-time, not-the-moment, already-settled, other."`
	Reaction string `help:"pleased, neutral or displeased"`
	Gesture  string `help:"apology, drink, voucher or miles"`
	Words    string `help:"In your own words."`
}

func (c *feedbackCmd) Run(a *app) error {
	dot, ok := flightsync.ParseDot(c.Note)
	if !ok {
		return cli.UsageError{Text: "a note reads like 3.1; see purser notes"}
	}
	e := tablet.Entry{Note: dot, Gesture: passenger.GestureCode(c.Gesture), Feedback: passenger.Feedback{Outcome: passenger.Outcome(c.Outcome),
		Reason: passenger.Reason(c.Reason), Reaction: passenger.Reaction(c.Reaction), Words: c.Words}}
	if err := e.Feedback.Validate(); err != nil {
		return cli.UsageError{Text: passenger.Public(err)}
	}
	if _, err := rand.Read(e.Nonce[:]); err != nil {
		return err
	}
	page, err := a.Flight(a.ctx, c.Flight)
	if err != nil {
		return err
	}
	e.Flight = page.Key
	card, err := a.Record(a.ctx, e)
	if err != nil {
		return err
	}
	row := rowOf(card, "en")
	return a.Print(row, func(w io.Writer) { fmt.Fprintln(w, row.Note, row.Outcome, row.Mark) })
}
