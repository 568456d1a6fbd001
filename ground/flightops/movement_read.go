package flightops

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

var (
	moveFlightRE = regexp.MustCompile(`^([A-Z0-9]{2}|[A-Z]{3}) ?(\d{1,5})([A-Z])?/(\d{2})(?:([A-Z]{3})(\d{2})?(\d)?)? *(?:\. *([A-Z0-9-]{2,11}|\?{0,7}) *)?(?:\. *([A-Z]{3}))?$`)
	adRE         = regexp.MustCompile(`^AD ?(\d{6}|\d{4})(?:/(\d{6}|\d{4}))?$`)
	aaRE         = regexp.MustCompile(`^AA ?(\d{6}|\d{4})?(?:/(\d{6}|\d{4}))?$`)
	estimateRE   = regexp.MustCompile(`^(EA|EB|EO|ED|NI) ?(\d{6}|\d{4})$`)
	returnRE     = regexp.MustCompile(`^(RR|FR) ?(\d{6}|\d{4})(?:/(\d{6}|\d{4}))?$`)
	delayRE      = regexp.MustCompile(`^E?DL([A-Z0-9]{2})(?:/([A-Z0-9]{2}))?(?:/(\d{4}))?(?:/(\d{4}))?$`)
	paxRE        = regexp.MustCompile(`^PX(\d{1,3}(?:/\d{1,3})*)(?:\+(\d{1,2}))?$`)
	partEndRE    = regexp.MustCompile(`^PART ?\d{1,2}(?: (?:END|CONT))?$`)
	divertRE     = regexp.MustCompile(`^DR([A-Z0-9]{2})$`)
)

// readMovement reads one MVT, MVA or DIV. A message with a time that cannot be read is refused
// whole; words that are not understood are warned about.
func readMovement(t *telex, received time.Time) (MovementMessage, *RowError) {
	r := moveReader{telex: t, m: MovementMessage{Type: t.kind, File: t.file, Line: t.last, SentAt: t.sentAt}, received: received}
	if len(t.body) == 0 {
		return r.m, &RowError{File: t.file, Line: t.last, Reason: "the message stops behind its type; send it again"}
	}
	if corrects(strings.TrimSpace(t.body[0].text)) && len(t.body) > 1 {
		t.body = t.body[1:]
	}
	r.flight(t.body[0])
	for i, l := range t.body[1:] {
		if r.refusal != nil {
			break
		}
		text := strings.TrimSpace(l.text)
		if text == "SI" || strings.HasPrefix(text, "SI ") || strings.HasPrefix(text, "SI/") {
			break // free text to the end; it is not kept
		}
		r.line(l.no, text, i == 0)
	}
	if r.refusal != nil {
		return MovementMessage{}, r.refusal
	}
	if r.m.Type == "DIV" {
		at := t.sentAt
		if at.IsZero() {
			at = received.Truncate(time.Minute)
		}
		r.m.Events = append(r.m.Events, Event{Word: passenger.Diverted, At: at, Line: r.m.Line})
	}
	if r.estimatedOn != nil && r.m.EstimatedArrival == nil {
		r.m.EstimatedArrival = r.estimatedOn
	}
	if len(r.m.Events) == 0 && r.m.EstimatedArrival == nil && r.m.EstimatedDeparture == nil && r.m.NextInformation == nil && r.m.Return == nil {
		return MovementMessage{}, &RowError{File: t.file, Line: r.m.Line, Field: "movement", Reason: "the message names no movement; one of AD, AA, EA, EB, EO, ED, NI, RR, FR is needed"}
	}
	r.m.Key = t.receipt(r.m.Designator() + "/" + r.m.Day)
	r.m.Warnings = t.done()
	return r.m, nil
}

// corrects reports a flag of a message that sends another again; the later one counts in any case.
func corrects(text string) bool { return text == "COR" || text == "REV" }

// flights cuts a telex into one for each flight element in it. Behind SI stands free text, where only
// a whole element begins another flight.
func (t *telex) flights() (out []*telex) {
	from, free := 0, false
	cut := func(to int) {
		c := *t
		c.body, c.last = t.body[from:to], t.last
		if to < len(t.body) {
			c.last = t.body[to].no - 1
		}
		out, from, free = append(out, &c), to, false
	}
	for i, l := range t.body {
		text := strings.TrimSpace(l.text)
		m := moveFlightRE.FindStringSubmatch(text)
		if i > from && m != nil && (m[9] != "" || !free && !delayRE.MatchString(text) && !paxRE.MatchString(text)) && !(i == 1 && corrects(strings.TrimSpace(t.body[0].text))) {
			cut(i)
		}
		free = free || text == "SI" || strings.HasPrefix(text, "SI ") || strings.HasPrefix(text, "SI/")
	}
	cut(len(t.body))
	for _, c := range out[1:] {
		c.remarks = remarks{}
	}
	return out
}

type moveReader struct {
	*telex
	m           MovementMessage
	received    time.Time
	base        time.Time // midnight of the flight's day
	latest      time.Time // of the events so far
	estimatedOn *time.Time
	refusal     *RowError
}

func (r *moveReader) refuse(no int, field, reason string) {
	r.refusal = &RowError{File: r.file, Line: no, Field: field, Reason: reason}
}

func (r *moveReader) flight(l line) {
	r.m.Line = l.no
	m := moveFlightRE.FindStringSubmatch(strings.TrimSpace(l.text))
	if m == nil {
		r.refuse(l.no, "flight", "the flight element reads like KL0641/21.PHBQA.AMS")
		return
	}
	number := m[2]
	for len(number) > 1 && number[0] == '0' {
		number = number[1:]
	}
	carrier, n, suffix, err := passenger.ParseDesignator(m[1] + number + m[3])
	if err != nil {
		r.refuse(l.no, "flight", passenger.Public(err))
		return
	}
	r.m.Carrier, r.m.Number, r.m.Suffix, r.m.Station = Carrier(carrier), n, suffix, m[9]
	if r.m.Carrier != carrier {
		r.add(r.file, l.no, "the carrier is written by its ICAO code")
	}
	if reg := strings.ReplaceAll(m[8], "-", ""); reg != "" && strings.Trim(reg, "X?") != "" {
		r.m.Registration = reg
		if reg != m[8] {
			r.add(r.file, l.no, "a registration is written without a hyphen")
		}
	}
	if strings.Contains(l.text, " ") {
		r.add(r.file, l.no, "blanks in the flight element")
	}
	ref := r.received
	if !r.sentAt.IsZero() {
		ref = r.sentAt
	}
	d, _ := strconv.Atoi(m[4])
	switch {
	case m[6] != "":
		month, ok := months[m[5]]
		year, _ := strconv.Atoi(m[6])
		r.base = time.Date(2000+year, month, d, 0, 0, 0, 0, time.UTC)
		if !ok || r.base.Day() != d {
			r.refuse(l.no, "day", "the date is no day of the calendar")
			return
		}
		r.add(r.file, l.no, "a date in place of the day")
		r.sentAt = stampTime(r.stamp, r.base)
		r.m.SentAt = r.sentAt
	case m[5] != "":
		base, reason := listDate(m[4]+m[5], ref)
		if reason != "" {
			r.refuse(l.no, "day", reason)
			return
		}
		r.base = base
		r.add(r.file, l.no, "a date in place of the day")
	default:
		base, ok := nearDay(d, ref)
		if !ok {
			r.refuse(l.no, "day", "no month within 15 days of the reception has this day")
			return
		}
		r.base = base
	}
	r.m.Day = r.base.Format(time.DateOnly)
}

// line reads the words of one line; firstLine is the line of the movement itself.
func (r *moveReader) line(no int, text string, firstLine bool) {
	fields := strings.Fields(text)
	if partEndRE.MatchString(strings.Join(fields, " ")) {
		return
	}
	var last, before string // the words before this one
	for i := 0; i < len(fields) && r.refusal == nil; i++ {
		f := fields[i]
		if i == 0 && len(fields) > 1 && movementWord(f) && (digits(fields[1][:1]) || fields[1][0] == '/') {
			f += fields[1] // "AD 0410"
			i++
		}
		last, before = before, f
		switch {
		case adRE.MatchString(f):
			m := adRE.FindStringSubmatch(f)
			r.event(no, passenger.OffBlock, m[1])
			r.event(no, passenger.Off, m[2])
		case f != "AA" && aaRE.MatchString(f):
			m := aaRE.FindStringSubmatch(f)
			if m[2] == "" {
				r.add(r.file, no, "touchdown without on-block")
			}
			r.event(no, passenger.On, m[1])
			r.event(no, passenger.In, m[2])
		case estimateRE.MatchString(f):
			m := estimateRE.FindStringSubmatch(f)
			r.estimate(no, m[1], m[2])
		case returnRE.MatchString(f):
			m := returnRE.FindStringSubmatch(f)
			back := &Return{Kind: m[1], Line: no}
			for _, s := range m[2:] {
				if at, ok := r.time(no, s, true); ok {
					back.Times = append(back.Times, at)
				}
			}
			r.m.Return = back
		case passenger.IsAirport(f) && i > 0 && (estimateRE.MatchString(last) || r.kind != "DIV" && adRE.MatchString(last)):
			if _, err := LookupAirport(f); err != nil {
				r.add(r.file, no, "the word behind a time is no airport in our table and was not taken")
			} else {
				r.m.Arrival = f
			}
		case delayRE.MatchString(f):
			r.delays(no, delayRE.FindStringSubmatch(f))
		case paxRE.MatchString(f):
			m := paxRE.FindStringSubmatch(f)
			r.m.Passengers = nil
			for p := range strings.SplitSeq(m[1], "/") {
				n, _ := strconv.Atoi(p)
				r.m.Passengers = append(r.m.Passengers, n)
			}
			r.m.Infants, _ = strconv.Atoi(m[2])
		case r.kind == "DIV" && divertRE.MatchString(f):
			r.m.Reason = f[2:]
		case firstLine && i == 0 && len(f) > 2 && movementWord(f[:2]) && f[2] >= '0' && f[2] <= '9':
			r.refuse(no, "time", "a time has four digits, 0000 to 2400, or six with the day in front")
		default:
			r.add(r.file, no, "a word was not understood and not taken")
		}
	}
}

func movementWord(w string) bool {
	switch w {
	case "AD", "AA", "EA", "EB", "EO", "ED", "NI", "RR", "FR":
		return true
	}
	return false
}

func (r *moveReader) event(no int, word passenger.Movement, s string) {
	at, ok := r.time(no, s, true)
	if !ok {
		return
	}
	r.m.Events = append(r.m.Events, Event{Word: word, At: at, Line: no, NoDay: len(s) == 4})
	r.latest = at
}

func (r *moveReader) estimate(no int, word, s string) {
	if (word == "ED" || word == "NI") && len(s) == 4 {
		r.add(r.file, no, "%s is written with the day in front", word)
	}
	at, ok := r.time(no, s, false)
	if !ok {
		return
	}
	r.m.NoDay = append(r.m.NoDay, word)
	if len(s) == 6 {
		r.m.NoDay = r.m.NoDay[:len(r.m.NoDay)-1]
	}
	switch word {
	case "EA":
		r.m.EstimatedArrival = &at
	case "EB":
		r.estimatedOn = &at
	case "ED", "EO":
		r.m.EstimatedDeparture = &at
	case "NI":
		r.m.NextInformation = &at
	}
}

func (r *moveReader) delays(no int, m []string) {
	lengths := m[3:]
	if m[2] == "" && m[4] != "" || m[2] != "" && m[3] != "" && m[4] == "" {
		r.add(r.file, no, "as many delay codes as durations are needed; the durations were not taken")
		lengths = []string{"", ""}
	}
	for i, code := range m[1:3] {
		if code == "" {
			continue
		}
		d := Delay{Code: code}
		if _, since, ok := clock(lengths[i]); ok {
			d.Length = since
		}
		r.m.Delays = append(r.m.Delays, d)
	}
}
