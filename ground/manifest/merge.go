package manifest

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// Change is a traveller of whom a message told something new.
type Change struct {
	ground.Traveller                     // as they are now; without a person when they are new
	Before           *ground.Traveller   // nil when they are new
	Row              *ground.ManifestRow // that names them; nil when none does
}

// Result is a flight's list behind a message.
type Result struct {
	Facts    ground.ListFacts
	Doubt    string   // "" or why the list is unsure
	Changes  []Change // by number
	Warnings []string
}

// Merge folds a message into the list of a flight. list is everybody who is or was on it; next is
// the highest number that was ever given; erased says of a source key that its owner was erased.
// It changes none of its arguments; the result shares memory with them.
func Merge(f ground.Flight, list []ground.Traveller, u ground.ManifestUpdate, next passenger.TravellerNo, erased func(key string) bool) Result {
	m := merger{flight: f, update: u, facts: factsOf(f), next: next, erased: erased}
	m.at = stamp(u, m.facts.Newest)
	m.facts.Newest = max(m.facts.Newest, m.at)
	m.load(list)
	m.match()
	m.remove()
	if u.Full && u.Doubt == "" {
		m.facts.Full = max(m.facts.Full, m.at)
	}
	m.pair()
	for i := range u.Rows {
		m.row(&u.Rows[i], m.owner[i])
	}
	m.count()
	res := Result{Facts: m.facts, Doubt: m.doubt(), Warnings: m.warnings}
	for _, e := range m.all {
		m.settle(e)
		if e.before == nil || !reflect.DeepEqual(*e.before, e.Traveller) {
			res.Changes = append(res.Changes, Change{e.Traveller, e.before, e.row})
		}
	}
	slices.SortFunc(res.Changes, func(a, b Change) int { return cmp.Compare(a.No, b.No) })
	return res
}

// stamp is that of the message. Of two that do not say when they were sent, the later arrival is
// the newer.
func stamp(u ground.ManifestUpdate, newest ground.Stamp) ground.Stamp {
	if u.At.IsZero() {
		return newest + 1
	}
	at := ground.NewStamp(u.At, u.Rank)
	if u.Aside && len(u.Rows) == 0 {
		return max(at, newest+1) // a list that came before it was heard of may not know of it
	}
	if !u.Sent && newest >= at && newest.SameSecond(at) {
		return newest + 1
	}
	return at
}

// entry is one traveller while a message is folded in.
type entry struct {
	ground.Traveller
	before *ground.Traveller
	row    *ground.ManifestRow // that names them
	taken  bool                // a removal of this message names them
	id     identity            // before this message
}

type merger struct {
	flight   ground.Flight
	update   ground.ManifestUpdate
	facts    ground.ListFacts
	at       ground.Stamp
	next     passenger.TravellerNo
	erased   func(string) bool
	all      []*entry
	owner    []*entry   // of each row; nil for nobody yet
	ids      []identity // of each row
	warnings []string
}

func (m *merger) warn(text string) { m.warnings = append(m.warnings, text) }

func (m *merger) load(list []ground.Traveller) {
	for i := range list {
		t := &list[i]
		if t.Erased {
			continue
		}
		e := &entry{Traveller: *t, before: t}
		if len(e.Facts.Stays) == 0 {
			e.Facts = travellerFacts(*t, old(m.flight))
		}
		e.Facts.Stays, e.Facts.Words, e.Facts.Keys = slices.Clone(e.Facts.Stays), slices.Clone(e.Facts.Words), slices.Clone(e.Facts.Keys)
		e.id = identify(append([]string{e.SourceKey}, e.Facts.Keys...), e.Surname, e.Given, e.Title)
		m.all = append(m.all, e)
	}
}

// add makes a traveller of a row, who is not on the list yet.
func (m *merger) add(row *ground.ManifestRow) *entry {
	m.next++
	e := &entry{Traveller: ground.Traveller{Flight: m.flight.ID, No: m.next, SourceKey: SourceKey(*row)}, row: row, id: identifyRow(*row)}
	m.all = append(m.all, e)
	return e
}

// remove takes travellers out of the places that the removals of the message name.
func (m *merger) remove() {
	if m.update.Doubt != "" && slices.ContainsFunc(m.update.Rows, func(r ground.ManifestRow) bool { return r.Removed }) {
		m.warn("the message does not add up, so it removes nobody")
		return
	}
	for i := range m.update.Rows {
		row := &m.update.Rows[i]
		if !row.Removed {
			continue
		}
		e := m.owner[i]
		if e == nil || m.gone(e) {
			m.warn("a removal names a traveller who is not on the list")
		}
		if e == nil {
			if m.keptOut(row) {
				continue
			}
			e = m.add(row) // remembered, for an older message that brings them
			m.name(e, row)
		}
		e.taken = true
		e.out(row.Place, m.at)
	}
}

// row folds a row that names somebody into who they are.
func (m *merger) row(row *ground.ManifestRow, e *entry) {
	if row.Removed {
		return
	}
	if e == nil {
		if row.Partial {
			return
		}
		if m.keptOut(row) {
			m.warn("a line names a traveller who was erased on request; it is left out")
			return
		}
		e = m.add(row)
	}
	e.row = row
	for _, k := range sourceKeys(*row) {
		if k != e.SourceKey && !slices.Contains(e.Facts.Keys, k) {
			e.Facts.Keys = append(e.Facts.Keys, k)
		}
	}
	m.tell(e, row)
}

func (m *merger) keptOut(row *ground.ManifestRow) bool {
	return slices.ContainsFunc(sourceKeys(*row), m.erased)
}
