package flightops

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/cabinloop/cabinloop/passenger"
)

// BoardingPass is what is kept of a bar code (BCBP, IATA Resolution 792): name, and seat and
// sequence of each leg. Everything else is checked for its form and dropped at once.
type BoardingPass struct {
	File    string
	Line    int
	Surname string
	Given   string // without title; cut by the airline when name and title are longer than 20
	Title   string
	Legs    []BoardingLeg // 1 to 4

	Warnings []Warning
}

// BoardingLeg is one leg of a boarding pass.
type BoardingLeg struct {
	Seat     passenger.Seat // "" when the pass gives none, as for an infant
	Sequence string         // check-in sequence as printed: "0025"
}

var (
	barCodeRE  = regexp.MustCompile(`^(?:\][A-Za-z][0-9A-Za-z])?(?i:[MS])[0-9].{20}[E ].{30}`)
	passHeadRE = regexp.MustCompile(`^M([1-4])([A-Z][A-Z /'-]{19})[E ]`)
	passLegRE  = regexp.MustCompile(`^[A-Z0-9 ]{7}[A-Z]{6}[A-Z0-9 ]{3}[\d ][0-9A-Z ]{4}([\d ]{2}\d|   )[A-Z ]([0-9A-Z ]{4})([0-9A-Z ]{5})[0-9A-Z ]([0-9A-F]{2})`)
)

const (
	passHead = 23 // bytes before the first leg
	passLeg  = 37 // bytes of a leg that every pass has; its last two are the size of what follows
)

// readBoardingPass reads the bar code on one line. A refusal says which field is wrong and
// nothing of what stands in it.
func readBoardingPass(t *telex) (BoardingPass, *RowError) {
	text := t.body[0].text + strings.Repeat(" ", t.body[0].blanks)
	if strings.HasPrefix(text, "]") {
		text = text[len("]Q3"):] // a scanner says of what kind the code is
	}
	refuse := func(field, reason string) (BoardingPass, *RowError) {
		return BoardingPass{}, &RowError{File: t.file, Line: t.no, Field: field, Reason: reason + "; scan the pass again"}
	}
	head := passHeadRE.FindStringSubmatch(text)
	if head == nil {
		return refuse("heading", "a boarding pass begins with M, 1 to 4 legs, and a name in 20 capital letters")
	}
	name, ok := parsePerson(strings.TrimSpace(head[2]))
	if !ok {
		return refuse("name", "the name reads like SURNAME/GIVEN")
	}
	b := BoardingPass{File: t.file, Line: t.no, Surname: name.Surname, Given: name.Given, Title: name.Title}
	legs, _ := strconv.Atoi(head[1])
	rest := text[passHead:]
	for i := range legs {
		field := "leg " + strconv.Itoa(i+1)
		m := passLegRE.FindStringSubmatch(rest)
		if m == nil {
			return refuse(field, "its fields do not stand where they belong: the code is cut or damaged")
		}
		seat, _ := passenger.ParseSeat(m[2]) // infants and standby have words there
		b.Legs = append(b.Legs, BoardingLeg{Seat: seat, Sequence: strings.TrimSpace(m[3])})
		size, _ := strconv.ParseInt(m[4], 16, 0)
		rest = rest[passLeg:]
		if last := i+1 == legs; last && int(size) > len(rest) && strings.HasPrefix(rest, ">") {
			b.Warnings = append(b.Warnings, Warning{File: t.file, Line: t.no, Text: "its size says more than there is; all that is kept was there"})
			return b, nil
		} else if int(size) > len(rest) {
			return refuse(field, "its size says more than there is: the code was cut off")
		}
		if i == 0 && size > 0 && rest[0] != '>' {
			return refuse(field, "what follows the first leg begins with >")
		}
		if size == 0 && legs == 1 && strings.HasPrefix(rest, ">") {
			return b, nil // some airlines write no size; what follows is dropped in any case
		}
		rest = rest[size:]
		if i+1 == legs && size > 0 && !securityFits(rest) && !strings.HasPrefix(rest, "^") {
			b.Warnings = append(b.Warnings, Warning{File: t.file, Line: t.no, Text: "what an airline added stands behind its size; it was dropped"})
			return b, nil
		}
	}
	if !securityFits(rest) {
		return refuse("end", "something stands behind the last leg that is no security data")
	}
	return b, nil
}

// securityFits reports whether the rest is empty or "^", a type, a size in two hexadecimal
// digits, and as many bytes.
func securityFits(rest string) bool {
	if strings.TrimSpace(rest) == "" {
		return true
	}
	if len(rest) < 4 || rest[0] != '^' {
		return false
	}
	size, err := strconv.ParseInt(rest[2:4], 16, 0)
	return err == nil && len(strings.TrimRight(rest[4:], " ")) <= int(size) && len(rest[4:]) >= int(size)
}
