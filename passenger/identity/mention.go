package identity

import (
	"regexp"
	"slices"
	"strings"

	"github.com/cabinloop/cabinloop/passenger"
)

var (
	codeRE   = regexp.MustCompile(`(?i)\b[A-Z0-9]{6}\b`)
	flightRE = regexp.MustCompile(`(?i)\b([A-Z]{2}|[A-Z]\d|\d[A-Z]|[A-Z]{3})[ -]?(\d{1,4})([A-Z]?)\b`)
	seatRE   = regexp.MustCompile(`(?i)\b(\d{1,2})([A-K])\b`)
	dayRE    = regexp.MustCompile(`\b(20\d\d)-(\d\d)-(\d\d)\b`)
)

// mentions are the things a text names that a booking can confirm. Everything is looked up
// among real bookings, so a wrong reading costs nothing.
type mentions struct {
	locators, flights, days, seats []string
	// sure are the locators that the author wrote as such, in words of their own.
	sure []string
	// another says that the text speaks of somebody else whom it may be about.
	another bool
}

func read(q Query) mentions {
	text := q.Text
	if len(text) > maxTextBytes {
		text = text[:maxTextBytes]
	}
	own := ownWords(text)
	m := mentions{days: slices.Clone(q.Dates), locators: codes(text, nil), another: forAnother(own)}
	m.sure = codes(own, writtenAsOne)
	for _, l := range q.Locators {
		l = strings.ToUpper(strings.TrimSpace(l))
		m.locators, m.sure = append(m.locators, l), append(m.sure, l)
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

// codes returns the words of a text that may be booking references, in capitals; with ok, those it
// says yes to. Six letters written small are a word: "please".
func codes(text string, ok func(text string, from, to int) bool) (out []string) {
	for _, at := range codeRE.FindAllStringIndex(text, -1) {
		c := text[at[0]:at[1]]
		if strings.ContainsAny(c, "0123456789") || strings.ToUpper(c) == c {
			if ok == nil || ok(text, at[0], at[1]) {
				out = append(out, strings.ToUpper(c))
			}
		}
	}
	return out
}
