package flightops

import (
	"time"
)

// ScheduleChange is one change of an ad-hoc (ASM) or seasonal (SSM) schedule message (SSIM,
// chapters 4 and 5): a message holds several, with // between them.
type ScheduleChange struct {
	Type     string // "ASM", "SSM"
	Action   string // "NEW", "CNL", "RIN", "RPL", "TIM", "FLT", "SKD", "EQT", "RRT", "ADM", "CON"
	Reasons  []string
	File     string
	Line     int // of the action
	SentAt   time.Time
	Sender   string
	Local    bool // times and dates are local ones of each airport, otherwise UTC
	Carrier  string
	Number   int
	Suffix   string
	From, To string // YYYY-MM-DD, both included; equal in an ASM
	Days     string // days of the week on which it applies, Monday is 1: "1234567"
	Weeks    int    // 2 when it applies every other week, else 1
	Aircraft string // IATA type, "" when not said
	NewName  string // designator that a FLT gives, "" otherwise
	Legs     []ScheduleLeg
	Warnings []Warning
	Key      string // idempotence key
}

// ScheduleLeg is one leg. Times are HH:MM, with the days after the flight's date on which they
// fall (-1 for the day before).
type ScheduleLeg struct {
	Departure, Arrival         string // IATA
	DepartTime, ArriveTime     string // "" when the leg gives no times
	DepartDaysOn, ArriveDaysOn int
}

// Designator returns carrier, four-digit number and suffix: "KL0641".
func (c ScheduleChange) Designator() string {
	return FlightRef{Carrier: c.Carrier, Number: c.Number, Suffix: c.Suffix}.Designator()
}

// On reports whether the change applies to a flight of a date (YYYY-MM-DD).
func (c ScheduleChange) On(date string) bool {
	from, err1 := time.Parse(time.DateOnly, c.From)
	t, err2 := time.Parse(time.DateOnly, date)
	if err1 != nil || err2 != nil || date < c.From || date > c.To {
		return false
	}
	weekday := byte('0' + (int(t.Weekday())+6)%7 + 1)
	if c.Weeks == 2 && int(t.Sub(monday(from))/(7*day))%2 != 0 {
		return false
	}
	for i := range len(c.Days) {
		if c.Days[i] == weekday {
			return true
		}
	}
	return false
}

func monday(t time.Time) time.Time { return t.AddDate(0, 0, -(int(t.Weekday())+6)%7) }

// Times returns departure and arrival of a leg, UTC, for the flight of a date (YYYY-MM-DD).
// ok is false for a leg without times or with an airport whose zone is unknown.
func (c ScheduleChange) Times(l ScheduleLeg, date string) (std, sta time.Time, ok bool) {
	at := func(daysOn int, hhmm, airport string) (time.Time, bool) {
		zone := time.UTC
		if c.Local {
			var err error
			if zone, err = Zone(airport); err != nil {
				return time.Time{}, false
			}
		}
		t, err := time.ParseInLocation("2006-01-02 15:04", date+" "+hhmm, zone)
		return t.AddDate(0, 0, daysOn).UTC(), err == nil
	}
	std, ok = at(l.DepartDaysOn, l.DepartTime, l.Departure)
	if !ok {
		return std, sta, false
	}
	sta, ok = at(l.ArriveDaysOn, l.ArriveTime, l.Arrival)
	return std, sta, ok && sta.After(std)
}
