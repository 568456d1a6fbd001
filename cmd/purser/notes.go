package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// noteJSON is one note as scripts read it; phrases are in words.
type noteJSON struct {
	Note       string                   `json:"note"`
	Event      bool                     `json:"event,omitempty"`
	Cases      int                      `json:"cases,omitempty"`
	Traveller  passenger.TravellerNo    `json:"traveller,omitempty"`
	Seat       passenger.Seat           `json:"seat"`
	SeatNow    passenger.Seat           `json:"seat_now,omitempty"`
	Name       string                   `json:"name"`
	Tier       string                   `json:"tier,omitempty"`
	Assistance []string                 `json:"assistance,omitempty"`
	Priority   passenger.Priority       `json:"priority"`
	Moment     passenger.Moment         `json:"moment"`
	Private    bool                     `json:"private,omitempty"`
	Happened   []string                 `json:"happened"`
	Do         []string                 `json:"do"`
	DoNot      []string                 `json:"do_not,omitempty"`
	Why        []string                 `json:"why,omitempty"`
	Words      string                   `json:"words,omitempty"`
	More       bool                     `json:"more,omitempty"`
	Retracted  flightsync.RetractReason `json:"retracted,omitempty"`
	Expired    bool                     `json:"expired,omitempty"`
	Seen       bool                     `json:"seen"`
	Disputed   bool                     `json:"disputed,omitempty"`
	Outcome    *outcomeJSON             `json:"outcome,omitempty"`
	Heads      []outcomeJSON            `json:"heads,omitempty"`
	Gestures   []gestureJSON            `json:"gestures,omitempty"`
	Marks      string                   `json:"marks"`
	Verdict    flightsync.VerdictCode   `json:"verdict,omitempty"`
	Claimed    bool                     `json:"claimed,omitempty"`
}

type outcomeJSON struct {
	Outcome  passenger.Outcome  `json:"outcome"`
	Reason   passenger.Reason   `json:"reason,omitempty"`
	Reaction passenger.Reaction `json:"reaction,omitempty"`
	Words    string             `json:"words,omitempty"`
	Own      bool               `json:"own,omitempty"`
	Role     passenger.Role     `json:"role,omitempty"`
	At       time.Time          `json:"at,omitzero"`
	Marks    string             `json:"marks,omitempty"`
}

type gestureJSON struct {
	Gesture  string                `json:"gesture"` // its dot
	Code     passenger.GestureCode `json:"code"`
	Quantity int                   `json:"quantity"`
	Voided   bool                  `json:"voided,omitempty"`
}

func fromCard(c tablet.NoteCard, lang string) noteJSON {
	n := c.Note
	out := noteJSON{Note: c.Dot.String(), Event: n.Event, Cases: n.Cases, Traveller: n.Traveller, Seat: n.Seat, SeatNow: c.SeatNow,
		Name: n.Name, Tier: n.Tier, Assistance: c.Assistance, Priority: n.Priority, Moment: n.Moment, Private: n.Private,
		Happened: say(n.Happened, lang), Do: say(n.Do, lang), DoNot: say(n.DoNot, lang), Words: n.Words, More: c.More,
		Retracted: c.Retracted, Expired: c.Expired, Seen: c.Seen, Disputed: c.Disputed, Marks: c.Mark.String(), Verdict: c.Verdict, Claimed: c.Claimed}
	for _, w := range n.Why {
		out.Why = append(out.Why, w.Words(lang))
	}
	if c.Outcome != nil {
		o := outcome(*c.Outcome)
		out.Outcome = &o
	}
	for _, h := range c.Heads {
		o := outcome(h.Feedback)
		o.Own, o.Role, o.At, o.Marks = h.Own, h.Role, h.At, h.Mark.String()
		out.Heads = append(out.Heads, o)
	}
	for _, g := range c.Gestures {
		out.Gestures = append(out.Gestures, gestureJSON{g.Dot.String(), g.Code, g.Quantity, g.Voided})
	}
	return out
}

func outcome(f passenger.Feedback) outcomeJSON {
	return outcomeJSON{Outcome: f.Outcome, Reason: f.Reason, Reaction: f.Reaction, Words: f.Words}
}

func say(ps []passenger.Phrase, lang string) []string {
	out := []string{}
	for _, p := range ps {
		out = append(out, p.Words(lang))
	}
	return out
}

type notesCmd struct {
	Flight string `arg:"" help:"KL0641/2026-11-21/AMS, or KL0641 when it is the only one."`
	Lang   string `help:"Language of the phrases." default:"en" enum:"en,nl"`
}

// Run prints the notes of a flight.
func (c *notesCmd) Run(a *app) error {
	if err := a.open(); err != nil {
		return err
	}
	p, err := a.agent.Flight(a.ctx, strings.ToUpper(c.Flight))
	if err != nil {
		return err
	}
	list := []noteJSON{}
	for _, card := range append(p.Events, p.Cards...) {
		list = append(list, fromCard(card, c.Lang))
	}
	return a.Print(struct {
		Flight string     `json:"flight"`
		State  flightJSON `json:"state"`
		Lead   bool       `json:"lead"`
		Notes  []noteJSON `json:"notes"`
	}{p.Key.String(), fromRow(p.FlightRow), p.IsLead, list}, func(w io.Writer) {
		fmt.Fprintf(w, "%s to %s, %s\n", p.Key, p.Arrival, p.Stage)
		for _, n := range list {
			printNote(w, n)
		}
	})
}

func printNote(w io.Writer, n noteJSON) {
	who := fmt.Sprintf("%s %s", n.Seat, n.Name)
	if n.Event {
		who = "whole flight"
	}
	switch {
	case n.Retracted != "":
		fmt.Fprintf(w, "\n%s  taken back (%s)\n", n.Note, n.Retracted)
		return
	case n.Expired:
		fmt.Fprintf(w, "\n%s  expired\n", n.Note)
		return
	}
	fmt.Fprintf(w, "\n%s  %s  [%s, priority %d]\n", n.Note, who, n.Moment, n.Priority)
	for _, l := range []struct {
		name string
		text []string
	}{{"happened", n.Happened}, {"do", n.Do}, {"do not", n.DoNot}} {
		if len(l.text) > 0 {
			fmt.Fprintf(w, "     %-8s %s\n", l.name, strings.Join(l.text, "; "))
		}
	}
	switch {
	case n.Disputed:
		fmt.Fprintf(w, "     outcome  tablets disagree\n")
	case n.Outcome != nil:
		fmt.Fprintf(w, "     outcome  %s %s %s\n", n.Outcome.Outcome, n.Outcome.Reason, n.Marks)
	}
}
