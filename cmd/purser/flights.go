package main

import (
	"fmt"
	"io"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/passenger"
)

// flightJSON is one flight as scripts read it.
type flightJSON struct {
	Flight   string             `json:"flight"`
	Arrival  string             `json:"arrival"`
	STD      time.Time          `json:"std,omitzero"`
	STA      time.Time          `json:"sta,omitzero"`
	Role     passenger.Role     `json:"role"`
	Zone     string             `json:"zone,omitempty"`
	Stage    passenger.Stage    `json:"stage"`
	Movement passenger.Movement `json:"movement,omitempty"`
	Notes    int                `json:"notes"`
	Open     int                `json:"open"`
	Pending  int                `json:"pending"`
	SyncedAt time.Time          `json:"synced_at,omitzero"`
	Ready    bool               `json:"ready"`
	Unknown  bool               `json:"unknown,omitempty"` // what waits for ground cannot be counted
	Damaged  int                `json:"damaged,omitempty"` // records that cannot be read here
}

func fromRow(r tablet.FlightRow) flightJSON {
	return flightJSON{r.Key.String(), r.Arrival, r.STD, r.STA, r.Role, r.Zone, r.Stage, r.Movement, r.Notes, r.Open, r.Pending, r.SyncedAt, r.Ready, r.Unknown, r.Damaged}
}

type flightsCmd struct{}

// Run lists the flights.
func (*flightsCmd) Run(a *app) error {
	if err := a.open(); err != nil {
		return err
	}
	rows, err := a.agent.Flights(a.ctx)
	if err != nil {
		return err
	}
	list := []flightJSON{}
	for _, r := range rows {
		list = append(list, fromRow(r))
	}
	return a.Print(struct {
		Flights []flightJSON `json:"flights"`
	}{list}, func(w io.Writer) {
		for _, f := range list {
			pending := fmt.Sprint(f.Pending)
			if f.Unknown {
				pending = "unknown"
			}
			fmt.Fprintf(w, "%-24s %s  %-7s %-9s %d notes, %d open, %s pending\n", f.Flight, f.STD.Format("02 Jan 15:04"), f.Role, f.Stage, f.Notes, f.Open, pending)
		}
	})
}
