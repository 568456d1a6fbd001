package flightops

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// TransferList is one whole passenger transfer message (PTM, RP 1718): how many go on to which
// flight.
type TransferList struct {
	Heading
	Arrival   string // where the flight of the heading ends
	Transfers []Transfer
}

// Transfer is one line of a transfer message; a flight may have several.
type Transfer struct {
	Line        int
	Carrier     string
	Number      int
	Suffix      string
	Day         string // YYYY-MM-DD when it differs from the heading's, "" otherwise
	Destination string
	Class       string
	Passengers  int
	Bags        int
	Weight      int    // 0 when not said
	Unit        string // "K" kilograms, "L" pounds, "" without weight
	Children    int
	Infants     int
	Status      string // "RQ" requested, "SA" space available, "" otherwise
	Names       []Name // mostly none
}

var (
	transferRE = regexp.MustCompile(`^([A-Z0-9]{2}|[A-Z]{3}) ?(\d{1,4})([A-Z])?(?:/(\d{2}))?(?:/[SN])? ([A-Z]{3})(?:/[SN])? (\d{1,3})([A-Z]) ?(\d{1,3})B(?:(\d{1,4})([KL]))?((?:\.(?:CHD|INF)\d{1,2}|\.(?:RQ|SA))*)(?: (.+))?$`)
	extrasRE   = regexp.MustCompile(`\.(CHD|INF|RQ|SA)(\d{0,2})`)
)

// buildTransferList reads the parts of a PTM; a line that is none is warned about.
func buildTransferList(set []*part) (TransferList, *RowError) {
	l := TransferList{Heading: heading(set), Arrival: set[0].to}
	for _, p := range set {
		for _, x := range p.body[1:] {
			text := strings.Join(strings.Fields(x.text), " ")
			if text == "NIL" {
				continue
			}
			t, ok := parseTransfer(text, l.Flight.LocalDate)
			if !ok {
				p.add(p.file, x.no, "a line reads like KL0643/27 JFK 2Y 3B; this one was not taken")
				continue
			}
			t.Line = x.no
			l.Transfers = append(l.Transfers, t)
			if err := full(len(l.Transfers), p, x.no); err != nil {
				return TransferList{}, err
			}
		}
	}
	l.Warnings = remarked(set)
	return l, nil
}

func parseTransfer(text, date string) (t Transfer, ok bool) {
	m := transferRE.FindStringSubmatch(text)
	if m == nil {
		return t, false
	}
	carrier, number, suffix, err := passenger.ParseDesignator(m[1] + m[2] + m[3])
	if err != nil {
		return t, false
	}
	t = Transfer{Carrier: Carrier(carrier), Number: number, Suffix: suffix, Destination: m[5], Class: m[7], Unit: m[10]}
	if m[4] != "" {
		base, err := time.Parse(time.DateOnly, date)
		d, _ := strconv.Atoi(m[4])
		at, found := nearDay(d, base)
		if err != nil || !found {
			return t, false
		}
		t.Day = at.Format(time.DateOnly)
	}
	t.Passengers, _ = strconv.Atoi(m[6])
	t.Bags, _ = strconv.Atoi(m[8])
	t.Weight, _ = strconv.Atoi(m[9])
	t.extras(m[11])
	for _, word := range transferNames(m[12]) {
		name, rest, _ := strings.Cut(word, ".")
		n, ok := parsePerson(name)
		if !ok {
			return t, false
		}
		t.Names = append(t.Names, n)
		t.extras("." + rest)
	}
	return t, true
}

// transferNames cuts names at blanks. Words before one with a stroke are a surname of several words.
func transferNames(text string) (out []string) {
	from := 0
	words := strings.Fields(text)
	for i, w := range words {
		if strings.Contains(w, "/") || i+1 == len(words) {
			out, from = append(out, strings.Join(words[from:i+1], " ")), i+1
		}
	}
	return out
}

func (t *Transfer) extras(s string) {
	for _, m := range extrasRE.FindAllStringSubmatch(s, -1) {
		n, _ := strconv.Atoi(m[2])
		switch m[1] {
		case "CHD":
			t.Children += n
		case "INF":
			t.Infants += n
		default:
			t.Status = m[1]
		}
	}
}

// Onward names the flight as a list does: "KL0691 AMS-YYZ".
func (t Transfer) Onward(from string) string {
	return FlightRef{Carrier: t.Carrier, Number: t.Number, Suffix: t.Suffix}.Designator() + " " + from + "-" + t.Destination
}
