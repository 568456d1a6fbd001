package flightops_test

import (
	"fmt"
	"strings"

	"github.com/cabinloop/cabinloop/ground/flightops"
)

// dumpMore writes the messages beside lists and movements.
func dumpMore(w *strings.Builder, res flightops.Result) {
	for _, l := range res.Seats {
		dumpHeading(w, l.Heading)
		fmt.Fprintf(w, "  %d empty seats\n", l.Empty)
		for _, s := range l.Seats {
			fmt.Fprintf(w, "  %d: %s %s (cabin %q) to %s %v\n", s.Line, person(s.Name), s.Seat, s.Cabin, s.Destination, codes(s.SSRs))
		}
	}
	for _, l := range res.Services {
		dumpHeading(w, l.Heading)
		for _, r := range l.Recaps {
			fmt.Fprintf(w, "  %d: to %s %d passengers, %d services, %d names\n", r.Line, r.Destination, r.Passengers, r.Services, r.Names)
		}
		for _, p := range l.Passengers {
			fmt.Fprintf(w, "  %d: %s seat %q (cabin %q) to %s onward %q %v\n", p.Line, person(p.Name), p.Seat, p.Cabin, p.Destination, p.Onward, codes(p.SSRs))
		}
	}
	for _, l := range res.Transfers {
		dumpHeading(w, l.Heading)
		fmt.Fprintf(w, "  arrives at %s\n", l.Arrival)
		for _, t := range l.Transfers {
			fmt.Fprintf(w, "  %d: %s day %q class %s: %d passengers, %d children, %d infants, %d bags %d%s %q", t.Line, t.Onward(l.Arrival), t.Day, t.Class,
				t.Passengers, t.Children, t.Infants, t.Bags, t.Weight, t.Unit, t.Status)
			for _, n := range t.Names {
				fmt.Fprintf(w, " %s", person(n))
			}
			fmt.Fprintln(w)
		}
	}
	for _, l := range res.Finals {
		dumpHeading(w, l.Heading)
		for _, c := range l.Counts {
			fmt.Fprintf(w, "  %d: to %s flown %v pad %v\n", c.Line, c.Destination, c.Flown, c.PAD)
		}
		for _, f := range l.Finals {
			fmt.Fprintf(w, "  %d: %s %s to %s class %s (cabin %q) %q off board %v\n", f.Line, f.Category, person(f.Name), f.Destination, f.Class, f.Cabin, f.Locator, f.OffBoard())
		}
	}
	for _, c := range res.Schedules {
		fmt.Fprintf(w, "%s %s %v %s from %s to %s days %s weeks %d local %v aircraft %q name %q sent %s\n", c.Type, c.Action, c.Reasons, c.Designator(), c.From, c.To,
			c.Days, c.Weeks, c.Local, c.Aircraft, c.NewName, stamp(c.SentAt))
		for _, l := range c.Legs {
			std, sta, ok := c.Times(l, c.From)
			fmt.Fprintf(w, "  %s %q+%d %s %q+%d is %s to %s %v\n", l.Departure, l.DepartTime, l.DepartDaysOn, l.Arrival, l.ArriveTime, l.ArriveDaysOn, stamp(std), stamp(sta), ok)
		}
		for _, x := range c.Warnings {
			fmt.Fprintf(w, "  warning line %d: %s\n", x.Line, x.Text)
		}
	}
	for _, b := range res.Passes {
		fmt.Fprintf(w, "BCBP %d: %s/%s (%s)", b.Line, b.Surname, b.Given, b.Title)
		for _, l := range b.Legs {
			fmt.Fprintf(w, " seat %q sequence %q", l.Seat, l.Sequence)
		}
		fmt.Fprintln(w)
	}
}

func dumpHeading(w *strings.Builder, h flightops.Heading) {
	fmt.Fprintf(w, "%s %s sent %s by %q, %d parts\n", h.Type, h.Flight, stamp(h.SentAt), h.Sender, h.Parts)
	for _, x := range h.Warnings {
		fmt.Fprintf(w, "  warning line %d: %s\n", x.Line, x.Text)
	}
}

func person(n flightops.Name) string { return fmt.Sprintf("%s/%s (%s)", n.Surname, n.Given, n.Title) }

func codes(list []flightops.SSR) (out []string) {
	for _, s := range list {
		out = append(out, s.Code)
	}
	return out
}
