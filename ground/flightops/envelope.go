package flightops

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// line is one line of a telex, without control characters and trailing blanks.
type line struct {
	no     int
	text   string
	blanks int // trailing ones: a bar code counts its characters
}

// telex is one message of a file: a Type B envelope around a body.
type telex struct {
	file    string
	kind    string // PNL, ADL, MVT ...
	no      int    // line of the identifier
	sender  string // 7 characters, "" when there is no sender line
	stamp   string // DDHHMM of the sender line
	sentAt  time.Time
	acars   acars  // of the ACARS lines before it
	body    []line // between identifier and END
	end     string // what stands behind END, "" when there is none
	last    int    // line on which the message ends
	refused string // why it cannot be read at all
	remarks
}

// identifiers lists the message types that can begin a message; those in handled are read.
var (
	identifiers = []string{"PNL", "ADL", "MVT", "MVA", "DIV", "PFS", "PSM", "PTM", "PIL", "SOM", "SPM", "FTL", "PRL", "ETL", "PAL", "CAL", "TPM", "SSM", "ASM", "LDM", "BSM", "BPM", "BUM"}
	handled     = []string{"PNL", "ADL", "PIL", "PSM", "PTM", "PFS", "MVT", "MVA", "DIV", "ASM", "SSM", "OOOI", "BCBP"}
	endless     = []string{"MVT", "MVA", "DIV", "ASM", "SSM", "OOOI"} // no END closes them

	senderRE  = regexp.MustCompile(`^\.([A-Z0-9]{7})(?: +[A-Z0-9]{0,3}?/? ?(\d{6})(?:[0-5]\d)?)?(?:[ /].*)?$`)
	addressRE = regexp.MustCompile(`^(?:Q[A-Z] )?[A-Z0-9]{7}(?: +[A-Z0-9]{7})*$`)
	acarsRE   = regexp.MustCompile(`^(?:A8\d|FI .*|DT .*|-|ZCZC.*|NNNN|PDM)$`)
	endRE     = regexp.MustCompile(`^END([A-Z]{3}|PART(\d{1,2}))$`)
	flaggedRE = regexp.MustCompile(`^(?:MVT|MVA|DIV)[ /](?:COR|REV)$`) // sent again, with a correction
	mailboxRE = regexp.MustCompile(`^=[A-Z]{3,12}(?: [A-Z ]{1,12})?$`)
	otherRE   = regexp.MustCompile(`^[A-Z]{3}$`)
)

// longPIL is the other name of a PIL.
const longPIL = "PASSENGER INFORMATION LIST"

// splitter cuts a file into its messages. A line cannot be classified alone, so it knows
// whether it stands between messages or inside one.
type splitter struct {
	file     string
	received time.Time
	lines    []line
	out      []*telex
	refused  []*RowError
	open     *telex
	sender   string
	stamp    string
	acars    acars
	mailbox  string // the section of a mailbox file, "=ORIGIN"; "" outside one
	smi      string // message type that it names
	junk     int    // first line that belongs to no message
	cut      map[int]bool
	odd      map[int]bool
}

// split never fails: what belongs to no message is refused with its line.
func split(file string, data []byte, received time.Time) ([]*telex, []*RowError) {
	s := &splitter{file: file, received: received, cut: map[int]bool{}, odd: map[int]bool{}}
	if bytes.HasPrefix(data, []byte{0xFF, 0xFE}) || bytes.HasPrefix(data, []byte{0xFE, 0xFF}) {
		return nil, []*RowError{{File: file, Line: 1, Reason: "the file is UTF-16; save it as plain text"}}
	}
	s.read(bytes.TrimPrefix(data, []byte("\uFEFF")))
	for i, l := range s.lines {
		if strings.TrimSpace(l.text) == "" {
			continue
		}
		if s.open != nil {
			s.inside(i, l)
		} else {
			s.between(l)
		}
	}
	s.close("")
	if len(s.out) == 0 && len(s.refused) == 0 {
		s.refused = append(s.refused, &RowError{File: file, Line: max(1, s.junk), Reason: "no message begins here; a message has its type (PNL, PIL, MVT, ASM ...) on a line of its own"})
	} else if s.junk > 0 && len(s.out) > 0 {
		s.out[len(s.out)-1].add(file, s.junk, "lines outside any message were not read")
	}
	return s.out, s.refused
}

// read cuts data at CR LF, LF or CR alone, and drops control characters.
func (s *splitter) read(data []byte) {
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	for no := 1; len(data) > 0; no++ {
		i := bytes.IndexAny(data, "\r\n")
		raw := data
		if i >= 0 {
			raw, data = data[:i], data[i+1:]
		} else {
			data = nil
		}
		if len(raw) > MaxLineBytes {
			raw = raw[:MaxLineBytes]
			s.cut[no] = true
		}
		text := string(raw)
		if !utf8.ValidString(text) {
			s.odd[no] = true
		}
		text = strings.Map(func(r rune) rune {
			switch {
			case r == utf8.RuneError:
				return '?'
			case r == '\t':
				return ' '
			case r < ' ' || r == 0x7f || r == '\uFEFF':
				return -1
			}
			return r
		}, text)
		trimmed := strings.TrimRight(text, " ")
		s.lines = append(s.lines, line{no, trimmed, len(text) - len(trimmed)})
	}
}

func (s *splitter) between(l line) {
	t := strings.TrimSpace(l.text)
	switch {
	case mailboxRE.MatchString(t):
		s.mailbox = t
		if t == "=TEXT" && s.smi != "" {
			s.begin(s.smi, l)
		}
	case s.mailbox != "" && s.mailbox != "=TEXT":
		s.envelope(t)
	case barCodeRE.MatchString(l.text):
		s.begin("BCBP", l)
		s.inside(0, l)
		s.close("")
	case t == longPIL:
		s.begin("PIL", l)
	case oooiRE.MatchString(t):
		s.begin("OOOI", l)
		s.open.body = append(s.open.body, l)
	case flaggedRE.MatchString(t):
		s.begin(flaggedRE.FindString(t)[:3], l)
	case slices.Contains(identifiers, t):
		s.begin(t, l)
		if t != l.text {
			s.open.add(s.file, l.no, "blanks before the message type")
		}
	case senderRE.MatchString(t):
		s.from(t)
	case acarsRE.MatchString(t):
		s.acars.line(t)
	case addressRE.MatchString(t):
	case s.sender != "" && otherRE.MatchString(t):
		s.begin(t, l)
	default:
		if s.junk == 0 {
			s.junk = l.no
		}
	}
}

// envelope reads a line of a section before the text of a message from a mailbox.
func (s *splitter) envelope(t string) {
	switch {
	case s.mailbox == "=ORIGIN" && addressRE.MatchString(t):
		s.sender = t[:7]
	case s.mailbox == "=MSGID" && len(t) >= 6 && digits(t[:6]):
		s.stamp = t[:6]
	case s.mailbox == "=SMI" && slices.Contains(identifiers, t):
		s.smi = t
	}
}

func (s *splitter) inside(i int, l line) {
	m := s.open
	if mailboxRE.MatchString(l.text) {
		s.close("")
		s.between(l)
		return
	}
	if e := endRE.FindStringSubmatch(strings.TrimSpace(l.text)); e != nil {
		m.last = l.no
		s.close(e[1])
		return
	}
	if m.kind == "OOOI" && (acarsRE.MatchString(l.text) || oooiRE.MatchString(l.text) || addressRE.MatchString(l.text)) ||
		slices.Contains(endless, m.kind) && (barCodeRE.MatchString(l.text) || l.text == longPIL) {
		s.close("")
		s.between(l)
		return
	}
	if flagged := flaggedRE.MatchString(l.text); flagged || slices.Contains(identifiers, l.text) && s.flightFollows(i) {
		s.close("")
		s.between(l)
		return
	}
	if senderRE.MatchString(l.text) {
		for n := len(m.body); n > 0 && (addressRE.MatchString(m.body[n-1].text) || acarsRE.MatchString(m.body[n-1].text)); n-- {
			m.body = m.body[:n-1]
		}
		s.close("")
		s.from(l.text)
		return
	}
	if s.cut[l.no] && m.refused == "" {
		m.refused = fmt.Sprintf("line %d is longer than %d bytes", l.no, MaxLineBytes)
	}
	if s.odd[l.no] {
		m.add(s.file, l.no, "letters outside the alphabet were replaced by a question mark")
	}
	m.last = l.no
	m.body = append(m.body, l)
}

// flightFollows tells a message type from a word of a body: behind a type comes a flight.
func (s *splitter) flightFollows(i int) bool {
	for _, l := range s.lines[i+1:] {
		if t := strings.TrimSpace(l.text); t != "" {
			return t == "UTC" || t == "LT" || t[0] != '.' && t[0] != '-' && strings.Contains(t, "/")
		}
	}
	return false
}

func (s *splitter) from(t string) {
	m := senderRE.FindStringSubmatch(t)
	s.sender, s.stamp = m[1], m[2]
}

func (s *splitter) begin(kind string, l line) {
	s.open = &telex{file: s.file, kind: kind, no: l.no, last: l.no, sender: s.sender, stamp: s.stamp, acars: s.acars}
	s.open.sentAt = stampTime(s.stamp, s.received)
	s.sender, s.stamp, s.acars, s.mailbox, s.smi = "", "", acars{}, "", ""
}

func (s *splitter) close(end string) {
	m := s.open
	if m == nil {
		return
	}
	s.open, m.end = nil, end
	refuse := func(no int, field, reason string) {
		s.refused = append(s.refused, &RowError{File: s.file, Line: no, Field: field, Reason: reason})
	}
	switch {
	case !slices.Contains(handled, m.kind):
		refuse(m.no, "type", "messages of type "+m.kind+" are not read here; send PNL, ADL, PIL, PSM, PTM, PFS, MVT, MVA, DIV, ASM or SSM")
	case m.refused != "":
		refuse(m.no, "", m.refused+"; the message was not taken")
	default:
		s.out = append(s.out, m)
	}
}

// stampTime gives month and year to a DDHHMM: the instant nearest to ref. Zero when there is none.
func stampTime(stamp string, ref time.Time) time.Time {
	d, since, ok := clock(stamp)
	if !ok || d == 0 {
		return time.Time{}
	}
	t, ok := nearDay(d, ref)
	if !ok {
		return time.Time{}
	}
	return t.Add(since)
}
