package flightops_test

import (
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
		again, _ := flightops.DecodeAll(in, received)
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
			if m.Key == "" || m.Number < 1 || m.Day == "" || m.Line < 1 {
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
