package flightops

import (
	"cmp"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// Candidate is a flight that a movement may be about.
type Candidate struct {
	Key      passenger.FlightKey
	Arrival  string // IATA, "" when unknown
	STD, STA time.Time
	Open     bool // takes movements: not closed, sealed or purged
}

const (
	// maxOff is how far from its schedule a flight may move and still be found by it: longer
	// delays are re-dispatched as a new operation. Arbitrary.
	maxOff = 36 * time.Hour
	// tooNear is how much nearer than the next flight the right one must be. Arbitrary.
	tooNear = 30 * time.Minute
)

// Resolve returns the flight that a movement is about: of the open candidates with its
// designator (and, as far as both sides say, its station) the one whose schedule is nearest to
// its times: departure words to STD, arrival words to STA.
//
// It refuses rather than guesses, naming file and line: [passenger.NotFound] when no candidate
// fits within 36 hours, [passenger.Phase] when only flights that are not open fit,
// [passenger.Invalid] when two are within 30 minutes of equally near, or when the nearest is
// not of the day the message names and another one is.
func Resolve(m MovementMessage, candidates []Candidate) (passenger.FlightKey, error) {
	const op = "flightops.Resolve"
	none := func(code passenger.Code, text string) (passenger.FlightKey, error) {
		return passenger.FlightKey{}, passenger.Errorf(code, op, "%s:%d: %s", m.File, m.Line, text)
	}
	type fit struct {
		c   Candidate
		off time.Duration
	}
	var fits []fit
	closed := false
	for _, c := range candidates {
		if Carrier(c.Key.Carrier) != m.Carrier || c.Key.Number != m.Number || c.Key.Suffix != m.Suffix || !m.stationFits(c) {
			continue
		}
		off := m.distance(c)
		switch {
		case off > maxOff:
		case !c.Open:
			closed = true
		default:
			fits = append(fits, fit{c, off})
		}
	}
	if len(fits) == 0 {
		if closed {
			return none(passenger.Phase, "the flight takes no movements any more; open it first if the message is right")
		}
		return none(passenger.NotFound, "no flight "+m.Designator()+" is scheduled within 36 hours of this movement; import its schedule first")
	}
	if _, departure := m.departing(); !departure && len(m.Events) > 0 && m.Type != "DIV" {
		arrives := func(f fit) bool { return f.c.Arrival == m.Station }
		if slices.ContainsFunc(fits, arrives) {
			fits = slices.DeleteFunc(fits, func(f fit) bool { return !arrives(f) })
		}
	}
	slices.SortStableFunc(fits, func(a, b fit) int { return cmp.Compare(a.off, b.off) })
	first := fits[0]
	if len(fits) == 1 {
		return first.c.Key, nil
	}
	if fits[1].off-first.off <= tooNear {
		return none(passenger.Invalid, "two flights are equally near: "+first.c.Key.String()+" and "+fits[1].c.Key.String()+"; record the movement by hand")
	}
	if !m.dayFits(first.c) {
		for _, f := range fits[1:] {
			if m.dayFits(f.c) {
				return none(passenger.Invalid, "the time is nearest to "+first.c.Key.String()+" but the day says "+f.c.Key.String()+"; record the movement by hand")
			}
		}
	}
	return first.c.Key, nil
}

// departing reports whether the message speaks of the departure; when it says both, of that.
func (m MovementMessage) departing() (at time.Time, departure bool) {
	for _, e := range m.Events {
		switch e.Word {
		case passenger.OffBlock, passenger.Off:
			return e.At, true
		case passenger.On, passenger.In:
			return e.At, false
		}
	}
	switch {
	case m.Return != nil && len(m.Return.Times) > 0:
		return m.Return.Times[0], true
	case m.EstimatedDeparture != nil:
		return *m.EstimatedDeparture, true
	case m.EstimatedArrival != nil:
		return *m.EstimatedArrival, false
	case m.NextInformation != nil:
		return *m.NextInformation, true
	case len(m.Events) > 0: // diverted, without an estimate
		return m.Events[0].At, false
	}
	return time.Time{}, true
}

func (m MovementMessage) distance(c Candidate) time.Duration {
	at, departure := m.departing()
	if departure || c.STA.IsZero() {
		return at.Sub(c.STD).Abs()
	}
	return at.Sub(c.STA).Abs()
}

// stationFits drops the other legs of a flight: a departure is sent from where the leg begins.
// The station of an estimate is either end. An arrival is sent from where the leg ends, or
// from anywhere after a diversion, so [Resolve] prefers that leg and demands nothing.
func (m MovementMessage) stationFits(c Candidate) bool {
	_, departure := m.departing()
	return m.Station == "" || m.Type == "DIV" || !departure || m.Station == c.Key.Departure
}

// dayFits accepts what senders write for the day of a flight: its UTC date, its local date, or
// for an arrival the UTC day of arriving. An ACARS report names no day.
func (m MovementMessage) dayFits(c Candidate) bool {
	if m.Type == "OOOI" || m.Day == c.Key.Date || m.Day == c.STD.UTC().Format(time.DateOnly) {
		return true
	}
	if zone, err := Zone(c.Key.Departure); err == nil && m.Day == c.STD.In(zone).Format(time.DateOnly) {
		return true
	}
	_, departure := m.departing()
	return !departure && m.Day == c.STA.UTC().Format(time.DateOnly)
}
