package flightops

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// acars is what the ACARS lines before a message say.
type acars struct {
	flight, registration, stamp string
}

var (
	acarsFlightRE = regexp.MustCompile(`^FI ([A-Z0-9]+)(?:/AN ([A-Z0-9.-]+))?`)
	acarsStampRE  = regexp.MustCompile(`^DT (?:[A-Z0-9]+ ){1,2}(\d{6})\b`)

	// A line is an OOOI message by its label; the minus closes the ACARS lines.
	oooiRE  = regexp.MustCompile(`^(?:- ?)?(?:Q[12A-HK-T] ?[A-Z]{4}[A-Z0-9]{4}|8E ?[A-Z]{4},\d{4}$|(?:44 ?)?(?:00)?(?:OUT|OFF|ON|IN|ETA)\d\d,|(?:OUT|OFF|ON|IN) \d{4}Z?(?: |/|$))`)
	label44 = regexp.MustCompile(`^(?:44 ?)?(?:00)?(OUT|OFF|ON|IN|ETA)\d\d$`)
	wordsRE = regexp.MustCompile(`^(OUT|OFF|ON|IN|ETA) ?(\d{4})Z?(?: |/|$)`)
)

func (a *acars) line(t string) {
	if m := acarsFlightRE.FindStringSubmatch(t); m != nil {
		a.flight, a.registration = m[1], strings.Trim(strings.ReplaceAll(m[2], "-", ""), ".")
	}
	if m := acarsStampRE.FindStringSubmatch(t); m != nil {
		a.stamp = m[1]
	}
}

// field places one fact in the text behind a Q label.
type field struct {
	what string // "sa" start, "da" destination, else a word of oooiWord or "eta"
	at   int    // byte offset; every field has four characters
}

// qLabels are the layouts of the Q labels (TLeconte/acarsdec, label.c).
var qLabels = map[string][]field{
	"Q1": {{"sa", 0}, {"OUT", 4}, {"OFF", 8}, {"ON", 12}, {"IN", 16}, {"da", 24}}, "Q2": {{"sa", 0}, {"ETA", 4}},
	"QA": {{"sa", 0}, {"OUT", 4}}, "QB": {{"sa", 0}, {"OFF", 4}}, "QC": {{"sa", 0}, {"ON", 4}}, "QD": {{"sa", 0}, {"IN", 4}},
	"QE": {{"sa", 0}, {"OUT", 4}, {"da", 8}}, "QF": {{"sa", 0}, {"OFF", 4}, {"da", 8}}, "QG": {{"sa", 0}, {"OUT", 4}, {"IN", 8}},
	"QH": {{"sa", 0}, {"OUT", 4}}, "QK": {{"sa", 0}, {"ON", 4}, {"da", 8}}, "QL": {{"da", 0}, {"IN", 8}, {"sa", 13}},
	"QM": {{"da", 0}, {"sa", 8}}, "QN": {{"da", 4}, {"ETA", 8}}, "QP": {{"sa", 0}, {"da", 4}, {"OUT", 8}},
	"QQ": {{"sa", 0}, {"da", 4}, {"OFF", 8}}, "QR": {{"sa", 0}, {"da", 4}, {"ON", 8}}, "QS": {{"sa", 0}, {"da", 4}, {"IN", 8}},
	"QT": {{"sa", 0}, {"da", 4}, {"OUT", 8}, {"IN", 12}},
}

var oooiWord = map[string]passenger.Movement{"OUT": passenger.OffBlock, "OFF": passenger.Off, "ON": passenger.On, "IN": passenger.In}

// fact is one time of an OOOI message: what, and HHMM.
type fact struct{ what, hhmm string }

// readOOOI reads one ACARS report of OUT, OFF, ON, IN or an estimate. The flight is that of the
// FI line before it; without one Number is 0 and the movement can be tied to no flight.
func readOOOI(t *telex, received time.Time) (MovementMessage, *RowError) {
	l := t.body[0]
	m := MovementMessage{Type: "OOOI", File: t.file, Line: l.no, Registration: t.acars.registration}
	refuse := func(field, reason string) (MovementMessage, *RowError) {
		return MovementMessage{}, &RowError{File: t.file, Line: l.no, Field: field, Reason: reason}
	}
	if t.acars.flight != "" {
		carrier, number, suffix, err := passenger.ParseDesignator(t.acars.flight)
		if err != nil {
			return refuse("flight", "the line FI names no flight; it reads like FI KL0641/AN PHBQA")
		}
		m.Carrier, m.Number, m.Suffix = Carrier(carrier), number, suffix
	}
	ref := received
	if m.SentAt = stampTime(t.acars.stamp, received); m.SentAt.IsZero() {
		m.SentAt = t.sentAt
	}
	if !m.SentAt.IsZero() {
		ref = m.SentAt
	}
	text := strings.TrimLeft(l.text, " -")
	var facts []fact
	var from, to string
	switch {
	case qLabels[text[:2]] != nil:
		facts, from, to = labelFacts(qLabels[text[:2]], strings.TrimPrefix(text[2:], " "))
	case strings.Contains(text, ","):
		var at time.Time
		if facts, from, to, at = commaFacts(text, ref); !at.IsZero() {
			ref = at
		}
	default:
		for f := wordsRE.FindStringSubmatch(text); f != nil; f = wordsRE.FindStringSubmatch(text) {
			facts, text = append(facts, fact{f[1], f[2]}), strings.TrimLeft(text[len(f[0]):], " /")
		}
	}
	var reason string
	if m.Station, reason = station(from); reason == "" {
		m.Arrival, reason = station(to)
	}
	if reason != "" {
		return refuse("airport", reason)
	}
	if !m.timed(facts, ref, l.no) {
		return refuse("time", "a time has four digits, 0000 to 2359, where its label says")
	}
	if len(m.Events) == 0 && m.EstimatedArrival == nil {
		return refuse("movement", "the message holds no time of OUT, OFF, ON or IN and no estimate")
	}
	at, _ := m.departing()
	m.Day = at.Format(time.DateOnly)
	m.Key = t.receipt(m.Designator() + "/" + m.Day)
	m.Warnings = t.done()
	return m, nil
}

// labelFacts cuts the text of a Q label; a field behind the end of the text is left out.
func labelFacts(layout []field, text string) (facts []fact, from, to string) {
	for _, f := range layout {
		if len(text) < f.at+4 {
			continue
		}
		v := text[f.at : f.at+4]
		switch f.what {
		case "sa":
			from = v
		case "da":
			to = v
		default:
			if strings.TrimSpace(v) != "" {
				facts = append(facts, fact{f.what, v})
			}
		}
	}
	return facts, from, to
}

// commaFacts reads labels 44 (OFF01,position,from,to,MMDD,time,eta) and 8E (to,eta). at is when
// the aircraft wrote it, zero when it does not say.
func commaFacts(text string, ref time.Time) (facts []fact, from, to string, at time.Time) {
	f := strings.Split(text, ",")
	if strings.HasPrefix(text, "8E") {
		return []fact{{"ETA", f[1]}}, "", strings.TrimSpace(f[0][2:]), at
	}
	m := label44.FindStringSubmatch(f[0])
	if m != nil && m[1] == "ETA" && len(f) > 2 {
		f = append(f[:2], f[3:]...) // the altitude
	}
	if m == nil || len(f) < 6 {
		return nil, "", "", at
	}
	if len(f[5]) == 6 && digits(f[5]) {
		f[5] = f[5][:4] // seconds are not kept
	}
	if _, since, ok := clock(f[5]); ok && len(f[4]) == 4 && digits(f[4]) {
		if d, ok := nearDay(atoi(f[4][2:]), ref); ok && int(d.Month()) == atoi(f[4][:2]) {
			at = d.Add(since)
		}
	}
	switch {
	case m[1] == "ETA" && len(f) > 6:
		facts = []fact{{"ETA", f[6]}}
	case m[1] == "ETA":
	default:
		facts = []fact{{m[1], f[5]}}
		if m[1] == "OFF" && len(f) > 6 && len(f[6]) == 4 && digits(f[6]) {
			facts = append(facts, fact{"ETA", f[6]})
		}
	}
	return facts, f[2], f[3], at
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// station turns an airport of a message into its IATA code.
func station(code string) (iata, reason string) {
	if strings.TrimSpace(code) == "" {
		return "", ""
	}
	a, err := LookupAirport(code)
	if err != nil {
		return "", "the airport is in no table; ACARS writes ICAO codes (EHAM)"
	}
	return a.IATA, ""
}

// timed gives the times their day. The last event is the last such instant not after the
// message was sent; each one before it, the last not after that which followed it. An estimate
// is the first instant not before the message was sent.
func (m *MovementMessage) timed(facts []fact, ref time.Time, no int) bool {
	limit := ref.Add(slack)
	var events []Event
	for i := len(facts) - 1; i >= 0; i-- {
		_, since, ok := clock(facts[i].hhmm)
		if !ok || since == day {
			return false
		}
		if facts[i].what == "ETA" {
			at := ref.Add(-slack).Truncate(day).Add(since)
			if at.Before(ref.Add(-slack)) {
				at = at.Add(day)
			}
			m.EstimatedArrival = &at
			continue
		}
		at := limit.Truncate(day).Add(since)
		if at.After(limit) {
			at = at.Add(-day)
		}
		limit = at
		e := Event{Word: oooiWord[facts[i].what], At: at, Line: no}
		if e.Word == passenger.On || e.Word == passenger.In {
			e.Station = m.Arrival
		}
		events = append([]Event{e}, events...)
	}
	m.Events = events
	return true
}
