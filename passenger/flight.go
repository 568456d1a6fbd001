package passenger

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// FlightKey says which flight: one leg of one operating carrier on one day.
//
// It is unique over all fields. Date is the scheduled departure date of this leg in UTC
// ("2026-11-21"), so a flight delayed past midnight keeps its key. Attempt is 1, and +1 on
// re-dispatch as a new operation.
type FlightKey struct {
	Carrier   string // IATA, 2 characters ("KL"), or ICAO, 3 letters
	Number    int    // 1..9999
	Suffix    string // "" or one letter: another operation of the same number that day
	Date      string // YYYY-MM-DD, UTC
	Departure string // IATA airport, 3 letters
	Attempt   int    // from 1
}

// Designator returns carrier, four-digit number and suffix: "KL0641".
func (k FlightKey) Designator() string {
	return fmt.Sprintf("%s%04d%s", k.Carrier, k.Number, k.Suffix)
}

// String returns "KL0641/2026-11-21/AMS", with "/2" behind it for a second attempt.
func (k FlightKey) String() string {
	s := k.Designator() + "/" + k.Date + "/" + k.Departure
	if k.Attempt > 1 {
		s += "/" + strconv.Itoa(k.Attempt)
	}
	return s
}

var designatorRE = regexp.MustCompile(`^([A-Z0-9]{2}|[A-Z]{3}) ?(\d{1,4})([A-Z])?$`)

// ParseDesignator reads "KL0641", "KL641", "KL 641", "U2123" or "TEF402A".
// Two digits are no carrier. Errors: [Invalid].
func ParseDesignator(s string) (carrier string, number int, suffix string, err error) {
	m := designatorRE.FindStringSubmatch(strings.ToUpper(strings.TrimSpace(s)))
	if m == nil || isDigit(m[1][0]) && isDigit(m[1][1]) {
		return "", 0, "", Errorf(Invalid, "passenger.ParseDesignator", "a flight number reads like KL0641: carrier, 1 to 4 digits, optional letter")
	}
	number, _ = strconv.Atoi(m[2])
	if number == 0 {
		return "", 0, "", Errorf(Invalid, "passenger.ParseDesignator", "flight number 0 is no flight")
	}
	return m[1], number, m[3], nil
}

// ParseFlightKey reads what [FlightKey.String] wrote. Errors: [Invalid].
func ParseFlightKey(s string) (FlightKey, error) {
	const op = "passenger.ParseFlightKey"
	bad := Errorf(Invalid, op, "a flight is written KL0641/2026-11-21/AMS, with /2 behind it for a second attempt")
	parts := strings.Split(s, "/")
	if len(parts) != 3 && len(parts) != 4 {
		return FlightKey{}, bad
	}
	k := FlightKey{Date: parts[1], Departure: parts[2], Attempt: 1}
	var err error
	if k.Carrier, k.Number, k.Suffix, err = ParseDesignator(parts[0]); err != nil {
		return FlightKey{}, bad
	}
	if _, err := time.Parse(time.DateOnly, k.Date); err != nil {
		return FlightKey{}, bad
	}
	if !IsAirport(k.Departure) {
		return FlightKey{}, bad
	}
	if len(parts) == 4 {
		k.Attempt, err = strconv.Atoi(parts[3])
		if err != nil || k.Attempt < 2 || k.Attempt > 99 {
			return FlightKey{}, bad
		}
	}
	return k, nil
}

// IsAirport reports whether s has the shape of an IATA airport code: three capital letters.
func IsAirport(s string) bool {
	if len(s) != 3 {
		return false
	}
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// Stage is how far the group of a flight has come. Only [Sealed] means sealed.
type Stage string

// The stages, in order. A stage never goes back, except closed to open by a return to gate.
const (
	Planned Stage = "planned"
	Open    Stage = "open"   // roster not empty and 72 h before departure
	Closed  Stage = "closed" // on-block, cancelled, a person, or STA + 6 h without a movement
	Sealed  Stage = "sealed"
	Purged  Stage = "purged"
)

// Movement is a word of the flight's own life, from messages or by the lead purser's hand.
type Movement string

// The movements (AHM 780 and OOOI words).
const (
	Boarding    Movement = "boarding"
	DoorsClosed Movement = "doors-closed"
	Off         Movement = "off" // airborne
	On          Movement = "on"  // touchdown
	In          Movement = "in"  // on-block
	Diverted    Movement = "diverted"
	Cancelled   Movement = "cancelled"
	OffBlock    Movement = "off-block"
)

// Movements lists every movement in the order of a normal flight.
var Movements = []Movement{Boarding, DoorsClosed, OffBlock, Off, On, In, Diverted, Cancelled}

// ParseMovement reads a movement word. Errors: [Invalid], naming the words there are.
func ParseMovement(s string) (Movement, error) {
	for _, m := range Movements {
		if string(m) == s {
			return m, nil
		}
	}
	return "", Errorf(Invalid, "passenger.ParseMovement", "a movement is one of boarding, doors-closed, off-block, off, on, in, diverted, cancelled")
}

// Role is what a tablet is on one flight.
type Role string

// The roles. Exactly one lead acts at a time; with several, the lowest author index does.
const (
	Lead   Role = "lead"
	Purser Role = "purser"
	Cabin  Role = "cabin"
)

// ParseRole reads a role. Errors: [Invalid].
func ParseRole(s string) (Role, error) {
	switch r := Role(s); r {
	case Lead, Purser, Cabin:
		return r, nil
	}
	return "", Errorf(Invalid, "passenger.ParseRole", "a role is lead, purser or cabin")
}
