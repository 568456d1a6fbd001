package flightops

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// List is one whole passenger list (PNL) or change of it (ADL), its parts joined.
type List struct {
	Type     string // "PNL" or "ADL"
	Flight   FlightRef
	Parts    int       // how many telexes it came in
	SentAt   time.Time // of the first part, UTC; zero when it has no sender line
	Sender   string    // 7-character address, "" when it has no sender line
	ANA      int       // list number of an ADL, 0 when it says none; a gap means one was lost
	Entries  []Entry   // in the order of the message, also those without a locator
	Totals   []Total
	Infants  int            // without a seat, so in no total
	Unnamed  int            // seats held with no names (NONAMES), so in Totals but not in Entries
	NoNames  map[string]int // the same for each destination and class, "JFK/Y"
	Warnings []Warning
	Doubts   []Doubt
	File     string // of the first part
	Line     int    // of the first part's type
	Key      string // idempotence key: the same list gives the same key, whatever its line ends
}

// Doubt says why it is unsure who is on board. It holds no name.
type Doubt struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Reason string `json:"reason"`
}

// Doubt returns "" for a list that adds up, else "list unsure: " with every reason.
func (l List) Doubt() string {
	if len(l.Doubts) == 0 {
		return ""
	}
	reasons := make([]string, len(l.Doubts))
	for i, d := range l.Doubts {
		reasons[i] = d.Reason
	}
	return "list unsure: " + strings.Join(reasons, "; ")
}

// update returns what the list says of a flight. One with a doubt, or with seats that it holds
// without a name, removes nobody.
func (l List) update(key passenger.FlightKey, received time.Time) ground.ManifestUpdate {
	u := ground.ManifestUpdate{Key: key, At: written(l.SentAt, received), Sent: !l.SentAt.IsZero(), Full: l.Type == "PNL", ANA: l.ANA, Rows: l.Rows(), Receipt: l.Key}
	if l.Type == "ADL" {
		u.Rank = 1 + l.ANA
	}
	for _, t := range l.Totals {
		u.Totals = append(u.Totals, ground.ListCount{Place: t.Destination + "/" + t.Class, Cabin: t.Cabin, N: t.Count})
	}
	held := map[string]int{}
	for p, n := range l.NoNames {
		held[p] += n
	}
	unnamed := l.Unnamed > 0
	for _, e := range l.Entries {
		unnamed = unnamed || e.Unnamed
		switch {
		case !e.ExtraSeat && !e.Unnamed || e.IsInfant:
		case e.Change == "DEL":
			held[e.place()]--
		case e.Change != "CHG":
			held[e.place()]++
		}
	}
	for _, p := range slices.Sorted(maps.Keys(held)) {
		if held[p] != 0 {
			u.Held = append(u.Held, ground.ListCount{Place: p, N: held[p]})
		}
	}
	if len(l.Doubts) > 0 || u.Full && unnamed {
		u.Doubt = "totals"
	}
	return u
}

// Rows returns the travellers of the list: every entry but extra seats, seats without a name
// and infants in a name element of their own.
func (l List) Rows() []ground.ManifestRow {
	rows := make([]ground.ManifestRow, 0, len(l.Entries))
	for _, e := range l.Entries {
		if e.ExtraSeat || e.IsInfant || e.Unnamed {
			continue
		}
		rows = append(rows, e.Row())
	}
	return rows
}

// Total is a count of the message for one destination and class. In an ADL it is the new count.
type Total struct {
	File        string
	Line        int
	Destination string
	Class       string // as sent
	Cabin       string // F, C, W, Y; "" when the message does not say
	Count       int
	PAD         int // staff travelling on a space-available basis
	Names       int // of this message; equals Count in a PNL that adds up
}

// Entry is one passenger, or one extra seat, of a list.
//
// Across lists a passenger is locator + surname + given name + order; a locator is re-used by
// its system after some months, so the flight belongs to it too.
type Entry struct {
	Change        string // "", or "ADD", "DEL", "CHG" in an ADL; CHG replaces everything known
	File          string
	Line          int
	Locator       string // "" when the message says none
	OtherLocators []string
	Surname       string
	Given         string // without title
	Title         string // a known title, "" otherwise
	Raw           string // given name and title as sent, for matching: titles are guessed when glued
	Order         int    // n-th of the same name within the locator and change, from 1
	Class         string // booking class of its totals line
	Cabin         string // F, C, W, Y; "" when the message does not say
	Destination   string
	Group         string // "A3": group A, a party of 3; "" for none
	Seat          passenger.Seat
	SSRs          []SSR
	Tier          string
	Onward        string // "KL0691 AMS-YYZ", "" for none
	Infant        bool   // travels with an infant on the lap
	IsInfant      bool   // is an infant: title INF
	ExtraSeat     bool   // a blocked seat, nobody sits on it
	Unnamed       bool   // counted but not named
	Minor         bool   // under 18 possible: CHLD, UMNR, or title CHD, MSTR, MISS, INF
	NoContact     bool   // refused to be contacted (SSR CTCR)
}

// SSR is one special service of a passenger, without its text.
type SSR struct {
	Code   string
	Status string         // "HK", "" when not said
	Seat   passenger.Seat // of a seat request that names one
	OneOf  int            // 0 when sure; else the passenger is one of so many whom it may be for
}

// Held reports whether the passenger has the service: HK KK TK KL TL, or no status at all.
func (s SSR) Held() bool {
	switch s.Status {
	case "", "HK", "KK", "TK", "KL", "TL":
		return true
	}
	return false
}

// Refused reports whether the passenger does not have the service: UN NO UC US XX HX.
func (s SSR) Refused() bool {
	switch s.Status {
	case "UN", "NO", "UC", "US", "UX", "XX", "HX":
		return true
	}
	return false
}

// Row returns the entry as ground keeps it.
func (e Entry) Row() ground.ManifestRow {
	return ground.ManifestRow{
		Line: e.Line, Locator: e.Locator, Surname: e.Surname, Given: e.Given, Title: e.Title, Order: e.Order,
		Cabin: e.Cabin, Seat: e.Seat, Tier: e.Tier, Assistance: Assistance(e), Onward: e.Onward,
		Minor: e.Minor, Removed: e.Change == "DEL", Locators: e.OtherLocators, Place: e.place(),
	}
}

// place names the total that counts the entry: "JFK/Y".
func (e Entry) place() string { return e.Destination + "/" + e.Class }
