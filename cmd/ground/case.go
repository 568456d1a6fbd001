package main

import (
	"fmt"
	"io"
	"strconv"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/cases"
	"github.com/cabinloop/cabinloop/ground/followup"
	"github.com/cabinloop/cabinloop/internal/cli"
	"github.com/cabinloop/cabinloop/passenger"
)

type caseCmd struct {
	List caseListCmd `cmd:"" help:"Cases, newest first; no text of theirs."`
	Flag caseFlagCmd `cmd:"" help:"Tell the crew: flag cases."`
	Link caseLinkCmd `cmd:"" help:"Confirm whom a case is about."`
}

type caseRow struct {
	Case     string             `json:"case"`
	Channel  passenger.Channel  `json:"channel"`
	Account  string             `json:"account"`
	Lang     string             `json:"lang"`
	Topic    passenger.Topic    `json:"topic"`
	Severity passenger.Severity `json:"severity"`
	Negative bool               `json:"negative"`
	Held     []string           `json:"held,omitempty"`
	Linked   string             `json:"linked,omitempty"` // person
	Loop     ground.LoopState   `json:"loop,omitempty"`
}

type caseListCmd struct {
	Negative bool `help:"Only negative ones."`
	Linked   bool `help:"Only those whose person is known."`
	Limit    int  `help:"At most so many." default:"10000"`
}

func (c *caseListCmd) Run(a *app) error {
	if err := a.open(); err != nil {
		return err
	}
	rows := []caseRow{}
	if err := a.db.Read(a.ctx, func(tx ground.Tx) error {
		rows = rows[:0]
		cs, err := tx.ListCases(a.ctx, ground.CaseFilter{Negative: c.Negative, Limit: c.Limit})
		if err != nil {
			return err
		}
		for _, k := range cs {
			r := caseRow{Case: k.ID.String(), Channel: k.Channel, Account: k.AccountID, Lang: k.Lang, Topic: k.Topic, Severity: k.Severity, Negative: k.Negative, Held: k.Held}
			links, err := tx.Links(a.ctx, k.ID)
			if err != nil {
				return err
			}
			for _, l := range links {
				if l.State == ground.Linked {
					r.Linked = l.Person.String()
				}
			}
			loop, ok, err := tx.LoopOfCase(a.ctx, k.ID)
			if err != nil {
				return err
			}
			if ok {
				r.Loop = loop.State
			}
			if r.Linked != "" || !c.Linked {
				rows = append(rows, r)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	return a.Print(rows, func(w io.Writer) {
		for _, r := range rows {
			fmt.Fprintln(w, r.Case, r.Channel, r.Lang, r.Topic, r.Severity, r.Loop)
		}
	})
}

type caseFlagCmd struct {
	Words string   `help:"Free words for the crew, at most 80 characters."`
	Rule  bool     `help:"Flag every negative case whose person is known and that has no loop."`
	Topic []string `help:"With --rule: only these topics."`
	Case  []string `arg:"" optional:"" help:"Case ids."`
}

func (c *caseFlagCmd) Run(a *app) error {
	ids, err := parseIDs(c.Case)
	if err != nil {
		return err
	}
	if c.Rule == (len(ids) > 0) {
		return cli.UsageError{Text: "give cases, or --rule"}
	}
	if err := a.open(); err != nil {
		return err
	}
	by := a.actor()
	if c.Rule {
		by = cases.Actor{Name: "rule", Role: "rule"}
		if ids, err = a.flaggable(c.Topic); err != nil {
			return err
		}
	}
	states := map[ground.LoopState]int{}
	for _, id := range ids {
		loop, err := a.cases.Flag(a.ctx, id, ground.Edits{Words: c.Words}, by)
		if err != nil {
			return err
		}
		states[loop.State]++
	}
	return a.Print(map[string]any{"flagged": len(ids), "states": states}, func(w io.Writer) { fmt.Fprintln(w, "flagged", len(ids), states) })
}

// flaggable lists negative cases with a known person and no loop, of the given topics.
func (a *app) flaggable(topics []string) (ids []passenger.CaseID, err error) {
	want := map[string]bool{}
	for _, t := range topics {
		want[t] = true
	}
	err = a.db.Read(a.ctx, func(tx ground.Tx) error {
		ids = nil
		cs, err := tx.ListCases(a.ctx, ground.CaseFilter{Status: ground.CaseOpen, Negative: true, Limit: 1 << 20})
		if err != nil {
			return err
		}
		for _, k := range cs {
			if len(want) > 0 && !want[string(k.Topic)] {
				continue
			}
			links, err := tx.Links(a.ctx, k.ID)
			if err != nil {
				return err
			}
			linked := false
			for _, l := range links {
				linked = linked || l.State == ground.Linked
			}
			if !linked {
				continue
			}
			if _, ok, err := tx.LoopOfCase(a.ctx, k.ID); err != nil {
				return err
			} else if !ok {
				ids = append(ids, k.ID)
			}
		}
		return nil
	})
	return ids, err
}

func parseIDs(in []string) ([]uuid.UUID, error) {
	var out []uuid.UUID
	for _, s := range in {
		id, err := uuid.Parse(s)
		if err != nil {
			return nil, cli.UsageError{Text: fmt.Sprintf("%q is no id; an id reads like 3f0c…-…", s)}
		}
		out = append(out, id)
	}
	return out, nil
}

type caseLinkCmd struct {
	caseArg
	Person string `required:"" help:"Person id, from ground match or the case page."`
	Reject bool   `help:"It is not this person."`
}

func (c *caseLinkCmd) Run(a *app) error {
	id, err := c.id()
	if err != nil {
		return err
	}
	person, err := uuid.Parse(c.Person)
	if err != nil {
		return cli.UsageError{Text: "--person takes a person id"}
	}
	if err := a.open(); err != nil {
		return err
	}
	state := ground.Linked
	if c.Reject {
		state = ground.LinkRejected
	}
	if err := a.cases.SetLink(a.ctx, id, person, state, a.actor()); err != nil {
		return err
	}
	return a.Print(map[string]string{"case": c.Case, "link": string(state)}, func(w io.Writer) { fmt.Fprintln(w, c.Case, state) })
}

type followUpCmd struct {
	List  followUpListCmd  `cmd:"" help:"What ground still has to do, by deadline."`
	Close followUpCloseCmd `cmd:"" help:"Close a follow-up."`
}

type followUpListCmd struct {
	All bool `help:"Closed ones too."`
}

func (c *followUpListCmd) Run(a *app) error {
	if err := a.open(); err != nil {
		return err
	}
	type row struct {
		ID       int64  `json:"id"`
		Case     string `json:"case"`
		Cause    string `json:"cause"`
		Queue    string `json:"queue"`
		Group    string `json:"group"`
		Deadline string `json:"deadline"`
		Result   string `json:"result,omitempty"`
		Open     bool   `json:"open"`
	}
	rows := []row{}
	if err := a.db.Read(a.ctx, func(tx ground.Tx) error {
		rows = rows[:0]
		fs, err := tx.ListFollowUps(a.ctx, !c.All)
		for _, f := range fs {
			rows = append(rows, row{f.ID, f.Case.String(), f.Cause, f.Queue, f.GroupKey, f.Deadline.Format("2006-01-02T15:04Z"), f.Result, f.ClosedAt.IsZero()})
		}
		return err
	}); err != nil {
		return err
	}
	return a.Print(rows, func(w io.Writer) {
		for _, r := range rows {
			fmt.Fprintln(w, r.ID, r.Cause, r.Queue, r.Group, r.Deadline, r.Result)
		}
	})
}

type followUpCloseCmd struct {
	ID     []string `arg:"" help:"Follow-ups."`
	Reply  string   `help:"The reply to the customer; 'draft' sends the draft made of facts."`
	None   string   `help:"Why there is no reply: not-wanted, no-lawful-channel, account-gone, settled-on-board, covered-by-event-note."`
	Result string   `help:"What was done, for a follow-up without a reply."`
}

func (c *followUpCloseCmd) Run(a *app) error {
	if err := a.open(); err != nil {
		return err
	}
	for _, s := range c.ID {
		id, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return cli.UsageError{Text: "a follow-up is a number; see ground followup list"}
		}
		reply := c.Reply
		if reply == "draft" {
			var f ground.FollowUp
			if err := a.db.Read(a.ctx, func(tx ground.Tx) error { f, err = tx.FollowUp(a.ctx, id); return err }); err != nil {
				return err
			}
			if reply, err = a.followup.Draft(a.ctx, f.Case); err != nil {
				return err
			}
		}
		if err := a.followup.Close(a.ctx, id, followup.Answer{Reply: reply, NoneReason: c.None, Result: c.Result, By: a.By, Role: "ground"}); err != nil {
			return err
		}
	}
	return a.Print(map[string]int{"closed": len(c.ID)}, func(w io.Writer) { fmt.Fprintln(w, "closed", len(c.ID)) })
}

type loopRecallCmd struct{ caseArg }

func (c *loopRecallCmd) Run(a *app) error {
	id, err := c.id()
	if err != nil {
		return err
	}
	if err := a.open(); err != nil {
		return err
	}
	var loop ground.Loop
	if err := a.db.Read(a.ctx, func(tx ground.Tx) error {
		l, ok, err := tx.LoopOfCase(a.ctx, id)
		if err == nil && !ok {
			return passenger.Errorf(passenger.NotFound, "ground.recall", "this case was never flagged")
		}
		loop = l
		return err
	}); err != nil {
		return err
	}
	if err := a.dispatch.Recall(a.ctx, loop.ID, a.By); err != nil {
		return err
	}
	return a.Print(map[string]string{"case": c.Case, "loop": "ended", "end": "recalled"}, func(w io.Writer) { fmt.Fprintln(w, c.Case, "recalled") })
}
