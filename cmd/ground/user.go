package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

type userCmd struct {
	Add     userAddCmd     `cmd:"" help:"Make an account with a one-time password."`
	List    userListCmd    `cmd:"" help:"All accounts."`
	Disable userDisableCmd `cmd:"" help:"End an account at once."`
}

type userAddCmd struct {
	Name string   `arg:"" help:"Sign-in name."`
	Role []string `required:"" help:"social, ground, admin; give one or more."`
}

func (c *userAddCmd) Run(a *app) error {
	if err := a.open(); err != nil {
		return err
	}
	password, err := a.users.Add(a.ctx, c.Name, c.Role, a.By)
	if err != nil {
		return err
	}
	return a.Print(map[string]any{"name": strings.ToLower(c.Name), "roles": c.Role, "password": password}, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n", password)
		fmt.Fprintf(a.Err, "one-time password of %s; it is asked for anew at the first sign-in\n", c.Name)
	})
}

type userListCmd struct{}

func (c *userListCmd) Run(a *app) error {
	if err := a.open(); err != nil {
		return err
	}
	type row struct {
		Name     string   `json:"name"`
		Roles    []string `json:"roles"`
		Disabled bool     `json:"disabled"`
	}
	rows := []row{}
	if err := a.db.Read(a.ctx, func(tx ground.Tx) error {
		us, err := tx.ListUsers(a.ctx)
		for _, u := range us {
			rows = append(rows, row{u.Name, u.Roles, u.Disabled})
		}
		return err
	}); err != nil {
		return err
	}
	return a.Print(rows, func(w io.Writer) {
		for _, r := range rows {
			state := ""
			if r.Disabled {
				state = "disabled"
			}
			fmt.Fprintln(w, r.Name, strings.Join(r.Roles, ","), state)
		}
	})
}

type userDisableCmd struct {
	Name string `arg:"" help:"Sign-in name."`
}

func (c *userDisableCmd) Run(a *app) error {
	if err := a.open(); err != nil {
		return err
	}
	if err := a.users.Disable(a.ctx, c.Name, a.By); err != nil {
		return err
	}
	return a.Print(map[string]any{"name": c.Name, "disabled": true}, func(w io.Writer) { fmt.Fprintln(w, c.Name, "disabled") })
}

type consentCmd struct {
	Set consentSetCmd `cmd:"" help:"Record the answer to: may the crew of your next flight know?"`
}

type consentSetCmd struct {
	Case   []string `required:"" help:"Cases whose linked person answered."`
	Answer string   `arg:"" enum:"yes,no,not-asked" help:"yes, no or not-asked"`
	Words  string   `help:"How it was asked and answered."`
}

func (c *consentSetCmd) Run(a *app) error {
	ids, err := parseIDs(c.Case)
	if err != nil {
		return err
	}
	if err := a.open(); err != nil {
		return err
	}
	for _, id := range ids {
		if err := a.cases.SetConsent(a.ctx, id, passenger.Consent(c.Answer), c.Words, a.actor()); err != nil {
			return err
		}
	}
	return a.Print(map[string]any{"cases": len(ids), "consent": c.Answer}, func(w io.Writer) { fmt.Fprintln(w, len(ids), c.Answer) })
}
