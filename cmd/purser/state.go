package main

import (
	"fmt"
	"io"
	"time"

	"github.com/cabinloop/cabinloop/internal/cli"
	"github.com/cabinloop/cabinloop/passenger"
)

type syncCmd struct {
	Once bool `help:"One round, then end; without it, keep in touch until Ctrl-C."`
}

func (c *syncCmd) Run(a *app) error {
	if !c.Once {
		if a.IO.JSON {
			return cli.UsageError{Text: "--json goes with --once"}
		}
		if err := a.Agent.Run(a.ctx); err != nil && a.ctx.Err() == nil {
			return err
		}
		return nil
	}
	rep, err := a.Agent.Sync(a.ctx)
	if err != nil {
		return err
	}
	if err := a.Print(rep, func(w io.Writer) {
		fmt.Fprintf(w, "%d flights, %d exchanges: sent %d, received %d, only here %d\n", rep.Flights, rep.Exchanges, rep.Sent, rep.Received, rep.Pending)
		for _, p := range rep.Problems {
			fmt.Fprintln(a.Err, "problem:", p)
		}
	}); err != nil {
		return err
	}
	if len(rep.Problems) > 0 {
		return passenger.Errorf(passenger.Unavailable, "purser.sync", "not every flight could be synced; nothing is lost, try again")
	}
	return nil
}

type statusCmd struct{}

// status is what status prints.
type status struct {
	Tablet    string `json:"tablet"`
	Ground    string `json:"ground"`
	Enrolled  bool   `json:"enrolled"`
	Flights   int    `json:"flights"`
	Pending   int    `json:"pending"`
	Issued    int    `json:"issued"`
	OnGround  int    `json:"on_ground"`
	LastSync  string `json:"last_sync,omitempty"`
	LastError string `json:"last_error,omitempty"`
	FreeBytes uint64 `json:"free_bytes"`
}

func (a *app) status() (status, error) {
	st, err := a.Agent.Status(a.ctx)
	s := status{Tablet: st.Tablet.String(), Ground: st.Ground, Enrolled: st.Enrolled, Flights: st.Flights, Pending: st.Pending,
		Issued: st.Issued, OnGround: st.OnGround, LastError: st.LastError, FreeBytes: st.FreeBytes}
	if !st.LastSync.IsZero() {
		s.LastSync = st.LastSync.UTC().Format(time.RFC3339)
	}
	return s, err
}

func (c *statusCmd) Run(a *app) error {
	s, err := a.status()
	if err != nil {
		return err
	}
	return a.Print(s, func(w io.Writer) { s.print(w) })
}

func (s status) print(w io.Writer) {
	if !s.Enrolled {
		fmt.Fprintln(w, "not enrolled; ask the administrator for a code, then: purser enrol --ground URL --code CODE")
		return
	}
	fmt.Fprintf(w, "tablet %s of %s\n%d flights; %d entries written, %d on ground, %d only here\n", s.Tablet, s.Ground, s.Flights, s.Issued, s.OnGround, s.Pending)
	if s.LastSync != "" {
		fmt.Fprintln(w, "last exchange:", s.LastSync)
	}
	if s.LastError != "" {
		fmt.Fprintln(w, "last problem:", s.LastError)
	}
}

type doctorCmd struct{}

// lowDisk is when to warn: three times a flight's largest store.
const lowDisk = 64 << 20

func (c *doctorCmd) Run(a *app) error {
	s, err := a.status()
	if err != nil {
		return err
	}
	problems := []string{}
	if !s.Enrolled {
		problems = append(problems, "the tablet is not enrolled")
	}
	if s.FreeBytes < lowDisk {
		problems = append(problems, "the disk is nearly full; free some space before the next flight")
	}
	if s.Enrolled {
		if _, err := a.Agent.Sync(a.ctx); err != nil {
			problems = append(problems, "ground: "+passenger.Public(err))
		}
	}
	if err := a.Print(map[string]any{"status": s, "time": a.now().Format(time.RFC3339), "problems": problems}, func(w io.Writer) {
		s.print(w)
		for _, p := range problems {
			fmt.Fprintln(w, "problem:", p)
		}
	}); err != nil {
		return err
	}
	if len(problems) > 0 {
		return passenger.Errorf(passenger.Unavailable, "purser.doctor", "%d problems found", len(problems))
	}
	return nil
}
