package identity

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/cabinloop/cabinloop/passenger"
)

// Index answers [Candidates] for many posts against the same people. It is never changed
// after [NewIndex] and safe for concurrent use; it keeps no reference to the people given.
type Index struct {
	people   []known
	accounts map[Account][]int
	locators map[string][]int
	seats    map[seatKey][]int
	handles  map[string][]int
	pairs    map[string][]int // by the first two letters of each word of the name
}

type known struct {
	Person
	words []string
}

type seatKey struct{ designator, seat string }

// NewIndex reads the people. A person given twice is one candidate, the better.
func NewIndex(people []Person) *Index {
	x := &Index{accounts: map[Account][]int{}, locators: map[string][]int{}, seats: map[seatKey][]int{}, handles: map[string][]int{}, pairs: map[string][]int{}}
	x.people = make([]known, 0, len(people))
	for i, p := range people {
		k := known{Person: p, words: nameWords(p.Name)}
		k.Accounts = slices.Clone(p.Accounts)
		k.Trips = slices.Clone(p.Trips)
		for j := range k.Trips {
			t := &k.Trips[j]
			t.Locator = strings.ToUpper(strings.TrimSpace(t.Locator))
			if d := designators(t.Designator); len(d) > 0 {
				t.Designator = d[0]
			}
			if t.Locator != "" {
				add(x.locators, t.Locator, i)
			}
			if t.Designator != "" && t.Seat != "" {
				add(x.seats, seatKey{t.Designator, t.Seat}, i)
			}
		}
		for _, a := range k.Accounts {
			if a.ID != "" {
				add(x.accounts, a, i)
			}
		}
		for _, h := range handleKeys(k.words) {
			if len(h) >= minHandle {
				add(x.handles, h, i)
			}
		}
		for _, w := range k.words {
			add(x.pairs, w[:2], i)
		}
		x.people = append(x.people, k)
	}
	return x
}

func add[K comparable](m map[K][]int, k K, i int) {
	if l := m[k]; len(l) == 0 || l[len(l)-1] != i {
		m[k] = append(l, i)
	}
}

// Candidates is [Candidates] against the people of the index.
func (x *Index) Candidates(q Query) []Candidate {
	m := read(q)
	words := nameWords(q.AuthorName)
	pool := map[int]bool{}
	take := func(is []int) {
		for _, i := range is {
			pool[i] = true
		}
	}
	if q.AccountID != "" {
		take(x.accounts[Account{q.Channel, q.AccountID}])
	}
	for _, l := range m.locators {
		take(x.locators[l])
	}
	for _, f := range m.flights {
		for _, s := range m.seats {
			take(x.seats[seatKey{f, s}])
		}
	}
	handle := handleKey(q.Handle)
	take(x.handles[handle])
	// A like name shares the first two letters of at least one word; single words are no name.
	if len(words) > 1 {
		for _, w := range words {
			take(x.pairs[w[:2]])
		}
	}
	var out []Candidate
	for i := range pool {
		if c := x.score(&x.people[i], q, m, words, handle); c.Score >= PersonConfirms {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), bytes.Compare(a.Person[:], b.Person[:]), slices.Compare(a.Reasons, b.Reasons))
	})
	seen := map[passenger.PersonID]bool{}
	out = slices.DeleteFunc(out, func(c Candidate) bool {
		again := seen[c.Person]
		seen[c.Person] = true
		return again
	})
	return out[:min(len(out), maxCandidates)]
}

func (x *Index) score(p *known, q Query, m mentions, words []string, handle string) Candidate {
	c := Candidate{Person: p.ID}
	name := likeness(words, p.words)
	alike := name >= nameFloor
	made := len(handle) >= minHandle && slices.Contains(handleKeys(p.words), handle)
	account := q.AccountID != "" && slices.Contains(p.Accounts, Account{q.Channel, q.AccountID})
	var locator, sure, flight, date, seat bool
	for _, t := range p.Trips {
		if t.Locator != "" && slices.Contains(m.locators, t.Locator) {
			locator = true
			sure = sure || !m.another && slices.Contains(m.sure, t.Locator)
		}
		if slices.Contains(m.flights, t.Designator) {
			flight = true
			date = date || slices.Contains(m.days, t.Date)
			seat = seat || t.Seat != "" && slices.Contains(m.seats, t.Seat)
		}
	}
	switch {
	case account:
		c.Score = scoreAccount
	case locator && alike && sure:
		c.Score = scoreLocatorName
	case locator && alike:
		c.Score = topWithout
	case locator:
		c.Score = scoreLocator
	default:
		switch {
		case alike:
			c.Score = scoreName * (1 - (1-name)*2) // .90 → .48: needs a flight as well
		case made:
			c.Score = scoreHandle
		case flight && date && seat:
			c.Score = scoreSeat
		}
		if c.Score > 0 {
			for _, e := range []struct {
				seen bool
				add  float64
			}{{made && alike, addDate}, {flight, addFlight}, {date, addDate}, {seat, addSeat}} {
				if e.seen {
					c.Score += e.add
				}
			}
		}
		c.Score = min(c.Score, topWithout)
	}
	for _, r := range []struct {
		seen bool
		code string
	}{{account, ByAccount}, {locator, ByLocator}, {alike, ByName}, {made, ByHandle}, {flight, ByFlight}, {date, ByDate}, {seat, BySeat}} {
		if r.seen {
			c.Reasons = append(c.Reasons, r.code)
		}
	}
	return c
}
