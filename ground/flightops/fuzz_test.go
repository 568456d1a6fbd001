package flightops_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/cabinloop/cabinloop/ground/flightops"
)

func seed(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		a, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range a.Files {
			if part.Name != "out" {
				f.Add(part.Data)
			}
		}
	}
	for _, s := range []string{"", "\n", "PNL", "PNL\n", "PNL\nKL1/01JAN AMS PART1\n-\n.\n-JFK1Y\n1A/B .R/-1\n.RN/\n.L/\nENDPNL", "MVT\nKL1/01\nAA\nAD\nEA2400", "DIV\nKL1/31.\n",
		"\xff\xfe", "\xef\xbb\xbfPNL\r\r\n", "PNL\nUT1/01JAN DME PART1\n-SVX001Y\n1\x88\x82\x80\x8d/\x80 MR\nENDPNL", "flight,tablet,role\n\"", "a;b\n\"\"\"", "MVT\nKL1/01JAN\nRR/\n"} {
		f.Add([]byte(s))
	}
}

// Telexes never panic, are read the same every time, and keep their own rules.
func FuzzDecode(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		in := []flightops.Input{{Name: "in", Data: data}}
		res, err := flightops.DecodeAll(in, received)
		if err != nil {
			t.Skip()
		}
		again, _ := flightops.Decode("in", bytes.NewReader(data), received)
		if d := cmp.Diff(res, again); d != "" {
			t.Fatalf("the same bytes give another value:\n%s", d)
		}
		lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + 1
		for _, l := range res.Lists {
			if l.Key == "" || l.Flight.Number < 1 || len(l.Entries) > flightops.MaxEntries {
				t.Fatalf("list %+v", l.Flight)
			}
			for _, e := range l.Entries {
				if e.Order < 1 || e.Surname == "" || e.Line < 1 || e.Line > lines || (e.Change == "") != (l.Type == "PNL") {
					t.Fatalf("entry at line %d of %d", e.Line, lines)
				}
			}
			l.Rows()
			l.Doubt()
		}
		for _, m := range res.Movements {
			if m.Key == "" || m.Number < 1 && m.Type != "OOOI" || m.Day == "" || m.Line < 1 {
				t.Fatalf("movement %+v", m)
			}
			if _, err := flightops.Resolve(m, nil); err == nil {
				t.Fatal("resolved to no flight")
			}
		}
		for _, r := range res.Refused {
			if r.Reason == "" || r.Line < 1 || r.Line > lines {
				t.Fatalf("refusal %v of %d lines", r, lines)
			}
		}
	})
}

// kinds are the types whose bodies are fuzzed behind a good beginning, with their end.
var kinds = []struct{ begin, end string }{
	{"PIL\nKL0641/21NOV AMS\n", "\nENDPIL\n"}, {"PSM\nKL0641/21NOV AMS PART1\n", "\nENDPSM\n"}, {"PTM\nKL0641/21NOV AMSJFK PART1\n", "\nENDPTM\n"},
	{"PFS\nKL0641/21NOV AMS PART1\n", "\nENDPFS\n"}, {"ASM\nUTC\n", "\n"}, {"SSM\nLT\n", "\n"}, {"FI KL0641/AN PHBVA\nDT QXS AMS1 211231 M31A\n", "\n"}, {"", "\n"},
}

// Bodies of every type never panic, are read the same every time, and never come back in a
// refusal or a warning.
func FuzzBody(f *testing.F) {
	for i, name := range []string{"pil", "psm", "ptm", "pfs", "schedule", "schedule", "oooi", "bcbp"} {
		a, err := txtar.ParseFile("testdata/" + name + ".txt")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(append([]byte{byte(i)}, a.Files[0].Data...))
		for l := range strings.Lines(string(a.Files[0].Data)) {
			f.Add(append([]byte{byte(i)}, l...))
		}
	}
	f.Add([]byte("\x03JFK 1/\n /\n /2 PAD/\n-JFK\nNOSHO\n2A/B\n.L/"))
	f.Add([]byte("\x04TIM\nKL1/29FEB28\nAMS312359/M1 JFK010000/9\n"))
	f.Add([]byte("\x05CNL\nKL1\n01JAN26 00XXX00 7/W2"))
	f.Fuzz(func(t *testing.T, data []byte) {
		const secret = "QZQZSECRET"
		if len(data) == 0 {
			t.Skip()
		}
		k := kinds[int(data[0])%len(kinds)] // the first byte says which
		in := []flightops.Input{{Name: "in", Data: []byte(k.begin + string(data[1:]) + "\n1" + secret + "/" + secret + "\n" + secret + k.end)}}
		res, err := flightops.DecodeAll(in, received)
		if err != nil {
			t.Skip()
		}
		again, _ := flightops.DecodeAll(in, received)
		if d := cmp.Diff(res, again); d != "" {
			t.Fatalf("the same bytes give another value:\n%s", d)
		}
		for _, text := range said(res) {
			if strings.Contains(text, secret) {
				t.Fatalf("a line comes back: %q", text)
			}
		}
		for _, l := range res.Seats {
			for _, s := range l.Seats {
				if s.Seat == "" || s.Surname == "" {
					t.Fatalf("nobody, or no seat, at line %d", s.Line)
				}
			}
		}
		for _, l := range res.Finals {
			for _, x := range l.Finals {
				if x.Category == "" || x.Destination == "" || x.Surname == "" {
					t.Fatalf("final at line %d", x.Line)
				}
			}
		}
		for _, c := range res.Schedules {
			if c.Key == "" || c.Action == "" || c.Number < 1 || c.From == "" || c.To < c.From {
				t.Fatalf("change at line %d", c.Line)
			}
			for _, l := range c.Legs {
				if std, sta, ok := c.Times(l, c.From); ok && !sta.After(std) {
					t.Fatalf("a leg at line %d arrives before it departs", c.Line)
				}
			}
		}
		for _, b := range res.Passes {
			if len(b.Surname)+len(b.Given) > 20 || len(b.Legs) < 1 || len(b.Legs) > 4 {
				t.Fatalf("pass at line %d", b.Line)
			}
			for _, l := range b.Legs {
				if len(l.Seat) > 4 || len(l.Sequence) > 5 {
					t.Fatalf("leg of the pass at line %d", b.Line)
				}
			}
		}
	})
}

// said lists what a result tells people about its messages.
func said(res flightops.Result) (out []string) {
	warned := func(ws []flightops.Warning) {
		for _, w := range ws {
			out = append(out, w.Text)
		}
	}
	for _, l := range res.Lists {
		warned(l.Warnings)
		out = append(out, l.Doubt())
	}
	for _, l := range res.Seats {
		warned(l.Warnings)
	}
	for _, l := range res.Services {
		warned(l.Warnings)
	}
	for _, l := range res.Transfers {
		warned(l.Warnings)
	}
	for _, l := range res.Finals {
		warned(l.Warnings)
	}
	for _, m := range res.Movements {
		warned(m.Warnings)
	}
	for _, c := range res.Schedules {
		warned(c.Warnings)
	}
	for _, r := range res.Refused {
		out = append(out, r.Error())
	}
	return out
}

// CSV files never panic and every row is taken or refused with a line, in order of reading.
func FuzzCSV(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		for b, err := range flightops.DecodeBookings("in", strings.NewReader(string(data))) {
			if err == nil && (b.Line < 2 || b.Order < 1 || !b.STA.After(b.STD)) || err != nil && (err.Line < 1 || err.Reason == "") {
				t.Fatalf("line %d, %v", b.Line, err)
			}
		}
		for c, err := range flightops.DecodeCrew("in", strings.NewReader(string(data))) {
			if err == nil && (c.Line < 2 || c.Tablet == "" || c.Flight.Number == 0) || err != nil && (err.Line < 1 || err.Reason == "") {
				t.Fatalf("line %d, %v", c.Line, err)
			}
		}
	})
}
