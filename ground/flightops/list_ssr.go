package flightops

import "slices"

// remarks gives each .R/ to the passengers it is for.
func (b *builder) remarks() {
	byName := map[string][]int{}
	for i, e := range b.list.Entries {
		k := fullName(e)
		byName[k] = append(byName[k], i)
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
			b.give(n, r, el, byName)
		}
	}
}

func fullName(e Entry) string { return squeeze(e.Surname) + "/" + squeeze(e.Raw) }

// give finds whom a remark is for: those its association names, all of the element when the
// count says so, else one of the element, nobody knows which.
func (b *builder) give(n named, r remark, el element, byName map[string][]int) {
	var to []int
	oneOf := 0
	inElement := func(i int) bool { return i >= n.first && i < n.first+n.persons }
	for _, full := range r.names {
		all := byName[full]
		own := slices.DeleteFunc(slices.Clone(all), func(i int) bool { return !inElement(i) })
		if len(own) == 0 {
			own = slices.DeleteFunc(slices.Clone(all), func(i int) bool { return !b.together(i, n.first) })
		}
		if len(own) > 0 {
			to = append(to, own[0]) // of two with one name the first; the other is no likelier
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
		b.list.Infants += max(1, min(r.count, len(to)))
	}
}

// counted reports codes whose owner matters to the cabin; for others the remark is not worth a
// warning.
func counted(code string) bool {
	return help[code] != "" || slices.Contains(meals, code) || code == "CHLD"
}

// together reports whether entry i is in the booking or group of entry j.
func (b *builder) together(i, j int) bool {
	a, c := b.list.Entries[i], b.list.Entries[j]
	return a.Change == c.Change && (a.Locator != "" && a.Locator == c.Locator || a.Group != "" && a.Group == c.Group)
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
