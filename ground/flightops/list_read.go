package flightops

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// section is where in a list a name stands: under which totals line and which change word.
type section struct {
	destination, class, change string
}

// named is one name element with its data elements, as read.
type named struct {
	name
	section
	file     string
	line     int
	elements []element
	first    int // index of its first entry
	persons  int
}

// listReader reads the bodies of the parts of one list, in order.
type listReader struct {
	kind     string
	remarks  remarks
	names    []named
	totals   []Total
	doubts   []Doubt
	classes  map[string]string // booking class to compartment, from RBD
	unnamed  map[[2]string]int
	at       section
	block    string // "AVAIL", "TRANSIT": lines up to the next totals line belong to it
	lost     bool   // the last name was not taken, so its elements are not either
	refusal  *RowError
	entries  int
	inTotals bool
	open     bool           // the line before ends in a remark, so its text may go on
	infants  map[[2]int]int // by the first entry of a name element and the code that counts them
}

var (
	totalsRE = regexp.MustCompile(`^-([A-Z]{3})(\d{0,3})([A-Z])(?:-?PAD(\d{1,3}))?$`)
	nameRE   = regexp.MustCompile(`^\d{1,3}[A-Z?]|^\d{0,3} ?NO ?NAMES?\b`)
	gluedRE  = regexp.MustCompile(`(?:ADD|CHG|[^A]DEL)$`) // a word of changes at the end of another line; ADEL is a name
	nonameRE = regexp.MustCompile(`^(\d{1,3})? ?NO ?NAMES?\b`)
)

func (r *listReader) doubt(file string, line int, format string, args ...any) {
	if len(r.doubts) < MaxRemarks {
		r.doubts = append(r.doubts, Doubt{File: file, Line: line, Reason: fmt.Sprintf(format, args...)})
	}
}

func (r *listReader) readPart(p *part) {
	for _, l := range p.body[1:] {
		if r.refusal != nil {
			return
		}
		t := l.text
		trimmed := strings.TrimLeft(t, " ")
		if trimmed != t && r.block == "" && trimmed != "" {
			t = trimmed
		}
		open := r.open
		r.open = false
		switch {
		case t[0] == '-':
			r.total(p.file, l.no, t)
		case !r.inTotals:
			r.heading(p.file, l.no, t)
		case t == "ADD" || t == "DEL" || t == "CHG":
			r.change(p.file, l.no, t)
		case t[0] == '.':
			r.element(p.file, l.no, t)
		case strings.HasPrefix(t, "ANA/"):
		case open && !nameRE.MatchString(t) && len(t) > len("ADD")+1:
			r.open = true // the text of a remark goes on; it is not kept
			r.remarks.add(p.file, l.no, "line not understood and not taken")
		case t[0] >= '0' && t[0] <= '9', strings.HasPrefix(t, "NONAME"):
			r.name(p.file, l.no, t)
		default:
			r.remarks.add(p.file, l.no, "line not understood and not taken")
			r.damaged(p.file, l.no)
		}
		if r.kind == "ADL" && len(t) > 3 && gluedRE.MatchString(t) {
			r.damaged(p.file, l.no)
		}
	}
}

// damaged notes a line of which nobody can say what it was: a name, or the word above others. What
// stands below it in a change is under no word.
func (r *listReader) damaged(file string, no int) {
	r.doubt(file, no, "a line could not be read (line %d)", no)
	r.at.change, r.lost = "", true
}

// heading reads what stands before the first totals line. Later parts have less of it.
func (r *listReader) heading(file string, no int, t string) {
	word, rest, _ := strings.Cut(t, " ")
	switch {
	case t == "AVAIL", t == "TRANSIT":
		r.block = t
	case word == "RBD":
		r.block = ""
		for f := range strings.FieldsSeq(rest) {
			compartment, classes, ok := strings.Cut(f, "/")
			if !ok || len(compartment) != 1 {
				r.remarks.add(file, no, "RBD reads like RBD J/JCD Y/YBHKM")
				continue
			}
			for _, c := range classes {
				r.classes[string(c)] = compartment
			}
			if r.classes[compartment] == "" {
				r.classes[compartment] = compartment
			}
		}
	case strings.HasPrefix(t, "ANA/"):
		s := t[4:]
		if !digits(s) || len(s) < 3 || len(s) > 6 {
			r.remarks.add(file, no, "a list number has 3 to 6 digits: ANA/001")
		}
	case strings.HasPrefix(t, "CFG/"), strings.HasPrefix(t, "FQT"), r.block != "":
	case t == "ADD", t == "DEL", t == "CHG":
		r.change(file, no, t)
	default:
		r.remarks.add(file, no, "line not understood before the first totals line and not taken")
		if nameRE.MatchString(t) {
			r.damaged(file, no) // a name, and no totals line above it
		}
	}
}

func (r *listReader) total(file string, no int, t string) {
	m := totalsRE.FindStringSubmatch(strings.ReplaceAll(t, " ", ""))
	if m == nil {
		r.remarks.add(file, no, "a totals line reads like -OPO08Y")
		r.doubt(file, no, "a totals line could not be read (line %d)", no)
		r.at, r.inTotals, r.lost, r.block = section{}, true, true, ""
		return
	}
	count, _ := strconv.Atoi(m[2])
	pad, _ := strconv.Atoi(m[4])
	r.block, r.lost = "", true
	if !r.inTotals || r.at.destination != m[1] || r.at.class != m[3] {
		r.at = section{destination: m[1], class: m[3]}
	}
	r.inTotals = true
	for i := range r.totals {
		have := &r.totals[i]
		if have.Destination != m[1] || have.Class != m[3] {
			continue
		}
		if have.Count != count {
			r.doubt(file, no, "two totals for %s class %s: %d and %d", m[1], m[3], have.Count, count)
		}
		have.Count, have.PAD = count, pad
		return
	}
	if len(r.totals) > MaxRemarks {
		r.refusal = &RowError{File: file, Line: no, Field: "totals", Reason: "too many destinations and classes for one flight; the list was not taken"}
		return
	}
	if _, err := LookupAirport(m[1]); err != nil {
		r.remarks.add(file, no, "the destination is no airport in our table")
	}
	r.totals = append(r.totals, Total{File: file, Line: no, Destination: m[1], Class: m[3], Cabin: r.cabin(m[3]), Count: count, PAD: pad})
}

// cabin maps a booking class through RBD; without RBD only the letters that name a cabin count.
func (r *listReader) cabin(class string) string {
	c := class
	if r.classes[class] != "" {
		c = r.classes[class]
	}
	switch c {
	case "F", "W", "Y":
		return c
	case "C", "J":
		return "C"
	}
	return ""
}

func (r *listReader) change(file string, no int, t string) {
	r.lost = true
	if r.kind != "ADL" {
		r.remarks.add(file, no, "a PNL has no word %s; it was ignored", t)
		return
	}
	r.at.change = t
}

func (r *listReader) name(file string, no int, t string) {
	head, elements, glued := splitElements(t)
	if glued {
		r.remarks.add(file, no, "an element is glued to the one before; it was split")
	}
	r.lost = true
	if m := nonameRE.FindStringSubmatch(head); m != nil {
		n := 1
		if m[1] != "" {
			n, _ = strconv.Atoi(m[1])
		}
		r.unnamed[[2]string{r.at.destination, r.at.class}] += n
		return
	}
	e, ok := parseName(head)
	if !ok || e.n > MaxNameCount {
		r.remarks.add(file, no, "a name element reads like 2COSTA/ANAMRS/TIAGOMSTR; this one was not taken")
		r.doubt(file, no, "a name could not be read (line %d)", no)
		return
	}
	if r.at.destination == "" {
		r.doubt(file, no, "a name stands under no readable totals line (line %d)", no)
		return
	}
	if r.kind == "ADL" && r.at.change == "" {
		r.remarks.add(file, no, "a name of an ADL stands under none of ADD, DEL, CHG; it was not taken")
		r.doubt(file, no, "a change without ADD, DEL or CHG (line %d)", no)
		return
	}
	if e.n > len(e.given) && !(e.n == 1 && len(e.given) == 0) {
		r.remarks.add(file, no, "fewer names (%d) than passengers (%d) in a name element", len(e.given), e.n)
	}
	if len(e.given) > e.n {
		r.remarks.add(file, no, "more names (%d) than passengers (%d) in a name element", len(e.given), e.n)
		r.doubt(file, no, "a name element holds more names than it counts (line %d)", no)
	}
	switch {
	case strings.Contains(e.surname, "?"):
		r.doubt(file, no, "a name is written in letters that cannot be read (line %d)", no)
	case strings.ContainsAny(e.surname+strings.Join(e.given, ""), ".0123456789"):
		r.doubt(file, no, "a name holds what no name has (line %d)", no)
	case len(e.given) == 0 && len(elements) > 0 && (glued || !isElement(elements[0].name)):
		r.doubt(file, no, "a name ends in an element (line %d)", no)
	}
	n := named{name: e, section: r.at, file: file, line: no, first: r.entries, persons: max(e.n, len(e.given))}
	if r.entries += n.persons; r.entries > MaxEntries {
		r.refusal = &RowError{File: file, Line: no, Field: "names", Reason: fmt.Sprintf("more than %d passengers in one list; nothing of it was taken", MaxEntries)}
		return
	}
	r.names = append(r.names, n)
	r.lost = false
	r.attach(file, no, elements)
}

func (r *listReader) element(file string, no int, t string) {
	if head, elements, _ := splitElements(t); strings.Contains(head, "/") || len(elements) > 0 && !isElement(elements[0].name) {
		r.doubt(file, no, "a line reads like an element and like a name (line %d)", no)
	}
	if r.lost || len(r.names) == 0 {
		r.remarks.add(file, no, "an element belongs to no name and was not taken")
		return
	}
	head, elements, glued := splitElements(t)
	if glued {
		r.remarks.add(file, no, "an element is glued to the one before; it was split")
	}
	if head != "" || len(elements) == 0 {
		r.remarks.add(file, no, "an element reads like .L/A1B2C3; this line was not taken")
	}
	r.attach(file, no, elements)
}

// attach gives elements to the last name, and glues a .RN to the .R before it exactly where
// it was cut.
func (r *listReader) attach(file string, no int, elements []element) {
	last := &r.names[len(r.names)-1]
	r.open = len(elements) > 0 && (elements[len(elements)-1].name == "R" || elements[len(elements)-1].name == "RN")
	for _, e := range elements {
		e.file, e.line = file, no
		if e.name == "RN" {
			if n := len(last.elements); n > 0 && last.elements[n-1].name == "R" {
				if len(last.elements[n-1].text)+len(e.text) <= MaxLineBytes {
					last.elements[n-1].text += e.text
				}
				continue
			}
			r.remarks.add(file, no, "a continuation (.RN) has no remark before it and was not taken")
			continue
		}
		if !slices.Contains([]string{"L", "R", "O", "F"}, e.name) {
			continue // bags, inbound and marketing flights, and bilateral elements are not kept
		}
		if len(last.elements) >= MaxElements {
			r.remarks.add(file, no, "more than %d elements for one name; the rest was not taken", MaxElements)
			continue
		}
		last.elements = append(last.elements, e)
	}
}
