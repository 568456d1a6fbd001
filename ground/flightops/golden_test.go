package flightops_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/cabinloop/cabinloop/ground/flightops"
)

var rewrite = flag.Bool("rewrite", false, "write what came out into the golden files")

// received is when the telexes of the golden files came in; those of May and July are received
// in May and July.
var received = time.Date(2026, time.November, 21, 6, 0, 0, 0, time.UTC)

func receivedFor(name string) time.Time {
	switch {
	case strings.Contains(name, "two_legs"), strings.Contains(name, "adl_parts"):
		return time.Date(2026, time.May, 27, 14, 0, 0, 0, time.UTC)
	case strings.Contains(name, "glued_titles"):
		return time.Date(2026, time.July, 15, 15, 0, 0, 0, time.UTC)
	}
	return received
}

func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			a, err := txtar.ParseFile(f)
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			var inputs []flightops.Input
			var want string
			var keep []txtar.File
			for _, part := range a.Files {
				if part.Name == "out" {
					want = string(part.Data)
					continue
				}
				keep = append(keep, part)
				switch {
				case strings.HasPrefix(filepath.Base(f), "bookings"):
					dumpBookings(&out, part.Name, string(part.Data))
				case strings.HasPrefix(filepath.Base(f), "crew"):
					dumpCrew(&out, part.Name, string(part.Data))
				default:
					inputs = append(inputs, flightops.Input{Name: part.Name, Data: part.Data})
				}
			}
			if len(inputs) > 0 {
				res, err := flightops.DecodeAll(inputs, receivedFor(f))
				if err != nil {
					t.Fatal(err)
				}
				dump(&out, res)
				dumpMore(&out, res)
				for _, r := range res.Refused {
					fmt.Fprintf(&out, "refused %s\n", r)
				}
			}
			if *rewrite {
				a.Files = append(keep, txtar.File{Name: "out", Data: []byte(out.String())})
				if err := os.WriteFile(f, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := cmp.Diff(want, out.String()); d != "" {
				t.Errorf("%s (-want +got):\n%s", f, d)
			}
		})
	}
}

func dump(w *strings.Builder, res flightops.Result) {
	for _, l := range res.Lists {
		fmt.Fprintf(w, "%s %s sent %s by %q, %d parts, ANA %d, infants %d, unnamed %d\n", l.Type, l.Flight, stamp(l.SentAt), l.Sender, l.Parts, l.ANA, l.Infants, l.Unnamed)
		fmt.Fprintf(w, "  key %s\n", l.Key)
		for _, t := range l.Totals {
			fmt.Fprintf(w, "  total %s %s (cabin %s) %d, %d names\n", t.Destination, t.Class, t.Cabin, t.Count, t.Names)
		}
		for _, e := range l.Entries {
			fmt.Fprintf(w, "  %s\n", entry(e))
		}
		for _, d := range l.Doubts {
			fmt.Fprintf(w, "  doubt line %d: %s\n", d.Line, d.Reason)
		}
		for _, x := range l.Warnings {
			fmt.Fprintf(w, "  warning %s:%d: %s\n", x.File, x.Line, x.Text)
		}
	}
	for _, m := range res.Movements {
		fmt.Fprintf(w, "%s %s day %s reg %q at %q to %q sent %s\n", m.Type, m.Designator(), m.Day, m.Registration, m.Station, m.Arrival, stamp(m.SentAt))
		for _, e := range m.Events {
			fmt.Fprintf(w, "  %s %s\n", e.Word, stamp(e.At))
		}
		for _, e := range []struct {
			what string
			at   *time.Time
		}{{"estimated arrival", m.EstimatedArrival}, {"estimated departure", m.EstimatedDeparture}, {"next information", m.NextInformation}} {
			if e.at != nil {
				fmt.Fprintf(w, "  %s %s\n", e.what, stamp(*e.at))
			}
		}
		if m.Return != nil {
			fmt.Fprintf(w, "  return %s %s\n", m.Return.Kind, stamp(m.Return.Times[0]))
		}
		for _, d := range m.Delays {
			fmt.Fprintf(w, "  delay %s %s\n", d.Code, d.Length)
		}
		if len(m.Passengers) > 0 || m.Reason != "" {
			fmt.Fprintf(w, "  passengers %v infants %d reason %q\n", m.Passengers, m.Infants, m.Reason)
		}
		for _, x := range m.Warnings {
			fmt.Fprintf(w, "  warning line %d: %s\n", x.Line, x.Text)
		}
	}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Format("2006-01-02 15:04Z07:00")
}

func entry(e flightops.Entry) string {
	var b strings.Builder
	if e.Change != "" {
		b.WriteString(e.Change + " ")
	}
	fmt.Fprintf(&b, "%s/%s (%s) #%d %s", e.Surname, e.Given, e.Title, e.Order, e.Locator)
	opt := func(name, v string) {
		if v != "" {
			fmt.Fprintf(&b, " %s=%s", name, v)
		}
	}
	opt("also", strings.Join(e.OtherLocators, ","))
	opt("cabin", e.Cabin)
	opt("to", e.Destination)
	opt("group", e.Group)
	opt("seat", string(e.Seat))
	opt("tier", e.Tier)
	opt("onward", e.Onward)
	for _, s := range e.SSRs {
		opt("ssr", s.Code+s.Status)
	}
	opt("help", strings.Join(flightops.Assistance(e), ","))
	for name, on := range map[string]bool{"infant": e.Infant} {
		if on {
			opt("with", name)
		}
	}
	if e.Minor {
		b.WriteString(" minor")
	}
	if e.ExtraSeat {
		b.WriteString(" extra-seat")
	}
	if e.Unnamed {
		b.WriteString(" unnamed")
	}
	if e.NoContact {
		b.WriteString(" no-contact")
	}
	return b.String()
}

func dumpBookings(w *strings.Builder, name, data string) {
	for b, err := range flightops.DecodeBookings(name, strings.NewReader(data)) {
		if err != nil {
			fmt.Fprintf(w, "refused %s\n", err)
			continue
		}
		r := b.Row()
		fmt.Fprintf(w, "%d: %s-%s %s to %s %s %s/%s (%s) full %q #%d cabin %q seat %q tier %q help %v customer %q accounts %v minor %v\n", b.Line, b.Key, b.Arrival,
			stamp(b.STD), stamp(b.STA), r.Locator, r.Surname, r.Given, r.Title, b.FullName, r.Order, r.Cabin, r.Seat, r.Tier, r.Assistance, r.CustomerID, r.Accounts, r.Minor)
	}
}

func dumpCrew(w *strings.Builder, name, data string) {
	for c, err := range flightops.DecodeCrew(name, strings.NewReader(data)) {
		if err != nil {
			fmt.Fprintf(w, "refused %s\n", err)
			continue
		}
		fmt.Fprintf(w, "%d: %s tablet %q role %s zone %q\n", c.Line, c.Flight, c.Tablet, c.Role, c.Zone)
	}
}
