package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/cabinloop/cabinloop/ground/flightops"
)

// write prints a message a line, and what it says of whom below it.
func (d decoded) write(w io.Writer) {
	for _, l := range d.Lists {
		fmt.Fprintf(w, "%s %s: %d entries, %d with an infant, doubt: %q\n", l.Type, l.Flight, len(l.Entries), l.Infants, l.Doubt())
		notes(w, l.Warnings)
	}
	for _, l := range d.Seats {
		fmt.Fprintf(w, "%s %s: %d passengers, %d empty seats\n", l.Type, l.Flight, len(l.Seats), l.Empty)
		for _, s := range l.Seats {
			fmt.Fprintf(w, "  %s%s to %s%s\n", name(s.Name), in(string(s.Seat)), s.Destination, services(s.SSRs))
		}
		notes(w, l.Warnings)
	}
	for _, l := range d.Services {
		fmt.Fprintf(w, "%s %s: %d passengers with services\n", l.Type, l.Flight, len(l.Passengers))
		for _, p := range l.Passengers {
			fmt.Fprintf(w, "  %s%s to %s%s%s\n", name(p.Name), in(string(p.Seat)), p.Destination, services(p.SSRs), onto(p.Onward))
		}
		notes(w, l.Warnings)
	}
	for _, l := range d.Transfers {
		fmt.Fprintf(w, "%s %s to %s: %d transfers\n", l.Type, l.Flight, l.Arrival, len(l.Transfers))
		for _, t := range l.Transfers {
			fmt.Fprintf(w, "  %s: %d in %s, %d bags\n", t.Onward(l.Arrival), t.Passengers, t.Class, t.Bags)
		}
		notes(w, l.Warnings)
	}
	for _, l := range d.Finals {
		fmt.Fprintf(w, "%s %s: %d named\n", l.Type, l.Flight, len(l.Finals))
		for _, f := range l.Finals {
			fmt.Fprintf(w, "  %s %s to %s class %s\n", f.Category, name(f.Name), f.Destination, f.Class)
		}
		notes(w, l.Warnings)
	}
	for _, m := range d.Movements {
		fmt.Fprintf(w, "%s %s %s:", m.Type, flightName(m), m.Day)
		for _, e := range m.Events {
			fmt.Fprintf(w, " %s %s", e.Word, e.At.Format("02 15:04Z"))
		}
		if m.EstimatedArrival != nil {
			fmt.Fprintf(w, " expected %s", m.EstimatedArrival.Format("02 15:04Z"))
		}
		fmt.Fprintln(w)
		notes(w, m.Warnings)
	}
	for _, c := range d.Schedules {
		fmt.Fprintf(w, "%s %s %s %s", c.Type, c.Action, c.Designator(), c.From)
		if c.To != c.From {
			fmt.Fprintf(w, " to %s on days %s", c.To, c.Days)
		}
		for _, l := range c.Legs {
			fmt.Fprintf(w, ", %s", leg(l))
		}
		if c.Local && len(c.Legs) > 0 {
			fmt.Fprint(w, " local times")
		}
		fmt.Fprintln(w)
		notes(w, c.Warnings)
	}
	for _, b := range d.Passes {
		fmt.Fprintf(w, "BCBP %s", name(flightops.Name{Surname: b.Surname, Given: b.Given, Title: b.Title}))
		for _, l := range b.Legs {
			fmt.Fprintf(w, "%s sequence %s", in(string(l.Seat)), l.Sequence)
		}
		fmt.Fprintln(w)
	}
}

func notes(w io.Writer, list []flightops.Warning) {
	for _, n := range list {
		fmt.Fprintf(w, "  note, line %d: %s\n", n.Line, n.Text)
	}
}

func name(n flightops.Name) string {
	return strings.Join(strings.Fields(n.Title+" "+n.Given+" "+n.Surname), " ")
}

func in(seat string) string {
	if seat == "" {
		return ", no seat,"
	}
	return ", " + seat + ","
}

// services lists the codes.
func services(list []flightops.SSR) string {
	if len(list) == 0 {
		return ""
	}
	codes := make([]string, len(list))
	for i, s := range list {
		codes[i] = s.Code
	}
	return ": " + strings.Join(codes, " ")
}

func onto(flight string) string {
	if flight == "" {
		return ""
	}
	return ", then " + flight
}

func flightName(m flightops.MovementMessage) string {
	if m.Number == 0 {
		return "(no flight named)"
	}
	return m.Designator()
}

func leg(l flightops.ScheduleLeg) string {
	side := func(airport, at string, daysOn int) string {
		switch {
		case at == "":
			return airport
		case daysOn != 0:
			return fmt.Sprintf("%s %s (%+d)", airport, at, daysOn)
		}
		return airport + " " + at
	}
	return side(l.Departure, l.DepartTime, l.DepartDaysOn) + " - " + side(l.Arrival, l.ArriveTime, l.ArriveDaysOn)
}
