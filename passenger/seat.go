package passenger

import (
	"regexp"
	"strings"
)

// Seat is a normalised seat: row without leading zeros, then one letter ("14C"). "" is no seat.
type Seat string

var seatRE = regexp.MustCompile(`^0{0,2}([1-9]\d{0,2})([A-Z])$`)

// ParseSeat reads "1A", "01A" or "001a". An empty text is no seat. Errors: [Invalid].
func ParseSeat(s string) (Seat, error) {
	s = strings.ToUpper(strings.TrimSpace(s))
	if s == "" {
		return "", nil
	}
	m := seatRE.FindStringSubmatch(s)
	if m == nil {
		return "", Errorf(Invalid, "passenger.ParseSeat", "a seat reads like 14C: row 1 to 999 and one letter")
	}
	return Seat(m[1] + m[2]), nil
}

// Less orders seats as a purser walks: by row, then by letter. No seat comes last.
func (s Seat) Less(t Seat) bool {
	if s == "" || t == "" {
		return s != "" && t == ""
	}
	if len(s) != len(t) {
		return len(s) < len(t)
	}
	return s < t
}
