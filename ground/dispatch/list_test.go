package dispatch_test

import (
	"strings"
	"testing"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/flightops"
	"github.com/cabinloop/cabinloop/passenger"
)

// TestANoteStaysWithItsPassenger: what takes nobody off a flight takes no note off a tablet, and
// leaves the traveller their number.
func TestANoteStaysWithItsPassenger(t *testing.T) {
	const head = "KL0641/21NOV AMS PART1\nRBD C/CJ Y/YBM\n"
	for name, tt := range map[string]struct{ telex, cabin, doubt string }{
		"an upgrade: added in one class, deleted in the other": {".AMSRMKL 210801\nADL\n" + head + "ANA/001\n-JFK001C\nADD\n1JANSEN/ANNAMRS .L/AB12CD\n-JFK001Y\nDEL\n1JANSEN/ANNAMRS .L/AB12CD\nENDADL\n", "C", ""},
		"an upgrade with another booking":                      {".AMSRMKL 210801\nADL\n" + head + "ANA/001\n-JFK001C\nADD\n1JANSEN/ANNAMRS .L/ZZ99ZZ\n-JFK001Y\nDEL\n1JANSEN/ANNAMRS .L/AB12CD\nENDADL\n", "C", ""},
		"a list whose totals cannot be read":                   {".AMSRMKL 210801\nPNL\n" + head + "-JFK002YM\n1JANSEN/ANNAMRS .L/AB12CD\n1SMIT/TOMMR .L/EF34GH\nENDPNL\n", "Y", "totals"},
		"a list of those with services only":                   {".AMSRMKL 210801\nPNL\n" + head + "-JFK002Y\n1SMIT/TOMMR .L/EF34GH .R/WCHR HK1\nENDPNL\n", "Y", "totals"},
		"a list that holds seats without a name":               {".AMSRMKL 210801\nPNL\n" + head + "-JFK002Y\n1SMIT/TOMMR .L/EF34GH\n1NONAME\nENDPNL\n", "Y", "totals"},
		"a list that was sent before the newest":               {".AMSRMKL 201000\nPNL\n" + head + "-JFK001Y\n1SMIT/TOMMR .L/EF34GH\nENDPNL\n", "Y", ""},
		"a list with a letter of the name changed":             {".AMSRMKL 210801\nPNL\n" + head + "-JFK002Y\n1JANSEN/ANMAMRS .L/AB12CD\n1SMIT/TOMMR .L/EF34GH\nENDPNL\n", "Y", ""},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(w *world) {
				rep := &ground.ImportReport{}
				feed := flightops.Feed{Store: w.db, Dispatch: w.dispatch}
				w.must(feed.Bookings(w.ctx, "b.csv", strings.NewReader(changeBefore), w.now, true, rep))
				tab := w.tablet("t1", first, passenger.Lead)
				w.loop("C1", passenger.TopicMeal)
				tab.sync()
				before := tab.view().Notes
				if len(before) != 1 {
					t.Fatalf("%d notes before the message", len(before))
				}
				w.must(feed.Telexes(w.ctx, []flightops.Input{{Name: "in", Data: []byte(tt.telex)}}, w.now, rep))
				if rep.Refused != 0 {
					t.Fatalf("refused: %+v", rep.Errors)
				}
				tab.sync()
				v := tab.view()
				n, known := v.Traveller(before[0].Note.Traveller)
				if len(v.Notes) != 1 || v.Notes[0].Dot != before[0].Dot || v.Notes[0].Retracted != "" || !known || n.Removed {
					t.Errorf("the note is gone: %+v, traveller %+v", v.Notes, n)
				}
				row := w.travellers()[0]
				if f := w.flightRow(first); row.Cabin != tt.cabin || row.Removed || f.ListDoubt != tt.doubt || v.List.Doubt != tt.doubt {
					t.Errorf("cabin %q, removed %v, doubt %q, on the tablet %q", row.Cabin, row.Removed, f.ListDoubt, v.List.Doubt)
				}
			})
		})
	}
}
