package flightops

import (
	"slices"
	"strings"

	"github.com/cabinloop/cabinloop/passenger"
)

// buildList makes a list of a whole set of parts.
func buildList(set []*part) (List, *RowError) {
	first := set[0]
	r := &listReader{kind: first.kind, classes: map[string]string{}, unnamed: map[[2]string]int{}}
	l := List{Type: first.kind, Flight: first.flight, Parts: len(set), SentAt: first.sentAt, Sender: first.sender, ANA: first.ana, File: first.file, Line: first.no}
	keys := make([]string, len(set))
	for i, p := range set {
		r.readPart(p)
		keys[i] = p.key
	}
	if r.refusal != nil {
		return List{}, r.refusal
	}
	l.Key = listReceipt(keys)
	b := builder{list: &l, reader: r, carrier: first.flight.Carrier}
	b.entries()
	b.inherit()
	b.remarks()
	b.order()
	b.count()
	for _, p := range set {
		l.Warnings = append(l.Warnings, p.done()...)
	}
	l.Warnings = append(l.Warnings, r.remarks.done()...)
	l.Doubts = r.doubts
	return l, nil
}

type builder struct {
	list    *List
	reader  *listReader
	carrier string
	full    []string // of each entry: surname and raw given name, for remarks
	party   map[partyName]int
}

// entries makes one entry for each passenger, with what belongs to all of a name element.
func (b *builder) entries() {
	for _, n := range b.reader.names {
		base := Entry{Change: n.change, File: n.file, Line: n.line, Surname: n.surname, Class: n.class, Cabin: b.reader.cabin(n.class),
			Destination: n.destination, Group: n.group}
		b.locators(n, &base)
		for _, e := range n.elements {
			switch {
			case e.name == "O" && base.Onward == "":
				if base.Onward = onward(e.text, n.destination); base.Onward == "" {
					b.reader.remarks.add(e.file, e.line, "an onward flight reads like .O/KL691C13YYZ; this one was not taken")
				}
			case e.name == "F" && n.persons == 1 && base.Tier == "":
				base.Tier = tierOf(e.text)
			}
		}
		for i := range n.persons {
			e := base
			if len(base.OtherLocators) > 0 {
				e.OtherLocators = slices.Clone(base.OtherLocators)
			}
			if i < len(n.given) {
				e.Raw = n.given[i]
				e.Given, e.Title = splitTitle(e.Raw)
			} else if n.n > 1 {
				e.Unnamed = true
			}
			e.ExtraSeat = slices.Contains(blockedSeats, e.Surname) || slices.ContainsFunc(strings.Fields(e.Raw), func(w string) bool {
				return slices.Contains(blockedSeats, strings.TrimRight(w, "0123456789"))
			})
			switch e.Title {
			case "INF":
				e.IsInfant, e.Minor = true, true
			case "CHD", "MSTR", "MISS":
				e.Minor = true
			}
			b.list.Entries = append(b.list.Entries, e)
		}
	}
}

// locators reads .L/. Of two, that of the operating carrier comes first.
func (b *builder) locators(n named, base *Entry) {
	for _, e := range n.elements {
		if e.name != "L" {
			continue
		}
		m := locatorRE.FindStringSubmatch(e.text)
		if m == nil {
			b.reader.remarks.add(e.file, e.line, "a locator reads like .L/A1B2C3; this one was not taken")
			continue
		}
		if len(m[1]) > 8 || len(m[1]) < 5 {
			b.reader.remarks.add(e.file, e.line, "a locator has 5 to 8 characters; this one was taken as it is")
		}
		switch {
		case base.Locator == "":
			base.Locator = m[1]
		case m[1] == base.Locator || slices.Contains(base.OtherLocators, m[1]):
		case Carrier(m[2]) == b.carrier:
			base.OtherLocators = append(base.OtherLocators, base.Locator)
			base.Locator = m[1]
		default:
			base.OtherLocators = append(base.OtherLocators, m[1])
		}
	}
	if base.Locator == "" && n.change == "DEL" && n.group == "" {
		b.reader.remarks.add(n.file, n.line, "a DEL without a locator")
	}
}

// inherit gives the locator of a group to its members: it is shown once for each booking. A
// group with two locators in one destination keeps what it says.
func (b *builder) inherit() {
	type party struct{ destination, group string }
	found := map[party]*Entry{}
	mixed := map[party]bool{}
	for i := range b.list.Entries {
		e := &b.list.Entries[i]
		if e.Group == "" || e.Locator == "" {
			continue
		}
		for _, k := range []party{{e.Destination, e.Group}, {"", e.Group}} {
			if have := found[k]; have == nil {
				found[k] = e
			} else if have.Locator != e.Locator {
				mixed[k] = true
			}
		}
	}
	for i := range b.list.Entries {
		e := &b.list.Entries[i]
		if e.Group == "" || e.Locator != "" {
			continue
		}
		for _, k := range []party{{e.Destination, e.Group}, {"", e.Group}} {
			if found[k] != nil && !mixed[k] {
				e.Locator, e.OtherLocators = found[k].Locator, slices.Clone(found[k].OtherLocators)
				break
			}
			if mixed[k] {
				b.reader.remarks.add(e.File, e.Line, "a group has two locators, so a member without one stays without")
				break
			}
		}
	}
}

// order numbers equal names within a locator.
func (b *builder) order() {
	type who struct{ change, locator, surname, given string }
	seen := map[who]int{}
	for i := range b.list.Entries {
		e := &b.list.Entries[i]
		k := who{e.Change, e.Locator, squeeze(e.Surname), squeeze(e.Given)}
		seen[k]++
		e.Order = seen[k]
	}
}

// count compares totals with names. An ADL names only who changes, so there its totals are for
// the keeper of the list to compare.
func (b *builder) count() {
	for i := range b.reader.totals {
		t := &b.reader.totals[i]
		t.Cabin = b.reader.cabin(t.Class)
		unnamed := b.reader.unnamed[[2]string{t.Destination, t.Class}]
		b.list.Unnamed += unnamed
		if unnamed > 0 {
			if b.list.NoNames == nil {
				b.list.NoNames = map[string]int{}
			}
			b.list.NoNames[t.Destination+"/"+t.Class] += unnamed
		}
		for _, e := range b.list.Entries {
			if e.Destination == t.Destination && e.Class == t.Class && !e.IsInfant {
				t.Names++
			}
		}
		if b.list.Type == "PNL" && t.Names+unnamed != t.Count {
			b.reader.doubt(t.File, t.Line, "%d booked to %s in class %s, %d names", t.Count, t.Destination, t.Class, t.Names+unnamed)
		}
	}
	if len(b.reader.totals) == 0 {
		b.reader.doubt(b.list.File, b.list.Line, "the list holds no totals")
	}
	b.list.Totals = b.reader.totals
}

// seatOf reads the seat of a seat request that names exactly one.
func seatOf(r remark) passenger.Seat {
	switch r.Code {
	case "SEAT", "RQST", "NSST", "NSSA", "NSSB", "NSSW", "NSSR", "SMST", "SMSA", "SMSB", "SMSW", "SMSR":
	default:
		return ""
	}
	s, err := passenger.ParseSeat(strings.TrimSpace(r.text))
	if err != nil {
		return ""
	}
	return s
}
