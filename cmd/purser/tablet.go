package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/passenger"
)

type enrolCmd struct {
	Ground string `help:"Address of ground: https://…, or http:// on this machine." required:""`
	Code   string `help:"One-time code from ground." required:""`
	Name   string `help:"What people call this tablet; the machine's name by default."`
}

// Run enrols the tablet.
func (c *enrolCmd) Run(a *app) error {
	if c.Name == "" {
		c.Name = "tablet"
		if host, err := os.Hostname(); err == nil && host != "" && len(host) <= 64 {
			c.Name = host
		}
	}
	if err := a.open(); err != nil {
		return err
	}
	if err := a.agent.Enrol(a.ctx, c.Ground, c.Code, c.Name); err != nil {
		return err
	}
	st, err := a.agent.Status(a.ctx)
	if err != nil {
		return err
	}
	return a.Print(st, func(w io.Writer) { fmt.Fprintf(w, "enrolled as tablet %s at %s\n", st.Tablet, st.Ground) })
}

type syncCmd struct {
	Once bool `help:"One round, then stop: on satcom a person's wish, which goes whatever the purse says."`
	linkFlags
}

// Run exchanges with ground.
func (c *syncCmd) Run(a *app) error {
	if err := a.dial(c.linkFlags); err != nil {
		return err
	}
	if err := a.open(); err != nil {
		return err
	}
	if !c.Once {
		return a.agent.Run(a.ctx)
	}
	rep, err := a.agent.Sync(a.ctx)
	if err != nil {
		return err
	}
	if err := a.Print(rep, func(w io.Writer) {
		fmt.Fprintf(w, "%d flights: sent %d, received %d, pending %d%s\n", rep.Flights, rep.Sent, rep.Received, rep.Pending, andUnknown(rep.Unknown))
	}); err != nil {
		return err
	}
	if len(rep.Problems) > 0 {
		for _, p := range rep.Problems {
			fmt.Fprintln(a.Err, p)
		}
		return passenger.Errorf(passenger.Unavailable, "purser.sync", "%d flights could not be exchanged", len(rep.Problems))
	}
	return nil
}

type statusCmd struct{}

// Run says how the tablet stands.
func (*statusCmd) Run(a *app) error {
	if err := a.open(); err != nil {
		return err
	}
	st, err := a.agent.Status(a.ctx)
	if err != nil {
		return err
	}
	return a.Print(st, func(w io.Writer) { printStatus(w, st, a.now()) })
}

func printStatus(w io.Writer, st tablet.Status, now time.Time) {
	if !st.Enrolled {
		fmt.Fprintln(w, "not enrolled; ask ground for a code and run purser enrol")
		return
	}
	fmt.Fprintf(w, "tablet    %s\nground    %s\nflights   %d\nentries   %d issued, %d on ground, %d pending%s\n",
		st.Tablet, st.Ground, st.Flights, st.Issued, st.OnGround, st.Pending, andUnknown(st.Unknown))
	if st.Access != "" {
		fmt.Fprintf(w, "access    ended (%s): what was recorded is kept here or handed over; enrol again with a new code\n", st.Access)
	}
	last := "never"
	if !st.LastSync.IsZero() {
		last = st.LastSync.Format("2006-01-02 15:04 UTC")
	}
	fmt.Fprintf(w, "last sync %s\nfree      %d MB\n", last, st.FreeBytes>>20)
	fmt.Fprintf(w, "link      %s", st.Link.Class)
	if st.Link.Setting == uplink.Auto {
		fmt.Fprint(w, " (auto)")
	}
	if st.Link.Purse > 0 {
		fmt.Fprintf(w, ", satcom purse %d of %d KiB used", (st.Link.Used+1023)>>10, st.Link.Purse>>10)
	}
	fmt.Fprintln(w)
	if st.Storage != "" {
		fmt.Fprintf(w, "storage   nothing can be recorded (%s): what is here stays readable; use another tablet\n", st.Storage)
	}
	if st.Damaged > 0 {
		fmt.Fprintf(w, "damaged   %d records cannot be read on this tablet: ask ground; the next contact brings back what it has\n", st.Damaged)
	}
	if st.CertificateSoon(now) {
		fmt.Fprintf(w, "ground's certificate ends %s or has ended then: tell the administrator; without a new one this tablet cannot reach ground\n", st.CertificateEnds.Format("2006-01-02 15:04 UTC"))
	}
	if st.LastError != "" {
		fmt.Fprintf(w, "trouble   %s\n", st.LastError)
	}
}

// andUnknown says behind a count of pending entries that it is not all of them.
func andUnknown(flights int) string {
	if flights == 0 {
		return ""
	}
	return fmt.Sprintf(", and those of %d flights that cannot be read now", flights)
}

// finding is one check of the doctor.
type finding struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

type doctorCmd struct{}

// Run checks what could keep the tablet from working.
func (*doctorCmd) Run(a *app) error {
	found := a.examine()
	bad := 0
	for _, f := range found {
		if !f.OK {
			bad++
		}
	}
	if err := a.Print(struct {
		Checks []finding `json:"checks"`
		OK     bool      `json:"ok"`
	}{found, bad == 0}, func(w io.Writer) {
		for _, f := range found {
			mark := "ok "
			if !f.OK {
				mark = "BAD"
			}
			fmt.Fprintf(w, "%s %-10s %s\n", mark, f.Name, f.Detail)
		}
	}); err != nil {
		return err
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d checks failed", bad, len(found))
	}
	return nil
}

func (a *app) examine() (out []finding) {
	add := func(name, good string, err error) {
		detail := good
		if err != nil {
			detail = passenger.Public(err)
		}
		out = append(out, finding{name, err == nil, detail})
	}
	if err := a.open(); err != nil {
		add("data", "", err)
		return out
	}
	add("data", a.Data, nil)
	add("clock", a.now().Format("2006-01-02 15:04:05 UTC"), nil)
	st, err := a.agent.Status(a.ctx)
	if err == nil && st.FreeBytes < 64<<20 {
		err = passenger.Errorf(passenger.Unavailable, "purser.doctor", "only %d MB are free; below 32 MB nothing can be recorded", st.FreeBytes>>20)
	}
	add("storage", fmt.Sprintf("%d MB free", st.FreeBytes>>20), err)
	if !st.Enrolled {
		add("enrolled", "", errors.Join(passenger.Errorf(passenger.SignedOut, "purser.doctor", "not enrolled; ask ground for a code and run purser enrol")))
		return out
	}
	add("enrolled", "as tablet "+st.Tablet.String(), nil)
	rows, err := a.agent.Flights(a.ctx)
	add("flights", fmt.Sprintf("%d on this tablet", len(rows)), err)
	for _, r := range rows {
		_, err := a.agent.Flight(a.ctx, r.Key.String())
		add("flight", r.Key.String(), err)
	}
	rep, err := a.agent.Sync(a.ctx)
	if err == nil && len(rep.Problems) > 0 {
		err = passenger.Errorf(passenger.Unavailable, "purser.doctor", "%s", rep.Problems[0])
	}
	add("ground", st.Ground+" answers", err)
	return out
}
