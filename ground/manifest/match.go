package manifest

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/mozillazg/go-unidecode"

	"github.com/cabinloop/cabinloop/ground"
)

// SourceKey identifies a traveller across the messages of one flight: locator, normalised name
// and order within them. It never leaves the ground.
func SourceKey(r ground.ManifestRow) string {
	norm := func(s string) string { return strings.Join(strings.Fields(strings.ToUpper(s)), " ") }
	return norm(r.Locator) + "|" + norm(r.Surname) + "/" + norm(r.Given) + "|" + strconv.Itoa(max(r.Order, 1))
}

// sourceKeys are those of a row by each of its locators.
func sourceKeys(r ground.ManifestRow) []string {
	keys := []string{SourceKey(r)}
	for _, l := range r.Locators {
		r.Locator = l
		keys = append(keys, SourceKey(r))
	}
	return keys
}

// Letters makes names of lists and of files comparable: Latin capitals, letters only.
func Letters(surname string, given ...string) string {
	keep := func(s string) string {
		return strings.Map(func(r rune) rune {
			if !unicode.IsLetter(r) {
				return -1
			}
			return unicode.ToUpper(r)
		}, unidecode.Unidecode(s))
	}
	return keep(surname) + "/" + keep(strings.Join(given, ""))
}

// readings are a name as it is split, and with what was taken for its title: a message that glues
// a title to a name does not say where the name ends. Nothing for a name without letters.
func readings(surname, given, title string) []string {
	r := []string{Letters(surname, given), Letters(surname, given, title)}
	return slices.DeleteFunc(slices.Compact(r), func(s string) bool { return s == "/" })
}

// identity is what somebody is known by.
type identity struct {
	keys  []string // source keys
	near  []string // the same with each reading of the name: what else may name the same person
	names []string // readings
	flat  string   // all letters of the name
	at    []string // locators, "" for none
}

func identify(keys []string, surname, given, title string) identity {
	id := identity{keys: keys, names: readings(surname, given, title), flat: strings.Replace(Letters(surname, given, title), "/", "", 1)}
	for _, k := range keys {
		locator, rest, _ := strings.Cut(k, "|")
		id.at = append(id.at, locator)
		for _, n := range id.names {
			id.near = append(id.near, locator+"|"+n+rest[strings.LastIndexByte(rest, '|')+1:])
		}
	}
	return id
}

func identifyRow(r ground.ManifestRow) identity {
	return identify(sourceKeys(r), r.Surname, r.Given, r.Title)
}

// index finds travellers by a key: who is on the list before who is not.
type index map[string]*entry

func (m *merger) index(keys func(identity) []string) index {
	by := index{}
	for _, e := range m.all {
		for _, k := range keys(e.id) {
			if have := by[k]; have == nil || m.gone(have) && !m.gone(e) {
				by[k] = e
			}
		}
	}
	return by
}

func (by index) find(keys []string, fits func(*entry) bool) *entry {
	for _, k := range keys {
		if e := by[k]; e != nil && fits(e) {
			return e
		}
	}
	return nil
}

// match finds whom each row names: by a source key, else by a reading of the name. Nobody is named
// twice in a message, beside a removal.
func (m *merger) match() {
	m.owner = make([]*entry, len(m.update.Rows))
	m.ids = make([]identity, len(m.update.Rows))
	for i, r := range m.update.Rows {
		m.ids[i] = identifyRow(r)
	}
	named := map[*entry]bool{}
	for _, keys := range []func(identity) []string{func(id identity) []string { return id.keys }, func(id identity) []string { return id.near }} {
		by := m.index(keys)
		for i, r := range m.update.Rows {
			if m.owner[i] == nil {
				m.owner[i] = by.find(keys(m.ids[i]), func(e *entry) bool { return r.Removed || !named[e] })
				named[m.owner[i]] = named[m.owner[i]] || !r.Removed
			}
		}
	}
}

// pair ties a row that names nobody to a traveller whom this message takes off: the same person
// with a letter of the locator or of the name changed. Only where one row fits one traveller.
func (m *merger) pair() {
	named := map[*entry]bool{}
	for i, e := range m.owner {
		named[e] = named[e] || !m.update.Rows[i].Removed
	}
	var left []*entry
	for _, e := range m.all {
		if !named[e] && (e.taken || m.gone(e) && e.before != nil && !e.before.Removed || m.at < m.facts.Full) {
			left = append(left, e)
		}
	}
	for _, fits := range []func(identity, *entry) bool{sameName, sameLocator} {
		rows, who := map[*entry][]int{}, map[int][]*entry{}
		for i, r := range m.update.Rows {
			if r.Removed || r.Partial || r.CustomerID != "" || m.owner[i] != nil {
				continue
			}
			for _, e := range left {
				if !named[e] && fits(m.ids[i], e) {
					rows[e], who[i] = append(rows[e], i), append(who[i], e)
				}
			}
		}
		for i, es := range who {
			if len(es) == 1 && len(rows[es[0]]) == 1 {
				m.owner[i], named[es[0]] = es[0], true
			}
		}
	}
}

// sameName: one name, and the locators differ by a letter, or one is cut short or says none, or the message takes
// the traveller out of one booking and puts them into another.
func sameName(id identity, e *entry) bool {
	return anyPair(id.names, e.id.names, func(a, b string) bool { return a == b }) &&
		(e.taken || anyPair(id.at, e.id.at, nearly))
}

// sameLocator: one locator, and the names differ by a letter or by what stands behind one of them.
func sameLocator(id identity, e *entry) bool {
	return nearly(id.flat, e.id.flat) && anyPair(id.at, e.id.at, func(a, b string) bool { return a == b && a != "" })
}

func anyPair(as, bs []string, fits func(a, b string) bool) bool {
	return slices.ContainsFunc(as, func(a string) bool {
		return slices.ContainsFunc(bs, func(b string) bool { return fits(a, b) })
	})
}

// nearly reports whether one text begins with the other, or they are equal but for one letter,
// changed, left out or added.
func nearly(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if strings.HasPrefix(b, a) {
		return true
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch len(b) - len(a) {
	case 0:
		return i == len(a) || a[i+1:] == b[i+1:]
	case 1:
		return a[i:] == b[i+1:]
	}
	return false
}
