package flightops

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/cabinloop/cabinloop/passenger"
)

// element is one data element ".X/text" of a name element.
type element struct {
	name string // "L", "R", "O2"
	text string
	file string
	line int
}

// glueable are the elements that are found also when the blank before them is missing; a dot
// inside free text is none.
var glueable = []string{"L", "R", "RN", "I", "O", "M", "F", "W", "N", "BG"}

// elementNames are those that can follow a name.
var elementNames = append([]string{"A", "C", "D", "DBC", "ID", "P", "S", "U", "WL", "X"}, glueable...)

func isElement(name string) bool {
	return slices.Contains(elementNames, strings.TrimRight(name, "0123456789"))
}

// splitElements cuts a line into what stands before the first element, and the elements.
func splitElements(s string) (head string, elements []element, glued bool) {
	start := -1 // of the open element's text
	head = s
	var open string
	flush := func(end int) {
		if start >= 0 {
			elements = append(elements, element{name: open, text: strings.TrimRight(s[start:end], " ")})
		} else {
			head = strings.TrimRight(s[:end], " ")
		}
	}
	for i := 0; i < len(s); i++ {
		if s[i] != '.' {
			continue
		}
		n := i + 1
		for n < len(s) && n-i <= 4 && (s[n] >= 'A' && s[n] <= 'Z' || n > i+1 && s[n] >= '0' && s[n] <= '9') {
			n++
		}
		if n == i+1 || n >= len(s) || s[n] != '/' {
			continue
		}
		alone := i == 0 || s[i-1] == ' '
		if !alone && !slices.Contains(glueable, s[i+1:n]) {
			continue
		}
		glued = glued || !alone
		flush(i)
		open, start = s[i+1:n], n+1
		i = n
	}
	flush(len(s))
	return head, elements, glued
}

var (
	locatorRE = regexp.MustCompile(`^([A-Z0-9]{4,20})(?:/([A-Z0-9]{2,3}))?$`)
	connRE    = regexp.MustCompile(`^([A-Z0-9]{2}[A-Z]?\d{1,4}[A-Z]?)([A-Z])(\d{2})([A-Z]{3})([A-Z]{3})?(\d{4}(?:\d{4})?)?([+-][12]|/M?\d)?([A-Z]{2})?$`)
	loyaltyRE = regexp.MustCompile(`^[A-Z0-9]{2} ?[A-Z0-9]{1,25}[/-]([A-Z0-9]{1,10})$`)
)

// tierOf reads the tier behind a loyalty number; the number itself is not kept.
func tierOf(text string) string {
	m := loyaltyRE.FindStringSubmatch(text)
	if m == nil || digits(m[1]) {
		return "" // digits alone may be a piece of the number
	}
	return m[1]
}

// onward reads ".O/KL691C13YYZ" of a passenger who leaves this flight at from.
func onward(text, from string) string {
	m := connRE.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	carrier, number, suffix, err := passenger.ParseDesignator(m[1])
	if err != nil {
		return ""
	}
	flight := fmt.Sprintf("%s%04d%s ", Carrier(carrier), number, suffix)
	switch {
	case m[5] != "":
		return flight + m[4] + "-" + m[5]
	case m[4] != from && from != "":
		return flight + from + "-" + m[4]
	}
	return flight + m[4]
}

// remark is one SSR or OSI of a ".R/" element.
type remark struct {
	SSR
	count int      // of the status: HK1
	text  string   // never leaves this package
	names []string // "SURNAME/GIVEN" the association names, squeezed
}

var (
	codeRE   = regexp.MustCompile(`^(\d{1,2})?([A-Z]{3,4})(?:[ /]|$)`)
	statusRE = regexp.MustCompile(`^ ?(HK|KK|NN|UN|NO|XX|HN|TK|PN|UC|US|UX|HX|SA|GK|KL|TL|SS|NA)(\d{0,3})(?:[ /-]|$)`)
)

// parseRemark reads "CHLD HK1 12MAY19-1COSTA/TIAGOMSTR". dropped is true for travel documents
// and contact data, of which nothing is kept.
func parseRemark(s, surname string) (r remark, dropped, ok bool) {
	m := codeRE.FindStringSubmatch(s)
	if m == nil {
		return r, false, false
	}
	r.Code = m[2]
	if forbidden(r.Code) {
		return r, true, true
	}
	rest := s[len(m[1])+len(m[2]):]
	if st := statusRE.FindStringSubmatch(rest); st != nil {
		r.Status = st[1]
		r.count, _ = strconv.Atoi(st[2])
		rest = rest[len(st[1])+len(st[2])+strings.Index(rest, st[1]):]
	} else if m[1] != "" {
		r.count, _ = strconv.Atoi(m[1])
	}
	r.text, r.names = association(strings.TrimLeft(rest, " /"), surname)
	if r.names == nil && strings.HasPrefix(rest, "-") {
		r.text, r.names = association(rest, surname)
	}
	return r, false, true
}

// association cuts "-1COSTA/TIAGOMSTR" off the end of a remark and returns the names in it.
func association(s, surname string) (text string, names []string) {
	for i, tries := len(s)-1, 0; i >= 0 && tries < 8; i-- {
		if s[i] != '-' {
			continue
		}
		tries++ // a text of hyphens must not cost the square of its length
		j := i + 1
		for j < len(s) && j < i+3 && s[j] >= '0' && s[j] <= '9' {
			j++
		}
		if j == i+1 || j == len(s) || s[j] >= '0' && s[j] <= '9' {
			continue
		}
		family, given, slash := strings.Cut(squeeze(s[j:]), "/")
		if !slash && family != squeeze(surname) {
			continue
		}
		if !slash {
			return strings.TrimSpace(s[:i]), []string{family + "/"}
		}
		for g := range strings.SplitSeq(given, "/") {
			names = append(names, family+"/"+g)
		}
		return strings.TrimSpace(s[:i]), names
	}
	return s, nil
}
