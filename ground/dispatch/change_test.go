package dispatch_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/flightops"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

const (
	changeHeader = "flight,origin,destination,std,sta,locator,surname,given,title,cabin,seat,tier,ssr,customer_id\n"
	changeLeg    = "KL0641,AMS,JFK,2026-11-21T12:00:00Z,2026-11-21T20:00:00Z,"
	changeOther  = changeLeg + "EF34GH,Smit,Tom,Mr,Y,21A,,,\n"
	changeBefore = changeHeader + changeLeg + "AB12CD,Jansen,Anna,Mrs,Y,14C,GOLD,,C1\n" + changeOther
	changeCSV    = changeHeader + changeLeg + "AB12CD,Jansen,Anna,Mrs,C,2A,GOLD,WCHC VGML,C1\n" + changeOther
	changeADL    = ".AMSRMKL 210801\nADL\nKL0641/21NOV AMS PART1\nANA/000002\nRBD C/CJ Y/YBM\n-JFK01C\nCHG\n1JANSEN/ANNAMRS .L/AB12CD .R/WCHC HK1 .R/VGML HK1\n.R/SEAT HK1 02A\n-JFK01Y\nENDADL\n"
)

// TestAChangeIsOneChange: the change message of a traveller and the file with the same change leave
// the same traveller, person, list on the tablet and note.
func TestAChangeIsOneChange(t *testing.T) {
	type outcome struct {
		Row   ground.Traveller
		Crew  flightsync.TravellerView
		Notes []passenger.Note
		Same  bool // person as before
	}
	got := map[string]outcome{}
	for name, change := range map[string]func(w *world, f flightops.Feed, rep *ground.ImportReport) error{
		"message": func(w *world, f flightops.Feed, rep *ground.ImportReport) error {
			return f.Telexes(w.ctx, []flightops.Input{{Name: "adl", Data: []byte(changeADL)}}, w.now, rep)
		},
		"file": func(w *world, f flightops.Feed, rep *ground.ImportReport) error {
			return f.Bookings(w.ctx, "b.csv", strings.NewReader(changeCSV), w.now, true, rep)
		},
	} {
		w := newWorld(t, "sqlite:"+filepath.Join(t.TempDir(), "ground.db"))
		rep := &ground.ImportReport{}
		feed := flightops.Feed{Store: w.db, Dispatch: w.dispatch}
		w.must(feed.Bookings(w.ctx, "b.csv", strings.NewReader(changeBefore), w.now, true, rep))
		tab := w.tablet("t1", first, passenger.Lead)
		w.loop("C1", passenger.TopicMeal)
		tab.sync()
		before := w.travellers()[0]
		rep = &ground.ImportReport{}
		w.must(change(w, feed, rep))
		if rep.Refused != 0 || rep.Taken == 0 {
			w.Fatalf("%s: %+v", name, rep)
		}
		tab.sync()
		v, after := tab.view(), w.travellers()[0]
		after.Facts = ground.TravellerFacts{} // a file has no places and another age
		o := outcome{Row: after, Same: after.Person == before.Person}
		o.Crew, _ = v.Traveller(after.No)
		for _, n := range v.Notes {
			if n.Retracted == "" {
				n.Note.Expires = n.Note.Expires.UTC()
				o.Notes = append(o.Notes, n.Note)
			}
		}
		o.Row.Flight, o.Row.Person, o.Crew.AssistanceDots = passenger.FlightID{}, passenger.PersonID{}, nil
		got[name] = o
	}
	if d := cmp.Diff(got["file"], got["message"]); d != "" {
		t.Errorf("-file +message\n%s", d)
	}
	o := got["message"]
	if !o.Same || o.Row.Seat != "2A" || o.Row.Cabin != "C" || len(o.Row.Assistance) != 2 || o.Crew.At() != "2A" || len(o.Crew.Assistance) != 2 || o.Crew.Tier != "GOLD" || len(o.Notes) != 1 {
		t.Errorf("after the change: %+v", o)
	}
}

func (w *world) travellers() (out []ground.Traveller) {
	w.Helper()
	w.must(w.db.Read(w.ctx, func(tx ground.Tx) (err error) {
		out, err = tx.Travellers(w.ctx, w.flightRow(first).ID)
		return err
	}))
	return out
}
