package flightops

import (
	"strconv"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

const day = 24 * time.Hour

// FlightRef says which flight a list is about, as far as the list knows: the date is the local
// scheduled date at the boarding point (YYYY-MM-DD), not the UTC date of a passenger.FlightKey.
type FlightRef struct {
	Carrier   string // IATA, or ICAO when we know no IATA code for it
	Number    int    // 1..9999
	Suffix    string // "" or one letter
	Departure string // IATA airport
	LocalDate string // YYYY-MM-DD at Departure
}

// Key returns the key of the flight once its UTC date is known; the attempt is 1.
func (r FlightRef) Key(utcDate string) passenger.FlightKey {
	return passenger.FlightKey{Carrier: r.Carrier, Number: r.Number, Suffix: r.Suffix, Date: utcDate, Departure: r.Departure, Attempt: 1}
}

// UTCDate returns the UTC date (YYYY-MM-DD) of a local date (YYYY-MM-DD) and time (HH:MM or
// HHMM) in a zone. A time that a change of clocks skips or repeats is read as time.Date does;
// the date is the same either way. Errors: [passenger.Invalid].
func UTCDate(localDate, localTime string, zone *time.Location) (string, error) {
	const op = "flightops.UTCDate"
	if zone == nil {
		return "", passenger.Errorf(passenger.Invalid, op, "a local date needs a zone")
	}
	t, err := time.ParseInLocation("2006-01-02 1504", localDate+" "+strings.ReplaceAll(localTime, ":", ""), zone)
	if err != nil {
		return "", passenger.Errorf(passenger.Invalid, op, "a local date reads 2026-11-21 and a local time 09:40")
	}
	return t.UTC().Format(time.DateOnly), nil
}

// UTCDates returns the UTC dates (one or two) that a local date at an airport can fall on, in
// order: what to look a flight up by while its scheduled time is not known.
// Errors: as [Zone], and [passenger.Invalid].
func UTCDates(localDate, airport string) ([]string, error) {
	zone, err := Zone(airport)
	if err != nil {
		return nil, err
	}
	t, err := time.ParseInLocation(time.DateOnly, localDate, zone)
	if err != nil {
		return nil, passenger.Errorf(passenger.Invalid, "flightops.UTCDates", "a local date reads 2026-11-21")
	}
	first := t.UTC().Format(time.DateOnly)
	last := t.AddDate(0, 0, 1).Add(-time.Minute).UTC().Format(time.DateOnly)
	if first == last {
		return []string{first}, nil
	}
	return []string{first, last}, nil
}

var months = map[string]time.Month{"JAN": 1, "FEB": 2, "MAR": 3, "APR": 4, "MAY": 5, "JUN": 6, "JUL": 7, "AUG": 8, "SEP": 9, "OCT": 10, "NOV": 11, "DEC": 12}

// maxBack is how far before its reception a date without a year may lie; the rest of the year
// belongs to the future (reference: nearest to reception, at most 90 days back preferred).
const maxBack = 90 * day

// listDate gives the year to a DDMMM ("28MAY"): the one date in the year that begins 90 days
// before the reception. The reason is "" when there is one.
func listDate(ddmmm string, received time.Time) (time.Time, string) {
	m, ok := months[ddmmm[2:]]
	if !ok {
		return time.Time{}, "the month is one of JAN to DEC, in three letters"
	}
	d, _ := strconv.Atoi(ddmmm[:2])
	earliest := received.UTC().Add(-maxBack).Truncate(day)
	for y := earliest.Year(); y <= earliest.Year()+1; y++ {
		t := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		if t.Day() != d || t.Month() != m || t.Before(earliest) || !t.Before(earliest.AddDate(1, 0, 0)) {
			continue
		}
		return t, ""
	}
	if m == time.February && d == 29 {
		return time.Time{}, "29FEB is no day of the year around the reception"
	}
	return time.Time{}, "the month has no such day"
}

// nearDay returns the midnight (UTC) nearest to ref whose day of the month is d, within ±15 days.
func nearDay(d int, ref time.Time) (time.Time, bool) {
	base := ref.UTC().Truncate(day)
	for i := range 16 {
		for _, t := range [2]time.Time{base.AddDate(0, 0, -i), base.AddDate(0, 0, i)} {
			if t.Day() == d {
				return t, true
			}
		}
	}
	return time.Time{}, false
}

// clock reads HHMM or DDHHMM. withDay is 0 when there is none; 2400 gives 24 hours.
func clock(s string) (withDay int, since time.Duration, ok bool) {
	if len(s) == 6 {
		withDay, _ = strconv.Atoi(s[:2])
		if !digits(s[:2]) || withDay < 1 || withDay > 31 {
			return 0, 0, false
		}
		s = s[2:]
	}
	if len(s) != 4 || !digits(s) {
		return 0, 0, false
	}
	h, _ := strconv.Atoi(s[:2])
	m, _ := strconv.Atoi(s[2:])
	if m > 59 || h > 24 || h == 24 && m > 0 {
		return 0, 0, false
	}
	return withDay, time.Duration(h)*time.Hour + time.Duration(m)*time.Minute, true
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
