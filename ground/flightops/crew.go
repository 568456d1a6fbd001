package flightops

import (
	"io"
	"iter"
	"strings"

	"github.com/cabinloop/cabinloop/passenger"
)

// Crew is one row of a crew CSV: a tablet that serves a flight. It names no crew member.
type Crew struct {
	File   string
	Line   int
	Flight passenger.FlightKey
	Tablet string // id or name of an enrolled tablet, as written
	Role   passenger.Role
	Zone   string // "" for the whole cabin
}

// DecodeCrew reads a crew CSV row by row: columns flight (KL0641/2026-11-21/AMS), tablet, role,
// zone. It yields as [DecodeBookings] does.
func DecodeCrew(file string, r io.Reader) iter.Seq2[Crew, *RowError] {
	return func(yield func(Crew, *RowError) bool) {
		t, wrong := openTable(file, r, []string{"flight", "tablet", "role"})
		if wrong != nil {
			yield(Crew{}, wrong)
			return
		}
		for {
			row, wrong := t.next()
			if row == nil && wrong == nil {
				return
			}
			var c Crew
			if row != nil {
				c, wrong = row.crew()
			}
			if !yield(c, wrong) {
				return
			}
		}
	}
}

func (r *row) crew() (Crew, *RowError) {
	c := Crew{File: r.file, Line: r.no, Tablet: r.short("tablet"), Zone: r.short("zone")}
	var err error
	if c.Flight, err = passenger.ParseFlightKey(strings.ToUpper(r.get("flight"))); err != nil {
		r.bad("flight", passenger.Public(err))
	}
	c.Flight.Carrier = Carrier(c.Flight.Carrier)
	if c.Tablet == "" {
		r.bad("tablet", "name the tablet by its id or its name")
	}
	if c.Role, err = passenger.ParseRole(strings.ToLower(r.get("role"))); err != nil {
		r.bad("role", passenger.Public(err))
	}
	if r.wrong != nil {
		return Crew{}, r.wrong
	}
	return c, nil
}
