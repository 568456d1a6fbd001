package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/followup"
)

type tabletCmd struct {
	Enrol  tabletEnrolCmd  `cmd:"" help:"Make a one-time code with which a tablet enrols within 10 minutes."`
	List   tabletListCmd   `cmd:"" help:"All tablets."`
	Revoke tabletRevokeCmd `cmd:"" help:"End a tablet's access at once, and take it off its flights."`
	Lost   tabletLostCmd   `cmd:"" help:"Mark a tablet lost and end its access."`

	Held     tabletHeldCmd     `cmd:"" help:"Entries of a flight that came from tablets without access and wait for a decision."`
	Accept   tabletAcceptCmd   `cmd:"" help:"Let such entries of a tablet on a flight count."`
	WriteOff tabletWriteOffCmd `cmd:"" help:"Stop waiting for a tablet on a flight: entries that wait do not count."`
}

type tabletEnrolCmd struct {
	Name string `required:"" help:"Name of the tablet."`
}

func (c *tabletEnrolCmd) Run(a *app) error {
	if err := a.open(); err != nil {
		return err
	}
	code, err := a.tablets.Invite(a.ctx, c.Name, a.By)
	if err != nil {
		return err
	}
	return a.Print(map[string]string{"tablet": c.Name, "code": code}, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n", code)
		fmt.Fprintf(a.Err, "on the tablet, within 10 minutes: purser enrol --ground URL --code %s\n", code)
	})
}

type tabletListCmd struct{}

func (c *tabletListCmd) Run(a *app) error {
	if err := a.open(); err != nil {
		return err
	}
	type row struct {
		ID       string    `json:"id"`
		Name     string    `json:"name"`
		State    string    `json:"state"`
		LastSeen time.Time `json:"last_seen,omitzero"`
		// Waiting are the flights on which it may still hold entries, or has some to decide about.
		Waiting []followup.Ended `json:"waiting,omitempty"`
	}
	rows := []row{}
	ended, err := a.followup.Ended(a.ctx)
	if err != nil {
		return err
	}
	if err := a.db.Read(a.ctx, func(tx ground.Tx) error {
		ts, err := tx.ListTablets(a.ctx)
		for _, t := range ts {
			state := "invited"
			switch {
			case !t.LostAt.IsZero():
				state = "lost"
			case !t.RevokedAt.IsZero():
				state = "revoked"
			case !t.EnrolledAt.IsZero():
				state = "enrolled"
			}
			r := row{ID: t.ID.String(), Name: t.Name, State: state, LastSeen: t.LastSeenAt}
			for _, e := range ended {
				if e.Tablet == t.Name {
					r.Waiting = append(r.Waiting, e)
				}
			}
			rows = append(rows, r)
		}
		return err
	}); err != nil {
		return err
	}
	return a.Print(rows, func(w io.Writer) {
		t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
		fmt.Fprintln(t, "NAME\tSTATE\tLAST SEEN\tID")
		for _, r := range rows {
			seen := "never"
			if !r.LastSeen.IsZero() {
				seen = r.LastSeen.Format(time.RFC3339)
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", r.Name, r.State, seen, r.ID)
		}
		t.Flush()
		for _, e := range ended {
			if e.Review > 0 {
				fmt.Fprintf(w, "%s %s: %d entries wait for a decision (held, accept, write-off)\n", e.Tablet, e.Flight, e.Review)
			}
			if e.MayHold {
				fmt.Fprintf(w, "%s %s: %s, may hold entries\n", e.Tablet, e.Flight, e.Gone)
			}
		}
	})
}

type tabletRevokeCmd struct {
	Name string `arg:"" name:"id" help:"Name of the tablet."`
}

func (c *tabletRevokeCmd) Run(a *app) error { return a.revoke(c.Name, false) }

type tabletLostCmd struct {
	Name string `arg:"" name:"id" help:"Name of the tablet."`
}

func (c *tabletLostCmd) Run(a *app) error { return a.revoke(c.Name, true) }

func (a *app) revoke(name string, lost bool) error {
	if err := a.open(); err != nil {
		return err
	}
	if err := a.tablets.Revoke(a.ctx, name, lost, a.By); err != nil {
		return err
	}
	return a.Print(map[string]any{"tablet": name, "revoked": true, "lost": lost}, func(w io.Writer) { fmt.Fprintln(w, name, "revoked") })
}
