package flightops

import "slices"

// partyName finds a passenger by name within a booking or a group.
type partyName struct{ change, locator, group, full string }

// remarks gives each .R/ to the passengers it is for.
func (b *builder) remarks() {
	b.full = make([]string, len(b.list.Entries))
	b.party = map[partyName]int{}
	for i, e := range b.list.Entries {
		b.full[i] = fullName(e)
		for _, k := range partyKeys(e, b.full[i]) {
			if _, ok := b.party[k]; !ok {
				b.party[k] = i
			}
		}
	}
	for _, n := range b.reader.names {
		for _, el := range n.elements {
			if el.name != "R" {
				continue
			}
			r, dropped, ok := parseRemark(el.text, n.surname)
			if dropped {
				continue
			}
			if !ok {
				b.reader.remarks.add(el.file, el.line, "a remark begins with a code of four letters; this one was not taken")
				continue
			}
			b.give(n, r, el)
		}
	}
}

func partyKeys(e Entry, full string) (keys []partyName) {
	if e.Locator != "" {
		keys = append(keys, partyName{change: e.Change, locator: e.Locator, full: full})
	}
	if e.Group != "" {
		keys = append(keys, partyName{change: e.Change, group: e.Group, full: full})
	}
	return keys
}

// find returns the passenger of a name: of the element, else of its booking or group. Of two
// with one name it is the first; the other is no likelier.
func (b *builder) find(n named, full string) (int, bool) {
	for i := n.first; i < n.first+n.persons; i++ {
		if b.full[i] == full {
			return i, true
		}
	}
	for _, k := range partyKeys(b.list.Entries[n.first], full) {
		if i, ok := b.party[k]; ok {
			return i, true
		}
	}
	return 0, false
}

func fullName(e Entry) string { return squeeze(e.Surname) + "/" + squeeze(e.Raw) }

// give finds whom a remark is for: those its association names, all of the element when the
// count says so, else one of the element, nobody knows which.
func (b *builder) give(n named, r remark, el element) {
	var to []int
	oneOf := 0
	for _, full := range r.names {
		if i, ok := b.find(n, full); ok && !slices.Contains(to, i) {
			to = append(to, i)
		}
	}
	if len(to) == 0 {
		for i := n.first; i < n.first+n.persons; i++ {
			to = append(to, i)
		}
		if len(r.names) > 0 {
			b.reader.remarks.add(el.file, el.line, "a remark names somebody who is not in its booking")
		}
		if n.persons > 1 && r.count != n.persons {
			oneOf = n.persons
			if len(r.names) == 0 && counted(r.Code) {
				b.reader.remarks.add(el.file, el.line, "a remark for some of %d passengers does not say for whom", n.persons)
			}
		} else if n.persons == 1 && len(r.names) > 0 && r.Code != "INFT" && r.Code != "INF" {
			oneOf = 2 // this passenger, or the one that was named
		}
	}
	for _, i := range to {
		b.put(&b.list.Entries[i], r, oneOf, len(to))
	}
	if (r.Code == "INFT" || r.Code == "INF") && !r.Refused() {
		b.infants(n, r.Code, max(1, min(r.count, len(to))))
	}
}

// infants counts those of a name element; some senders name each by both codes.
func (b *builder) infants(n named, code string, count int) {
	if b.reader.infants == nil {
		b.reader.infants = map[[2]int]int{}
	}
	k := [2]int{n.first, len(code)}
	b.reader.infants[k] += count
	if other := b.reader.infants[[2]int{n.first, len("INF") + len("INFT") - len(code)}]; b.reader.infants[k] > other {
		b.list.Infants += min(count, b.reader.infants[k]-other)
	}
}

// counted reports codes whose owner matters to the cabin; for others the remark is not worth a
// warning.
func counted(code string) bool {
	return help[code] != "" || slices.Contains(meals, code) || code == "CHLD"
}

func (b *builder) put(e *Entry, r remark, oneOf, shared int) {
	s := r.SSR
	s.OneOf = oneOf
	switch r.Code {
	case "CTCR":
		e.NoContact = true
		return
	case "INFT", "INF":
		if !s.Refused() {
			e.Infant = true
		}
	case "CHLD", "UMNR", "CHML":
		if !s.Refused() {
			e.Minor = true // also when only one of several is the child: better held than told
		}
	case "FQTV", "FQTR", "FQTU", "FQTS":
		if oneOf == 0 && shared == 1 && e.Tier == "" {
			e.Tier = tierOf(r.text)
		}
	}
	if shared == 1 && oneOf == 0 && !s.Refused() {
		if s.Seat = seatOf(r); s.Seat != "" {
			e.Seat = s.Seat
		}
	}
	if slices.Contains(e.SSRs, s) || len(e.SSRs) >= MaxRemarks {
		return
	}
	e.SSRs = append(e.SSRs, s)
}
