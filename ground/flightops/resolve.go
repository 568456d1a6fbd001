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
// designator (and, as far as both sides say, its station) that of the day it names, whatever its
// times; of two of that day the one whose schedule is nearest to its times: departure words to
// STD, arrival words to STA. An ACARS report names no day; its times decide, within 36 hours.
//
// What has happened happened to no flight that was due to leave more than three hours later.
//
// It refuses rather than guesses, naming file and line: [passenger.NotFound] when no candidate
// fits, [passenger.Phase] when only flights that are not open fit, [passenger.Invalid] when two are
// within 30 minutes of equally near.
func Resolve(m MovementMessage, candidates []Candidate) (passenger.FlightKey, error) {
	const op = "flightops.Resolve"
	none := func(code passenger.Code, text string) (passenger.FlightKey, error) {
		return passenger.FlightKey{}, passenger.Errorf(code, op, "%s:%d: %s", m.File, m.Line, text)
	}
	type fit struct {
		c   Candidate
		day int // how near to the day that the message names, 0 is nearest
		off time.Duration
	}
	var fits []fit
	for _, c := range candidates {
		if Carrier(c.Key.Carrier) != m.Carrier || c.Key.Number != m.Number || c.Key.Suffix != m.Suffix || !m.stationFits(c) {
			continue
		}
		f := fit{c, m.dayFits(c), m.distance(c)}
		if f.day >= 0 && !m.tooSoon(c) && (m.Type != "OOOI" || f.off <= maxOff) {
			fits = append(fits, f)
		}
	}
	if len(fits) == 0 {
		if m.Type == "OOOI" {
			return none(passenger.NotFound, "no flight "+m.Designator()+" is scheduled within 36 hours of this movement; import its schedule first")
		}
		return none(passenger.NotFound, "no flight "+m.Designator()+" of "+m.Day+" is known; import its schedule first, or record the movement by hand on the flight it is about")
	}
	best := slices.MinFunc(fits, func(a, b fit) int { return cmp.Compare(a.day, b.day) }).day
	fits = slices.DeleteFunc(fits, func(f fit) bool { return f.day != best })
	if fits = slices.DeleteFunc(fits, func(f fit) bool { return !f.c.Open }); len(fits) == 0 {
		return none(passenger.Phase, "the flight takes no movements any more; open it first if the message is right")
	}
	if _, departure := m.departing(); !departure && len(m.Events) > 0 && m.Type != "DIV" {
		arrives := func(f fit) bool { return f.c.Arrival == m.Station }
		if slices.ContainsFunc(fits, arrives) {
			fits = slices.DeleteFunc(fits, func(f fit) bool { return !arrives(f) })
		}
	}
	slices.SortStableFunc(fits, func(a, b fit) int { return cmp.Compare(a.off, b.off) })
	if first := fits[0]; len(fits) == 1 || fits[1].off-first.off > tooNear {
		return first.c.Key, nil
	}
	return none(passenger.Invalid, "two flights are equally near: "+fits[0].c.Key.String()+" and "+fits[1].c.Key.String()+"; record the movement by hand")
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

// tooSoon reports that the message tells of what happened before the flight can have begun.
func (m MovementMessage) tooSoon(c Candidate) bool {
	return m.Type != "OOOI" && len(m.Events) > 0 && !m.SentAt.IsZero() && m.SentAt.Before(c.STD.Add(-early))
}

// dayFits accepts what senders write for the day of a flight, the likeliest first: its UTC date as
// first scheduled and as now, its local date, and for an arrival the UTC day of arriving. It
// returns the place in that order, and -1 for another day. An ACARS report names no day.
func (m MovementMessage) dayFits(c Candidate) int {
	days := []string{c.Key.Date, c.STD.UTC().Format(time.DateOnly), ""}
	if zone, err := Zone(c.Key.Departure); err == nil {
		days[2] = c.STD.In(zone).Format(time.DateOnly)
	}
	if _, departure := m.departing(); !departure {
		days = append(days, c.STA.UTC().Format(time.DateOnly))
	}
	if m.Type == "OOOI" {
		return 0
	}
	return slices.Index(days, m.Day)
}

// early is how long before its schedule a flight may leave. Arbitrary.
const early = 3 * time.Hour

// on gives the times without a day theirs, once the flight is known: the first such instant from
// shortly before its departure on, each behind the one before it. One that would lie in the future
// of the sender keeps the day that the message alone suggests.
func (m MovementMessage) on(std, received time.Time) MovementMessage {
	if m.Type == "OOOI" || std.IsZero() {
		return m
	}
	from := std.Add(-early)
	next := func(at time.Time) time.Time {
		t := from.Truncate(day).Add(at.Sub(at.Truncate(day)))
		if t.Before(from) {
			t = t.Add(day)
		}
		return t
	}
	m.Events = slices.Clone(m.Events)
	for i := range m.Events {
		e := &m.Events[i]
		if t := next(e.At); e.NoDay && !t.After(written(m.SentAt, received).Add(slack)) {
			e.At = t
		}
		if e.Word != passenger.Diverted {
			from = e.At
		}
	}
	for word, at := range map[string]**time.Time{"EA": &m.EstimatedArrival, "EB": &m.EstimatedArrival, "ED": &m.EstimatedDeparture, "EO": &m.EstimatedDeparture} {
		if slices.Contains(m.NoDay, word) && *at != nil {
			t := next(**at)
			*at = &t
		}
	}
	return m
}
