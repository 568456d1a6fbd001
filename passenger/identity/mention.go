package identity

import (
	"regexp"
	"slices"
	"strings"

	"github.com/cabinloop/cabinloop/passenger"
)

var (
	codeRE   = regexp.MustCompile(`\b[A-Z0-9]{6}\b`)
	flightRE = regexp.MustCompile(`(?i)\b([A-Z]{2}|[A-Z]\d|\d[A-Z]|[A-Z]{3})[ -]?(\d{1,4})([A-Z]?)\b`)
	seatRE   = regexp.MustCompile(`(?i)\b(\d{1,2})([A-K])\b`)
	dayRE    = regexp.MustCompile(`\b(20\d\d)-(\d\d)-(\d\d)\b`)
)

// mentions are the things a text names that a booking can confirm. Everything is looked up
// among real bookings, so a wrong reading costs nothing.
type mentions struct {
	locators, flights, days, seats []string
}

func read(q Query) mentions {
	text := q.Text
	if len(text) > maxTextBytes {
		text = text[:maxTextBytes]
	}
	m := mentions{days: slices.Clone(q.Dates)}
	upper := strings.ToUpper(text)
	for _, c := range codeRE.FindAllString(upper, -1) {
		// A booking reference of six letters is a word for us when written small: "please".
		if strings.ContainsAny(c, "0123456789") || strings.Contains(text, c) {
			m.locators = append(m.locators, c)
		}
	}
	for _, l := range q.Locators {
		m.locators = append(m.locators, strings.ToUpper(strings.TrimSpace(l)))
	}
	for _, f := range flightRE.FindAllString(text, -1) {
		m.flights = append(m.flights, designators(strings.ReplaceAll(f, "-", ""))...)
	}
	for _, f := range q.Designators {
		m.flights = append(m.flights, designators(f)...)
	}
	for _, s := range seatRE.FindAllString(text, -1) {
		if seat, err := passenger.ParseSeat(s); err == nil {
			m.seats = append(m.seats, string(seat))
		}
	}
	m.days = append(m.days, dayRE.FindAllString(text, -1)...)
	return m
}

// designators returns the written forms of one designator: as given, and normal.
func designators(s string) []string {
	carrier, number, suffix, err := passenger.ParseDesignator(s)
	if err != nil {
		return nil
	}
	return []string{passenger.FlightKey{Carrier: carrier, Number: number, Suffix: suffix}.Designator()}
}
