package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/followup"
	"github.com/cabinloop/cabinloop/internal/cli"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

type flightCmd struct {
	List     flightListCmd     `cmd:"" help:"Flights of the last two and the next four days, and older ones that are not sealed."`
	Show     flightShowCmd     `cmd:"" help:"One flight: schedule, crew, notes."`
	Report   flightReportCmd   `cmd:"" help:"The reconciliation report of a flight."`
	Movement flightMovementCmd `cmd:"" help:"Record a movement by hand."`
	Crew     flightCrewCmd     `cmd:"" help:"Put a tablet on a flight, or take it off."`
	Seal     flightSealCmd     `cmd:"" help:"Seal a closed flight, whoever has not reported."`
	Reopen   flightReopenCmd   `cmd:"" help:"Open a flight again that was closed because no movement came."`
	Event    flightEventCmd    `cmd:"" help:"Write an event note about a disruption, for cases that have no note."`
}

type flightListCmd struct {
	From time.Time `help:"From this scheduled departure (RFC 3339)."`
	To   time.Time `help:"To before this scheduled departure."`
}

type flightRow struct {
	Flight   string             `json:"flight"`
	ID       string             `json:"id"`
	Arrival  string             `json:"arrival"`
	STD      time.Time          `json:"std"`
	STA      time.Time          `json:"sta"`
	Stage    passenger.Stage    `json:"stage"`
	Movement passenger.Movement `json:"movement,omitempty"`
	Doubt    string             `json:"list_doubt,omitempty"`
	Revision int                `json:"revision"`
}

func rowOf(f ground.Flight) flightRow {
	return flightRow{f.Key.String(), f.ID.String(), f.Arrival, f.STD, f.STA, f.Stage, f.Movement, f.ListDoubt, f.Revision}
}

func (c *flightListCmd) Run(a *app) error {
	if err := a.open(); err != nil {
		return err
	}
	from, to := c.From, c.To
	if from.IsZero() {
		from = a.now().Add(-48 * time.Hour)
	}
	if to.IsZero() {
		to = a.now().Add(96 * time.Hour)
	}
	rows := []flightRow{}
	if err := a.db.Read(a.ctx, func(tx ground.Tx) error {
		var fs []ground.Flight
		rows = rows[:0]
		if c.From.IsZero() { // what is not sealed yet stays on the list, however old
			var err error
			if fs, err = tx.UnfinishedFlights(a.ctx, from); err != nil {
				return err
			}
		}
		listed, err := tx.ListFlights(a.ctx, from, to)
		fs = append(fs, listed...)
		for _, f := range fs {
			rows = append(rows, rowOf(f))
		}
		return err
	}); err != nil {
		return err
	}
	return a.Print(rows, func(w io.Writer) {
		t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
		fmt.Fprintln(t, "FLIGHT\tTO\tSTD\tSTAGE\tMOVEMENT\tLIST")
		for _, r := range rows {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Flight, r.Arrival, r.STD.Format("02 Jan 15:04Z"), r.Stage, r.Movement, r.Doubt)
		}
		t.Flush()
	})
}

type flightArg struct {
	ID string `arg:"" name:"flight" help:"KL0641/2026-11-21/AMS"`
}

// find reads the flight of an argument; the database must be open.
func (a *app) find(id string) (f ground.Flight, err error) {
	key, err := flightKey(id)
	if err != nil {
		return f, err
	}
	err = a.db.Read(a.ctx, func(tx ground.Tx) error { f, err = tx.FlightByKey(a.ctx, key); return err })
	return f, err
}

type flightShowCmd struct{ flightArg }

func (c *flightShowCmd) Run(a *app) error {
	if err := a.open(); err != nil {
		return err
	}
	f, err := a.find(c.ID)
	if err != nil {
		return err
	}
	v, err := a.dispatch.View(a.ctx, f.ID)
	if err != nil {
		return err
	}
	type note struct {
		Note     string             `json:"note"`
		Seat     passenger.Seat     `json:"seat,omitempty"`
		Priority passenger.Priority `json:"priority"`
		Bucket   string             `json:"bucket"`
		Happened []string           `json:"happened"`
	}
	type member struct {
		Author uint32         `json:"author"`
		Role   passenger.Role `json:"role"`
		Zone   string         `json:"zone,omitempty"`
	}
	doc := struct {
		flightRow
		Travellers int               `json:"travellers"`
		Crew       []member          `json:"crew"`
		Notes      []note            `json:"notes"`
		Vector     flightsync.Vector `json:"vector"`
	}{flightRow: rowOf(f), Crew: []member{}, Notes: []note{}, Vector: v.Vector}
	for _, t := range v.Travellers {
		if !t.Removed {
			doc.Travellers++
		}
	}
	for _, e := range v.Roster {
		if !e.Removed {
			doc.Crew = append(doc.Crew, member{uint32(e.Author), e.Role, e.Zone})
		}
	}
	for _, n := range v.Notes {
		x := note{Note: n.Dot.String(), Seat: n.Note.Seat, Priority: n.Note.Priority, Bucket: n.Bucket()}
		for _, p := range n.Note.Happened {
			x.Happened = append(x.Happened, p.Words("en"))
		}
		doc.Notes = append(doc.Notes, x)
	}
	return a.Print(doc, func(w io.Writer) {
		fmt.Fprintf(w, "%s to %s, %s, %s %s\n%d travellers, %d tablets\n", doc.Flight, doc.Arrival, doc.STD.Format(time.RFC3339), doc.Stage, doc.Movement, doc.Travellers, len(doc.Crew))
		for _, n := range doc.Notes {
			fmt.Fprintf(w, "note %s  priority %d  %-4s %s  %v\n", n.Note, n.Priority, n.Seat, n.Bucket, n.Happened)
		}
	})
}

type flightReportCmd struct{ flightArg }

func (c *flightReportCmd) Run(a *app) error {
	if err := a.open(); err != nil {
		return err
	}
	f, err := a.find(c.ID)
	if err != nil {
		return err
	}
	r, err := a.followup.Report(a.ctx, f.ID)
	if err != nil {
		return err
	}
	return a.Print(r, func(w io.Writer) { printReport(w, r) })
}

func printReport(w io.Writer, r followup.Report) {
	fmt.Fprintf(w, "%s  %s  revision %d\n", r.Flight, r.Stage, r.Revision)
	fmt.Fprintf(w, "compiled %d = delivered %d + never delivered %d + withdrawn %d\n", r.Compiled, r.Delivered, r.NeverDelivered, r.Withdrawn)
	fmt.Fprintf(w, "delivered %d = seen %d + not seen %d\n", r.Delivered, r.Seen, r.NotSeen)
	fmt.Fprintf(w, "seen %d = acted %d + declined %d + not possible %d + disputed %d + no outcome %d\n", r.Seen, r.Acted, r.Declined, r.NotPossible, r.Disputed, r.NoOutcome)
	fmt.Fprintf(w, "ops issued %d, on ground %d; follow-ups %d, open %d; gestures %d\n", r.OpsIssued, r.OpsOnGround, r.FollowUps, r.Open, r.Gestures)
	for _, x := range r.Waiting {
		fmt.Fprintln(w, "waiting:", x)
	}
	for _, x := range r.Contradictions {
		fmt.Fprintln(w, "CONTRADICTION:", x)
	}
	fmt.Fprintf(w, "sums close: %v\n", r.SumsClose)
}

type flightMovementCmd struct {
	flightArg
	Word    string    `arg:"" help:"boarding, doors-closed, off-block, off, on, in, diverted or cancelled"`
	At      time.Time `help:"When (RFC 3339); now by default."`
	Station string    `help:"Where (IATA airport); of diverted: where the flight goes now."`
}

func (c *flightMovementCmd) Run(a *app) error {
	key, err := flightKey(c.ID)
	if err != nil {
		return err
	}
	m, err := passenger.ParseMovement(c.Word)
	if err != nil {
		return cli.UsageError{Text: passenger.Public(err)}
	}
	if err := a.open(); err != nil {
		return err
	}
	at := c.At
	if at.IsZero() {
		at = a.now()
	}
	station := strings.ToUpper(c.Station)
	u := ground.MovementUpdate{Fact: flightsync.MovementFact{Word: m, At: at.UTC(), Station: station}}
	if m == passenger.Diverted {
		u.Arrival = station
	}
	if err := a.dispatch.Move(a.ctx, key, u); err != nil {
		return err
	}
	return a.Print(map[string]string{"flight": key.String(), "movement": c.Word}, func(w io.Writer) { fmt.Fprintln(w, key, c.Word) })
}

type flightCrewCmd struct {
	flightArg
	Tablet string `required:"" help:"Name of the tablet."`
	Role   string `help:"lead, purser or cabin" default:"cabin" enum:"lead,purser,cabin"`
	Zone   string `help:"Zone of the cabin it serves."`
	Remove bool   `help:"Take the tablet off the flight."`
}

func (c *flightCrewCmd) Run(a *app) error {
	key, err := flightKey(c.ID)
	if err != nil {
		return err
	}
	if err := a.open(); err != nil {
		return err
	}
	if err := a.dispatch.Assign(a.ctx, key, c.Tablet, passenger.Role(c.Role), c.Zone, c.Remove); err != nil {
		return err
	}
	return a.Print(map[string]any{"flight": key.String(), "tablet": c.Tablet, "role": c.Role, "removed": c.Remove}, func(w io.Writer) {
		fmt.Fprintln(w, key, c.Tablet, c.Role)
	})
}

type flightSealCmd struct{ flightArg }

func (c *flightSealCmd) Run(a *app) error {
	key, err := flightKey(c.ID)
	if err != nil {
		return err
	}
	if err := a.open(); err != nil {
		return err
	}
	if err := a.dispatch.Seal(a.ctx, key, a.By); err != nil {
		return err
	}
	return a.Print(map[string]string{"flight": key.String(), "stage": "sealed"}, func(w io.Writer) { fmt.Fprintln(w, key, "sealed") })
}

type flightReopenCmd struct {
	flightArg
	Reason string `required:"" help:"Why, for the record; 1 to 200 characters."`
}

func (c *flightReopenCmd) Run(a *app) error {
	key, err := flightKey(c.ID)
	if err != nil {
		return err
	}
	if err := a.open(); err != nil {
		return err
	}
	if err := a.dispatch.Reopen(a.ctx, key, a.By, c.Reason); err != nil {
		return err
	}
	return a.Print(map[string]string{"flight": key.String(), "stage": "open"}, func(w io.Writer) {
		fmt.Fprintln(w, key, "open again: the close by time is taken back")
	})
}

type flightEventCmd struct {
	flightArg
	Origin string   `required:"" help:"Flight number of the disruption: KL0605."`
	Day    string   `required:"" help:"Day of the disruption: 2026-11-20."`
	Case   []string `required:"" help:"Cases it covers."`
}

func (c *flightEventCmd) Run(a *app) error {
	key, err := flightKey(c.ID)
	if err != nil {
		return err
	}
	if err := a.open(); err != nil {
		return err
	}
	var loops []passenger.LoopID
	if err := a.db.Read(a.ctx, func(tx ground.Tx) error {
		loops = nil
		for _, s := range c.Case {
			id, err := uuid.Parse(s)
			if err != nil {
				return cli.UsageError{Text: "--case takes a case id"}
			}
			l, ok, err := tx.LoopOfCase(a.ctx, id)
			if err != nil {
				return err
			}
			if ok {
				loops = append(loops, l.ID)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	note, err := a.dispatch.EventNote(a.ctx, key, c.Origin, c.Day, loops, a.By)
	if err != nil {
		return err
	}
	return a.Print(map[string]any{"flight": key.String(), "note": note.String(), "cases": len(loops)}, func(w io.Writer) {
		fmt.Fprintf(w, "event note %s on %s covers %d cases\n", note, key, len(loops))
	})
}
