package flightops

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// part is one telex of a list, with its flight element read.
type part struct {
	*telex
	flight FlightRef
	to     string // arrival airport, of a PTM
	n      int    // part number, from 1
	final  bool   // ends with END and the type
	ana    int
	at     time.Time // sender time, or that of the message before
	key    string
}

var flightRE = regexp.MustCompile(`^([A-Z0-9]{2}|[A-Z]{3}) ?(\d{1,5})([A-Z])?/(\d{2})([A-Z]{3}) ([A-Z]{3})([A-Z]{3})?(?: PART ?(\d{1,2}))?$`)

// readPart reads flight element and end of one telex of a list.
func readPart(t *telex, received time.Time) (*part, *RowError) {
	refuse := func(no int, field, reason string) (*part, *RowError) {
		return nil, &RowError{File: t.file, Line: no, Field: field, Reason: reason}
	}
	if len(t.body) == 0 {
		return refuse(t.last, "", "the message stops behind its type; send it again")
	}
	head := t.body[0]
	text := strings.Join(strings.Fields(head.text), " ")
	if text != head.text {
		t.add(t.file, head.no, "more blanks than one in the flight element")
	}
	m := flightRE.FindStringSubmatch(text)
	switch {
	case t.kind == "PTM" && (m == nil || m[7] == ""):
		return refuse(head.no, "flight", "the flight element reads like KL0641/21NOV AMSJFK PART1")
	case m == nil || t.kind != "PTM" && m[7] != "":
		return refuse(head.no, "flight", "the flight element reads like KL0641/21NOV AMS PART1")
	}
	carrier, number, suffix, err := passenger.ParseDesignator(m[1] + strings.TrimLeft(m[2][:len(m[2])-1], "0") + m[2][len(m[2])-1:] + m[3])
	if err != nil {
		return refuse(head.no, "flight", passenger.Public(err))
	}
	date, reason := listDate(m[4]+m[5], received)
	if reason != "" {
		return refuse(head.no, "date", reason)
	}
	if _, err := Zone(m[6]); err != nil {
		return refuse(head.no, "departure", passenger.Public(err))
	}
	p := &part{telex: t, to: m[7], n: 1, final: t.end == t.kind, at: t.sentAt}
	p.flight = FlightRef{Carrier: Carrier(carrier), Number: number, Suffix: suffix, Departure: m[6], LocalDate: date.Format(time.DateOnly)}
	if m[8] == "" {
		if t.kind != "PIL" {
			t.add(t.file, head.no, "no part number; read as the only part")
		}
	} else if p.n, _ = strconv.Atoi(m[8]); p.n == 0 {
		return refuse(head.no, "part", "parts are numbered from PART1")
	}
	want := "PART" + strconv.Itoa(p.n)
	switch {
	case t.end == "":
		return refuse(t.last, "end", fmt.Sprintf("the message stops without END%s or END%s: it was cut off, and nothing of it was taken", t.kind, want))
	case !p.final && strings.TrimPrefix(t.end, "PART") != strconv.Itoa(p.n) && t.end != fmt.Sprintf("PART%02d", p.n):
		return refuse(t.last, "end", fmt.Sprintf("part %d of a %s ends with another word than END%s or END%s; nothing of it was taken", p.n, t.kind, t.kind, want))
	}
	for _, l := range t.body {
		if s, ok := strings.CutPrefix(l.text, "ANA/"); ok && digits(s) && len(s) <= 6 {
			p.ana, _ = strconv.Atoi(s)
			break
		}
	}
	p.key = t.receipt(p.flight.Carrier + fmt.Sprintf("%04d", number) + suffix + "/" + p.flight.LocalDate + "/" + m[6] + "-" + strconv.Itoa(p.n))
	return p, nil
}

// receipt is the idempotence key of a telex: sender, sender time, type, flight and part, and a
// hash of the body, so that line ends and blank lines make no other message.
func (t *telex) receipt(flight string) string {
	h := sha256.New()
	for _, l := range t.body {
		h.Write([]byte(l.text))
		h.Write([]byte{'\n'})
	}
	return strings.Join([]string{t.sender, t.stamp, t.kind, flight, hex.EncodeToString(h.Sum(nil)[:8])}, "-")
}

// listKey says which parts can belong together.
type listKey struct {
	kind   string
	flight FlightRef
	ana    int
}

// join sorts parts into whole lists. Parts come in any order, also twice. Of several sets for
// one flight each PART1 begins a new one; a set that stays incomplete is refused.
func join(parts []*part) (sets [][]*part, refused []*RowError) {
	groups := map[listKey][]*part{}
	var order []listKey
	seen := map[string]bool{}
	for _, p := range parts {
		if seen[p.key] {
			continue // the same telex twice
		}
		seen[p.key] = true
		k := listKey{p.kind, p.flight, p.ana}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], p)
	}
	for _, k := range order {
		candidates := divide(groups[k])
		for i, set := range candidates {
			reason := incomplete(set)
			if reason == "" {
				sets = append(sets, set)
				continue
			}
			if i+1 < len(candidates) && incomplete(candidates[i+1]) == "" {
				candidates[i+1][0].add(set[0].file, set[0].no, "an older list of this flight with missing parts was thrown away")
				continue
			}
			refused = append(refused, &RowError{File: set[0].file, Line: set[0].no, Field: "part", Reason: reason})
		}
	}
	slices.SortStableFunc(sets, func(a, b []*part) int {
		// at the same time a whole list comes before its changes, and changes in their order
		return cmp.Or(a[0].at.Compare(b[0].at), -cmp.Compare(a[0].kind, b[0].kind), cmp.Compare(a[0].ana, b[0].ana))
	})
	return sets, refused
}

// divide cuts the parts of one list key into sets by sender time, each sorted by part number.
func divide(parts []*part) [][]*part {
	byNumber := func(a, b *part) int { return cmp.Compare(a.n, b.n) }
	numbers := map[int]bool{}
	for _, p := range parts {
		numbers[p.n] = true
	}
	if len(numbers) == len(parts) {
		slices.SortStableFunc(parts, byNumber)
		return [][]*part{parts}
	}
	slices.SortStableFunc(parts, func(a, b *part) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.n, b.n)) })
	var sets [][]*part
	for _, p := range parts {
		n := len(sets) - 1
		if n < 0 || slices.ContainsFunc(sets[n], func(q *part) bool { return q.n == p.n }) {
			sets = append(sets, []*part{p})
			continue
		}
		sets[n] = append(sets[n], p)
	}
	for _, set := range sets {
		slices.SortStableFunc(set, byNumber)
	}
	return sets
}

// incomplete returns why a sorted set is no whole list, or "".
func incomplete(set []*part) string {
	for i, p := range set {
		if p.n != i+1 {
			return fmt.Sprintf("part %d is missing; nothing of this list was taken; send all its parts together", i+1)
		}
		if p.final && i+1 < len(set) {
			return fmt.Sprintf("part %d ends the list but there is a part %d; nothing of it was taken", p.n, set[i+1].n)
		}
	}
	if last := set[len(set)-1]; !last.final {
		return fmt.Sprintf("the part behind part %d is missing (no END%s); nothing of this list was taken; send all its parts together", last.n, last.kind)
	}
	return ""
}

// listReceipt is the idempotence key of a whole list: the key of its only part, or of the
// first with a hash over all.
func listReceipt(keys []string) string {
	if len(keys) == 1 {
		return keys[0]
	}
	h := sha256.Sum256([]byte(strings.Join(keys, "\n")))
	return keys[0] + "+" + hex.EncodeToString(h[:8])
}
