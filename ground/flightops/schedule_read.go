package flightops

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

var (
	schedActions  = []string{"NEW", "CNL", "RIN", "RPL", "TIM", "FLT", "SKD", "EQT", "RRT", "ADM", "CON"}
	schedActionRE = regexp.MustCompile(`^([A-Z]{3})((?: [A-Z]{4})*)$`)
	schedFlightRE = regexp.MustCompile(`^([A-Z0-9]{2}|[A-Z]{3}) ?(\d{1,5})([A-Z])?(?:/([0-9A-Z]{2,7}))?((?: .*)?)$`)
	schedDateRE   = regexp.MustCompile(`^(\d{2})(?:([A-Z]{3})(\d{2})?)?$`)
	schedPeriodRE = regexp.MustCompile(`^(\d{2}[A-Z]{3}(?:\d{2})?) (\d{2}[A-Z]{3}(?:\d{2})?|00XXX00) ([1-7](?: *[1-7]){0,6})(?:/W([12]))?(?: .*)?$`)
	schedDatedRE  = regexp.MustCompile(`^\d{2}[A-Z]{3}(?:\d{2})? `)
	schedEquipRE  = regexp.MustCompile(`^[A-Z] ([A-Z0-9]{3})(?: .*)?$`)
	schedLegRE    = regexp.MustCompile(`^([A-Z]{3})(\d{4}|\d{6})?(?:/(-?M?\d))?(?:/\d{4})? ([A-Z]{3})(\d{4}|\d{6})?(?:/(-?M?\d))?(?:/\d{4})?(?: .*)?$`)
	schedRouteRE  = regexp.MustCompile(`^([A-Z]{3})/?([A-Z]{3})(?: \d{1,3}/.*)?$`)
	schedSkipRE   = regexp.MustCompile(`^(?:\d{1,3}/.*|\d{2}[A-Z]{3}\d{5}E\d{3}.*|SI|SI .*)$`)
)

// readSchedule reads one ASM or SSM. Each change is taken or refused by itself, with the line of
// what is wrong.
func readSchedule(t *telex, received time.Time) (changes []ScheduleChange, refused []*RowError) {
	local := false
	var block []line
	flush := func() {
		if len(block) == 0 {
			return
		}
		r := schedReader{telex: t, received: received, c: ScheduleChange{Type: t.kind, File: t.file, Line: block[0].no,
			SentAt: t.sentAt, Sender: t.sender, Local: local, Days: "1234567", Weeks: 1}}
		if err := r.read(block); err != nil {
			refused = append(refused, err)
		} else {
			for _, p := range append(r.more, r.last()) {
				c := r.c
				c.From, c.To, c.Days, c.Weeks = p.from, p.to, p.days, p.weeks
				c.Key = t.receipt(c.Designator()+"/"+c.From) + "-" + strconv.Itoa(len(changes)+len(refused)+1)
				changes = append(changes, c)
			}
		}
		block = nil
	}
	for _, l := range t.body {
		l.text = strings.TrimSpace(l.text)
		switch {
		case l.text == "//":
			flush()
		case len(block) == 0 && (l.text == "UTC" || l.text == "LT"):
			local = l.text == "LT"
		case len(block) == 0 && schedSkipRE.MatchString(l.text): // reference of the message
		default:
			block = append(block, l)
		}
	}
	flush()
	if len(changes) == 0 && len(refused) == 0 {
		refused = append(refused, &RowError{File: t.file, Line: t.last, Reason: "the message stops behind its type; send it again"})
	}
	if warnings := t.done(); len(changes) > 0 {
		changes[0].Warnings = append(warnings, changes[0].Warnings...)
	}
	return changes, refused
}

// period is the days on which a change applies, as in [ScheduleChange].
type period struct {
	from, to, days string
	weeks          int
}

type schedReader struct {
	*telex
	c        ScheduleChange // with its last period
	more     []period       // those before it
	received time.Time
}

func (r *schedReader) last() period { return period{r.c.From, r.c.To, r.c.Days, r.c.Weeks} }

func (r *schedReader) refuse(no int, field, format string, args ...any) *RowError {
	return &RowError{File: r.file, Line: no, Field: field, Reason: fmt.Sprintf(format, args...)}
}

func (r *schedReader) read(block []line) *RowError {
	m := schedActionRE.FindStringSubmatch(block[0].text)
	if m == nil || !slices.Contains(schedActions, m[1]) {
		return r.refuse(block[0].no, "action", "an action is one of %s, with its reasons behind it", strings.Join(schedActions, " "))
	}
	r.c.Action, r.c.Reasons = m[1], strings.Fields(m[2])
	if len(block) < 2 {
		return r.refuse(block[0].no, "flight", "the change names no flight")
	}
	if err := r.flight(block[1]); err != nil {
		return err
	}
	rest := block[2:]
	if r.kind == "SSM" {
		if len(rest) == 0 {
			return r.refuse(block[1].no, "period", "the change names no period; it reads like 04APR26 03MAY26 1234567")
		}
		for first := true; len(rest) > 0 && (first || schedDatedRE.MatchString(rest[0].text)); rest, first = rest[1:], false {
			if !first {
				r.more = append(r.more, r.last())
			}
			if err := r.period(rest[0]); err != nil {
				return err
			}
		}
	}
	for _, l := range rest {
		if l.text == "SI" || strings.HasPrefix(l.text, "SI ") {
			break // free text to the end; it is not kept
		}
		if err := r.line(l); err != nil {
			return err
		}
	}
	if (r.c.Action == "TIM" || r.c.Action == "NEW") && len(r.c.Legs) == 0 {
		return r.refuse(r.c.Line, "leg", "%s needs a leg; it reads like AMS0940 JFK1750", r.c.Action)
	}
	return nil
}

func (r *schedReader) flight(l line) *RowError {
	m := schedFlightRE.FindStringSubmatch(l.text)
	form := "KL0641/21NOV26"
	if r.kind == "SSM" {
		form = "KL0641"
	}
	if m == nil || (m[4] == "") != (r.kind == "SSM") {
		return r.refuse(l.no, "flight", "the flight of an %s reads like %s", r.kind, form)
	}
	carrier, number, suffix, err := passenger.ParseDesignator(m[1] + m[2] + m[3])
	if err != nil {
		return r.refuse(l.no, "flight", "%s", passenger.Public(err))
	}
	r.c.Carrier, r.c.Number, r.c.Suffix = Carrier(carrier), number, suffix
	if r.kind == "SSM" {
		return nil
	}
	date, reason := r.date(m[4])
	if reason != "" {
		return r.refuse(l.no, "date", "%s", reason)
	}
	r.c.From, r.c.To = date, date
	for f := range strings.FieldsSeq(m[5]) {
		if d := schedFlightRE.FindStringSubmatch(f); r.c.Action == "FLT" && d != nil && d[4] != "" {
			if carrier, number, suffix, err := passenger.ParseDesignator(d[1] + d[2] + d[3]); err == nil {
				r.c.NewName = FlightRef{Carrier: Carrier(carrier), Number: number, Suffix: suffix}.Designator()
			}
		}
	}
	return nil
}

// date reads 21, 21NOV or 21NOV26.
func (r *schedReader) date(s string) (date, reason string) {
	m := schedDateRE.FindStringSubmatch(s)
	ref := r.received
	if !r.sentAt.IsZero() {
		ref = r.sentAt
	}
	switch {
	case m == nil:
		return "", "a date reads like 21NOV26"
	case m[2] == "":
		t, ok := nearDay(atoi(m[1]), ref)
		if !ok {
			return "", "no month within 15 days of the reception has this day"
		}
		return t.Format(time.DateOnly), ""
	case m[3] == "":
		t, reason := listDate(m[1]+m[2], ref)
		return t.Format(time.DateOnly), reason
	}
	month, ok := months[m[2]]
	t := time.Date(2000+atoi(m[3]), month, atoi(m[1]), 0, 0, 0, 0, time.UTC)
	if !ok || t.Day() != atoi(m[1]) {
		return "", "the date is no day of the calendar; months are JAN to DEC"
	}
	return t.Format(time.DateOnly), ""
}

func (r *schedReader) period(l line) *RowError {
	m := schedPeriodRE.FindStringSubmatch(l.text)
	if m == nil {
		return r.refuse(l.no, "period", "a period reads like 04APR26 03MAY26 1234567")
	}
	var reason string
	if r.c.From, reason = r.date(m[1]); reason != "" {
		return r.refuse(l.no, "period", "%s", reason)
	}
	if m[2] == "00XXX00" {
		from, _ := time.Parse(time.DateOnly, r.c.From)
		r.c.To = from.AddDate(1, 0, 0).Format(time.DateOnly)
		r.add(r.file, l.no, "an open period was read as one year")
	} else if r.c.To, reason = r.date(m[2]); reason != "" {
		return r.refuse(l.no, "period", "%s", reason)
	}
	if r.c.To < r.c.From {
		return r.refuse(l.no, "period", "the period ends before it begins")
	}
	days := strings.ReplaceAll(m[3], " ", "")
	for i := 1; i < len(days); i++ {
		if days[i] <= days[i-1] {
			return r.refuse(l.no, "days", "days of the week ascend and none is named twice: 1234567, Monday is 1")
		}
	}
	r.c.Days, r.c.Weeks = days, 1
	if m[4] == "2" {
		r.c.Weeks = 2
	}
	return nil
}

func (r *schedReader) line(l line) *RowError {
	if m := schedLegRE.FindStringSubmatch(l.text); m != nil {
		return r.leg(l.no, m)
	}
	if m := schedEquipRE.FindStringSubmatch(l.text); m != nil {
		r.c.Aircraft = m[1]
		return nil
	}
	if m := schedRouteRE.FindStringSubmatch(l.text); m != nil {
		if len(r.c.Legs) == 0 && !strings.Contains(l.text, " ") { // otherwise data elements of a leg that is there
			r.c.Legs = append(r.c.Legs, ScheduleLeg{Departure: m[1], Arrival: m[2]})
		}
		return nil
	}
	if m := schedFlightRE.FindStringSubmatch(l.text); m != nil && r.c.Action == "FLT" && r.c.NewName == "" {
		if carrier, number, suffix, err := passenger.ParseDesignator(m[1] + m[2] + m[3]); err == nil {
			r.c.NewName = FlightRef{Carrier: Carrier(carrier), Number: number, Suffix: suffix}.Designator()
			return nil
		}
	}
	if !schedSkipRE.MatchString(l.text) {
		r.add(r.file, l.no, "line not understood and not taken")
	}
	return nil
}

func (r *schedReader) leg(no int, m []string) *RowError {
	if len(r.c.Legs) >= MaxRemarks {
		return r.refuse(no, "leg", "more legs than any flight has; the change was not taken")
	}
	leg := ScheduleLeg{Departure: m[1], Arrival: m[4]}
	for _, a := range []string{m[1], m[4]} {
		if _, err := LookupAirport(a); err != nil {
			return r.refuse(no, "leg", "%s", passenger.Public(err))
		}
	}
	if (m[2] == "") != (m[5] == "") {
		return r.refuse(no, "leg", "a leg has both times or none: AMS0940 JFK1750")
	}
	if m[2] == "" {
		r.c.Legs = append(r.c.Legs, leg)
		return nil
	}
	var err *RowError
	if leg.DepartTime, leg.DepartDaysOn, err = r.clock(no, m[2], m[3]); err != nil {
		return err
	}
	if leg.ArriveTime, leg.ArriveDaysOn, err = r.clock(no, m[5], m[6]); err != nil {
		return err
	}
	r.c.Legs = append(r.c.Legs, leg)
	return nil
}

// clock reads HHMM, or DDHHMM with the day of the month, and the days behind a stroke.
func (r *schedReader) clock(no int, s, on string) (hhmm string, daysOn int, _ *RowError) {
	d, since, ok := clock(s)
	if !ok || since == day {
		return "", 0, r.refuse(no, "time", "a time has four digits, 0000 to 2359, or six with the day in front")
	}
	if d > 0 {
		base, _ := time.Parse(time.DateOnly, r.c.From)
		at, ok := nearDay(d, base)
		if daysOn = int(at.Sub(base) / day); !ok || daysOn < -1 || daysOn > 3 {
			return "", 0, r.refuse(no, "time", "the day of a time is at most three days from that of the flight")
		}
	}
	if on != "" {
		daysOn = atoi(on[len(on)-1:])
		if len(on) > 1 {
			daysOn = -daysOn
		}
	}
	return fmt.Sprintf("%02d:%02d", since/time.Hour, since%time.Hour/time.Minute), daysOn, nil
}
