package manifest

import (
	"slices"
	"strings"

	"github.com/cabinloop/cabinloop/ground"
)

// minor stands among the words of assistance for somebody who may be under 18.
const minor = "may be a minor"

// old is the stamp of all that was known before stamps were kept.
func old(f ground.Flight) ground.Stamp {
	if f.ListAt.IsZero() {
		return 1
	}
	return ground.NewStamp(f.ListAt, 0)
}

// factsOf returns what is known of a flight's list, in memory of its own.
func factsOf(f ground.Flight) ground.ListFacts {
	l := f.List
	if l.Newest == 0 && !f.ListAt.IsZero() {
		l.Newest = old(f)
		if f.ListDoubt != "" {
			l.Doubts = []ground.ListDoubt{{Word: f.ListDoubt, At: old(f)}}
		}
		if f.ANA != 0 {
			l.Numbers = []ground.ListCount{{N: f.ANA, At: old(f)}}
		}
	}
	l.Doubts, l.Numbers, l.Totals, l.Held = slices.Clone(l.Doubts), slices.Clone(l.Numbers), slices.Clone(l.Totals), slices.Clone(l.Held)
	return l
}

// travellerFacts are those of a traveller of whom no message is known: all from one list.
func travellerFacts(t ground.Traveller, at ground.Stamp) ground.TravellerFacts {
	f := ground.TravellerFacts{Stays: []ground.Stay{{In: at}}, Name: at, Title: at, Seat: at, Cabin: at, Tier: at, Onward: at, Service: at}
	if t.Removed {
		f.Off = at + 1
	}
	for _, w := range t.Assistance {
		f.Words = append(f.Words, ground.Service{Word: w, At: at})
	}
	if t.Minor {
		f.Words = append(f.Words, ground.Service{Word: minor, At: at})
	}
	return f
}

// stay returns the entry of a place.
func (e *entry) stay(place string) *ground.Stay {
	i := slices.IndexFunc(e.Facts.Stays, func(s ground.Stay) bool { return s.Place == place })
	if i < 0 {
		i = len(e.Facts.Stays)
		e.Facts.Stays = append(e.Facts.Stays, ground.Stay{Place: place})
	}
	return &e.Facts.Stays[i]
}

// out takes a traveller out of a place, and out of what a source without places said; a removal
// that names no place takes them off the flight.
func (e *entry) out(place string, at ground.Stamp) {
	if place == "" {
		e.Facts.Off = max(e.Facts.Off, at)
		return
	}
	for _, p := range []string{place, ""} {
		s := e.stay(p)
		s.Out = max(s.Out, at)
	}
}

// place returns where the lists have a traveller; false when nowhere. A message that says in and
// out of one place says in.
func (m *merger) place(e *entry) (at ground.Stay, ok bool) {
	for _, s := range e.Facts.Stays {
		if s.In != 0 && s.In >= s.Out && s.In >= m.facts.Full && (!ok || s.In > at.In || s.In == at.In && s.Place > at.Place) {
			at, ok = s, true
		}
	}
	return at, ok
}

// gone reports whether a traveller is not on board, as far as is known.
func (m *merger) gone(e *entry) bool {
	s, ok := m.place(e)
	return !ok || e.Facts.Off > s.In
}

// newer sets a value that a message says, unless a newer message said another. Of two messages of one
// time the greater value counts, so that the order of arrival does not.
func newer[T ~string](have *T, from *ground.Stamp, value T, at ground.Stamp) {
	if value == "" {
		return
	}
	if at > *from || at == *from && value > *have || *have == "" {
		*have = value
	}
	*from = max(*from, at)
}

// tell folds what a row says of a traveller.
func (m *merger) tell(e *entry, row *ground.ManifestRow) {
	f := &e.Facts
	switch {
	case row.Off:
		f.Off = max(f.Off, m.at)
	case !row.Partial:
		s := e.stay(row.Place)
		s.In = max(s.In, m.at)
		m.name(e, row)
	}
	newer(&e.Seat, &f.Seat, row.Seat, m.at)
	newer(&e.Cabin, &f.Cabin, row.Cabin, m.at)
	newer(&e.Tier, &f.Tier, row.Tier, m.at)
	if row.Onward == "" && !row.Partial && row.Place != "" && m.at > f.Onward {
		e.Onward, f.Onward = "", m.at // a list names every onward flight
	}
	newer(&e.Onward, &f.Onward, row.Onward, m.at)
	if !row.Partial {
		f.Service = max(f.Service, m.at)
	}
	words := slices.Clone(row.Assistance)
	if row.Minor {
		words = append(words, minor)
	}
	for _, w := range words {
		i := slices.IndexFunc(f.Words, func(s ground.Service) bool { return s.Word == w })
		if i < 0 {
			i = len(f.Words)
			f.Words = append(f.Words, ground.Service{Word: w})
		}
		f.Words[i].At = max(f.Words[i].At, m.at)
	}
}

// name keeps how a traveller is known to be written where a message has the same in capitals.
func (m *merger) name(e *entry, row *ground.ManifestRow) {
	same := strings.EqualFold(e.Surname, row.Surname) && strings.EqualFold(e.Given, row.Given)
	known, told := e.Surname+"/"+e.Given, row.Surname+"/"+row.Given
	switch {
	case same && told == strings.ToUpper(told): // nothing new
	case same && known == strings.ToUpper(known), e.Surname == "", m.at > e.Facts.Name, m.at == e.Facts.Name && told > known:
		e.Surname, e.Given = row.Surname, row.Given
	}
	e.Facts.Name = max(e.Facts.Name, m.at)
	title := row.Title
	if strings.EqualFold(title, e.Title) && title == strings.ToUpper(title) {
		title = e.Title
	}
	newer(&e.Title, &e.Facts.Title, title, m.at)
}

// settle brings a traveller to what the facts say.
func (m *merger) settle(e *entry) {
	e.Removed = m.gone(e)
	for _, d := range m.facts.Doubts {
		if d.Word == aircraft && e.Facts.Seat < d.At && d.At <= m.facts.Full {
			e.Seat = "" // of another aircraft, and the list that came with the new one does not say it again
		}
	}
	e.Assistance, e.Minor = nil, false
	e.Facts.Words = slices.DeleteFunc(e.Facts.Words, func(s ground.Service) bool { return s.At < e.Facts.Service })
	slices.SortFunc(e.Facts.Words, func(a, b ground.Service) int { return strings.Compare(a.Word, b.Word) })
	slices.SortFunc(e.Facts.Stays, func(a, b ground.Stay) int { return strings.Compare(a.Place, b.Place) })
	slices.Sort(e.Facts.Keys)
	for _, s := range e.Facts.Words {
		sure, _, oneOf := strings.Cut(s.Word, " (one of ")
		switch {
		case s.Word == minor:
			e.Minor = true
		case oneOf && slices.ContainsFunc(e.Facts.Words, func(x ground.Service) bool { return x.Word == sure }):
		default:
			e.Assistance = append(e.Assistance, s.Word)
		}
	}
	if e.Facts.Words != nil && len(e.Facts.Words) == 0 {
		e.Facts.Words = nil
	}
}
