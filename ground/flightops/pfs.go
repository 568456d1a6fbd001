package flightops

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// FinalList is one whole passenger final sales message (PFS, RP 1719): who did not fly as booked.
type FinalList struct {
	Heading
	Counts []FinalCount
	Finals []Final // in the order of the message
}

// FinalCount is the numerics line of one destination: passengers flown for each class, in the
// order of the message's own RBD; -1 stands for an empty field.
type FinalCount struct {
	Line        int
	Destination string
	Flown       []int
	PAD         []int // staff travelling on a space-available basis
}

// Final is one passenger under one category.
type Final struct {
	Name
	Line        int
	Destination string
	Category    string // "NOSHO"
	Class       string
	Cabin       string // F, C, W, Y; "" when RBD does not say
	Locator     string // "" when the message says none
}

// OffBoard reports the categories of passengers who were not on board: no-show, off-loaded, or
// changed to another flight.
func (f Final) OffBoard() bool {
	return slices.Contains([]string{"NOSHO", "OFFLK", "OFFLN", "CHGFL"}, f.Category)
}

var (
	categories = []string{"NOSHO", "GOSHO", "GOSHN", "NOREC", "OFFLK", "OFFLN", "CHGCL", "CHGSG", "CHGFL", "INVOL", "CFMWL", "FQTVN", "IDPAD", "APIPX"}
	numericsRE = regexp.MustCompile(`^([A-Z]{3}) ?((?:\d{0,3}/)*\d{0,3})(?: ?PAD ?((?:\d{0,3}/)*\d{0,3}))?$`)
	moreRE     = regexp.MustCompile(`^((?:\d{0,3}/)*\d{0,3})(?: ?PAD ?((?:\d{0,3}/)*\d{0,3}))?$`)
	pfsDestRE  = regexp.MustCompile(`^-([A-Z]{3})$`)
	categoryRE = regexp.MustCompile(`^([A-Z]{5}) ?(\d{0,3})([A-Z])?$`)
)

// buildFinalList reads the parts of a PFS. The count of a category is the sender's own and
// bounds nothing: real ones count elements, passengers, or neither.
func buildFinalList(set []*part) (FinalList, *RowError) {
	r := finalReader{list: FinalList{Heading: heading(set)}, classes: map[string]string{}}
	for _, p := range set {
		for _, x := range p.body[1:] {
			if err := r.line(p, x); err != nil {
				return FinalList{}, err
			}
		}
	}
	r.list.Warnings = remarked(set)
	return r.list, nil
}

type finalReader struct {
	list        FinalList
	classes     map[string]string // booking class to compartment, from RBD
	destination string
	category    string
	class       string
	first       int  // of the last name element's entries; len(Finals) when there is none
	wraps       bool // the numerics line goes on
}

func (r *finalReader) line(p *part, x line) *RowError {
	text := strings.TrimLeft(x.text, " ")
	wrapped := r.wraps && text != x.text
	r.wraps = false
	if m := moreRE.FindStringSubmatch(text); wrapped && m != nil {
		last := &r.list.Counts[len(r.list.Counts)-1]
		last.Flown = append(last.Flown, numbers(m[1])...)
		last.PAD = append(last.PAD, numbers(m[2])...)
		r.wraps = strings.HasSuffix(text, "/") && len(last.Flown) < MaxRemarks
		return nil
	}
	switch {
	case pfsDestRE.MatchString(text):
		r.destination, r.category, r.first = text[1:], "", len(r.list.Finals)
	case strings.HasPrefix(text, "CFG/"), strings.HasPrefix(text, "ANA/"):
	case strings.HasPrefix(text, "RBD "):
		for f := range strings.FieldsSeq(text[4:]) {
			if compartment, classes, ok := strings.Cut(f, "/"); ok && len(compartment) == 1 {
				for _, c := range compartment + classes {
					r.classes[string(c)] = compartment
				}
			}
		}
	case text[0] == '.':
		r.element(p, x.no, text)
	case text[0] >= '0' && text[0] <= '9':
		return r.name(p, x.no, text)
	case r.destination != "" && categoryRE.MatchString(text):
		m := categoryRE.FindStringSubmatch(text)
		r.category, r.class, r.first = m[1], m[3], len(r.list.Finals)
		if !slices.Contains(categories, m[1]) {
			p.add(p.file, x.no, "the category is none of %s; the names below it were not taken", strings.Join(categories, " "))
			r.category = ""
		} else if m[3] != "" && len(r.classes) > 0 && r.classes[m[3]] == "" {
			p.add(p.file, x.no, "the class of the category is not in RBD")
		}
	case r.destination == "" && numericsRE.MatchString(text):
		m := numericsRE.FindStringSubmatch(text)
		if len(r.list.Counts) < MaxRemarks {
			r.list.Counts = append(r.list.Counts, FinalCount{Line: x.no, Destination: m[1], Flown: numbers(m[2]), PAD: numbers(m[3])})
			r.wraps = strings.HasSuffix(text, "/")
		}
	default:
		p.add(p.file, x.no, "line not understood and not taken")
	}
	return nil
}

func (r *finalReader) name(p *part, no int, text string) *RowError {
	r.first = len(r.list.Finals)
	head, elements, glued := splitElements(text)
	if glued {
		p.add(p.file, no, "an element is glued to the one before; it was split")
	}
	e, ok := parseName(head)
	if !ok || r.category == "" || e.n > MaxNameCount {
		p.add(p.file, no, "a name reads like 2COSTA/ANAMRS/TIAGOMSTR and stands below a category; this one was not taken")
		return nil
	}
	if e.n == 1 && len(e.given) == 0 {
		e.given = []string{""} // people with one name
	}
	if len(e.given) != e.n {
		p.add(p.file, no, "%d names in an element for %d passengers", len(e.given), e.n)
	}
	cabin := r.classes[r.class]
	if cabin == "" {
		cabin = r.class
	}
	for _, raw := range e.given {
		given, title := splitTitle(raw)
		r.list.Finals = append(r.list.Finals, Final{Name: Name{e.surname, given, title, raw}, Line: no, Destination: r.destination,
			Category: r.category, Class: r.class, Cabin: cabinOf(cabin)})
	}
	for _, el := range elements {
		r.locator(el)
	}
	return full(len(r.list.Finals), p, no)
}

func (r *finalReader) element(p *part, no int, text string) {
	head, elements, _ := splitElements(text)
	if r.first >= len(r.list.Finals) || head != "" {
		p.add(p.file, no, "an element belongs to no name and was not taken")
		return
	}
	for _, el := range elements {
		r.locator(el)
	}
}

// locator gives the first .L/ of a name element to all it names; nothing else is kept.
func (r *finalReader) locator(el element) {
	m := locatorRE.FindStringSubmatch(el.text)
	if el.name != "L" || m == nil {
		return
	}
	for i := r.first; i < len(r.list.Finals); i++ {
		if r.list.Finals[i].Locator == "" {
			r.list.Finals[i].Locator = m[1]
		}
	}
}

// numbers reads "13/047/" as 13, 47; the empty last field of a line that goes on is none.
func numbers(s string) (out []int) {
	for f := range strings.SplitSeq(strings.TrimSuffix(s, "/"), "/") {
		n, err := strconv.Atoi(f)
		if err != nil {
			n = -1
		}
		out = append(out, n)
	}
	if s == "" {
		return nil
	}
	return out
}
