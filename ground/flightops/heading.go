package flightops

import (
	"regexp"
	"strings"
	"time"
)

// Heading is what PIL, PSM, PTM and PFS say before their lines. Their parts are joined like
// those of a [List].
type Heading struct {
	Type     string
	Flight   FlightRef
	Parts    int       // how many telexes it came in
	SentAt   time.Time // of the first part, UTC; zero when it has no sender line
	Sender   string    // 7-character address, "" when it has no sender line
	File     string    // of the first part
	Line     int       // of the first part's type
	Key      string    // idempotence key
	Warnings []Warning
}

// Name is one passenger as a message other than a list writes them.
type Name struct {
	Surname string
	Given   string // without title
	Title   string // a known title, "" otherwise
	Raw     string // given name and title as sent
}

// heading describes a whole set of parts.
func heading(set []*part) Heading {
	first := set[0]
	keys := make([]string, len(set))
	for i, p := range set {
		keys[i] = p.key
	}
	return Heading{Type: first.kind, Flight: first.flight, Parts: len(set), SentAt: first.sentAt, Sender: first.sender,
		File: first.file, Line: first.no, Key: listReceipt(keys)}
}

// remarked collects the warnings of the parts, once they are read.
func remarked(set []*part) (out []Warning) {
	for _, p := range set {
		out = append(out, p.done()...)
	}
	return out
}

var personRE = regexp.MustCompile(`^[A-Z?][A-Z?' -]*(?:/[A-Z?][A-Z?' -]*)*$`)

// parsePerson reads "GREEN/LEROYMR": a surname and one given name.
func parsePerson(s string) (Name, bool) {
	if !personRE.MatchString(s) {
		return Name{}, false
	}
	surname, raw, _ := strings.Cut(s, "/")
	n := Name{Surname: strings.TrimSpace(surname), Raw: strings.Join(strings.Fields(strings.ReplaceAll(raw, "/", " ")), " ")}
	n.Given, n.Title = splitTitle(n.Raw)
	return n, true
}

// full refuses a message with more passengers than any aircraft has.
func full(n int, p *part, no int) *RowError {
	if n <= MaxEntries {
		return nil
	}
	return &RowError{File: p.file, Line: no, Field: "names", Reason: "more lines than any aircraft has seats; nothing of the message was taken"}
}

// cabinOf maps a compartment letter of a heading; "" when it names no cabin.
func cabinOf(class string) string {
	switch class {
	case "F", "W", "Y":
		return class
	case "C", "J":
		return "C"
	}
	return ""
}

// codesIn returns the services among the words of a text, without the text.
func codesIn(words []string) (out []SSR) {
	for _, w := range words {
		if s := (SSR{Code: w}); serviceCode(w) && len(out) < MaxRemarks && !hasCode(out, w) {
			out = append(out, s)
		}
	}
	return out
}

func hasCode(list []SSR, code string) bool {
	for _, s := range list {
		if s.Code == code {
			return true
		}
	}
	return false
}
