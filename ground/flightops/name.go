package flightops

import (
	"slices"
	"strconv"
	"strings"
)

// name is a name element: n passengers of one surname.
type name struct {
	n       int
	surname string
	given   []string // as sent, with title
	group   string
}

// parseName reads "2COSTA/ANAMRS/TIAGOMSTR-A3". It reports false for anything else.
func parseName(s string) (name, bool) {
	i := 0
	for i < len(s) && i < 4 && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if i == 0 || i > 3 || i == len(s) {
		return name{}, false
	}
	var e name
	e.n, _ = strconv.Atoi(s[:i])
	s = strings.TrimSpace(s[i:])
	if s == "" || e.n == 0 || strings.IndexByte("/.-", s[0]) >= 0 {
		return name{}, false
	}
	if j := strings.LastIndexByte(s, '-'); j > 0 && isGroup(s[j+1:]) {
		s, e.group = strings.TrimSpace(s[:j]), s[j+1:]
	}
	fields := strings.Split(s, "/")
	e.surname = strings.TrimSpace(fields[0])
	for _, g := range fields[1:] {
		if g = strings.Join(strings.Fields(g), " "); g != "" {
			e.given = append(e.given, g)
		}
	}
	return e, e.surname != ""
}

// isGroup reads "A3": one or two letters, then one to three digits.
func isGroup(s string) bool {
	letters := 0
	for letters < len(s) && s[letters] >= 'A' && s[letters] <= 'Z' {
		letters++
	}
	return letters >= 1 && letters <= 2 && len(s)-letters >= 1 && len(s)-letters <= 3 && digits(s[letters:])
}

// titles are what a name may end with, longer ones first (reference 2.3).
var titles = []string{"PROF", "MSTR", "MISS", "LADY", "CAPT", "MRS", "CHD", "INF", "REV", "SIR", "MR", "MS", "DR"}

// partOfName lists the ends of given names that only look like a glued title, by that title:
// ALEXANDR, NASIR. They are kept, at the price of a title left in names that end in the same
// letters (HERMANDR). MS has none: ANAMS and MARIAMS are far commoner than ADAMS.
var partOfName = map[string][]string{"DR": {"ANDR", "ENDR"}, "SIR": {"ASIR"}}

// wholeNames are given names that end in the letters of a title and leave a letter or two before
// it. Everywhere else a glued title is likelier: JMR is J, MR.
var wholeNames = []string{"AMR", "AAMR", "BADR", "SADR", "NADR", "HAIDR", "HAYDR", "NASIR", "YASIR", "BASIR", "QASIR", "ANDR"}

// blockedSeats are what stands in place of a given name, or of the surname, for a seat on which nobody
// sits: an extra seat, a stretcher, baggage, a diplomatic bag.
var blockedSeats = []string{"EXST", "STCR", "CBBG", "DIPL"}

// brackets cuts "(CHD)" and other remarks in brackets off a name, and returns the title among
// them that says most.
func brackets(raw string) (name, title string) {
	for {
		i := strings.IndexByte(raw, '(')
		if i < 0 {
			return strings.Join(strings.Fields(raw), " "), title
		}
		in, rest, _ := strings.Cut(raw[i+1:], ")")
		for _, t := range []string{"INF", "CHD", "MSTR", "MISS"} {
			if strings.HasPrefix(in, t) && title == "" {
				title = t
			}
		}
		raw = raw[:i] + " " + rest
	}
}

// splitTitle takes a known title off the end of a given name, when a letter remains. A title
// behind a blank is sure; a glued one is a guess.
func splitTitle(raw string) (given, title string) {
	if name, child := brackets(raw); name != raw {
		given, title = splitTitle(name)
		if child != "" {
			title = child
		}
		return given, title
	}
	if slices.Contains(titles, raw) {
		return "", raw // one name, and a title
	}
	if slices.Contains(wholeNames, raw[strings.LastIndexByte(raw, ' ')+1:]) {
		return raw, ""
	}
	if i := strings.LastIndexByte(raw, ' '); i > 0 {
		for _, t := range titles {
			if raw[i+1:] == t {
				return strings.TrimSpace(raw[:i]), t
			}
		}
	}
	for _, t := range titles {
		g, ok := strings.CutSuffix(raw, t)
		if !ok || strings.TrimSpace(g) == "" {
			continue
		}
		for _, end := range partOfName[t] {
			if strings.HasSuffix(raw, end) && len(raw) > len(end) {
				return raw, ""
			}
		}
		return strings.TrimSpace(g), t
	}
	return raw, ""
}

// squeeze makes names comparable: blanks carry no meaning in a list.
func squeeze(s string) string { return strings.ReplaceAll(s, " ", "") }
