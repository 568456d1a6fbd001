package manifest

import (
	"cmp"
	"slices"

	"github.com/cabinloop/cabinloop/ground"
)

// The words of doubts that this package knows. Tablets have a sentence for each.
const (
	gap      = "gap"      // a change is missing
	aircraft = "aircraft" // another aircraft, and no new seats yet
	totals   = "totals"   // names and totals disagree
)

// maxNumbers bounds how many numbers of changes are remembered behind a full list. Arbitrary; a busy
// flight has some dozens.
const maxNumbers = 500

// count notes what the message says of the list as a whole, and drops what a full list has
// made old.
func (m *merger) count() {
	u, f := m.update, &m.facts
	if u.Doubt != "" {
		if i := slices.IndexFunc(f.Doubts, func(d ground.ListDoubt) bool { return d.Word == u.Doubt }); i < 0 {
			f.Doubts = append(f.Doubts, ground.ListDoubt{Word: u.Doubt, At: m.at})
		} else {
			f.Doubts[i].At = max(f.Doubts[i].At, m.at)
		}
	}
	if u.ANA != 0 {
		f.Numbers = append(f.Numbers, ground.ListCount{N: u.ANA, At: m.at})
	}
	if !u.Full || u.Doubt == "" {
		for _, t := range u.Totals {
			t.At = m.at
			f.Totals = append(f.Totals, t)
		}
		for _, h := range u.Held {
			if h.At = m.at; !slices.Contains(f.Held, h) {
				f.Held = append(f.Held, h)
			}
		}
	}
	m.prune()
}

func (m *merger) prune() {
	f := &m.facts
	old := func(c ground.ListCount) bool { return c.At < f.Full }
	f.Held = none(slices.DeleteFunc(f.Held, old))
	f.Totals = slices.DeleteFunc(f.Totals, old)
	slices.SortFunc(f.Totals, func(a, b ground.ListCount) int {
		return cmp.Or(cmp.Compare(a.Place, b.Place), -cmp.Compare(a.At, b.At), -cmp.Compare(a.N, b.N))
	})
	f.Totals = none(slices.CompactFunc(f.Totals, func(a, b ground.ListCount) bool { return a.Place == b.Place }))
	before := ground.ListCount{} // the highest number up to the full list
	for _, n := range f.Numbers {
		if n.At <= f.Full && n.N > before.N {
			before = n
		}
	}
	f.Numbers = slices.DeleteFunc(f.Numbers, func(n ground.ListCount) bool { return n.At <= f.Full && n != before })
	slices.SortFunc(f.Numbers, func(a, b ground.ListCount) int { return cmp.Or(cmp.Compare(a.N, b.N), cmp.Compare(a.At, b.At)) })
	f.Numbers = none(slices.Compact(f.Numbers))
	f.Numbers = f.Numbers[max(0, len(f.Numbers)-maxNumbers):]
	slices.SortFunc(f.Held, func(a, b ground.ListCount) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Place, b.Place), cmp.Compare(a.N, b.N))
	})
	slices.SortFunc(f.Doubts, func(a, b ground.ListDoubt) int { return cmp.Compare(a.Word, b.Word) })
}

// none keeps an empty list as nil, the form in which it is stored.
func none[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

// doubt says why the list is unsure: the first of its reasons.
func (m *merger) doubt() string {
	words := []string{gap, aircraft, totals}
	open := map[string]bool{gap: m.missing(), totals: !m.addsUp()}
	for _, d := range m.facts.Doubts {
		if d.At > m.facts.Full {
			open[d.Word] = true
			words = append(words, d.Word)
		}
	}
	for _, w := range words {
		if open[w] {
			return w
		}
	}
	return ""
}

// missing reports a number without a message, behind the last full list.
func (m *merger) missing() bool {
	last, lost := 0, false
	for _, n := range m.facts.Numbers {
		if n.At <= m.facts.Full {
			last = n.N
		}
	}
	for _, n := range m.facts.Numbers {
		if n.At > m.facts.Full {
			lost = lost || last != 0 && n.N > last+1
			last = n.N
		}
	}
	return lost
}

// addsUp compares the newest total of each place with those who are in it. Somebody whom only
// a source without places named may be in any of their cabin.
func (m *merger) addsUp() bool {
	in, anywhere := map[string]int{}, map[string]int{}
	for _, e := range m.all {
		if s, ok := m.place(e); ok && s.Place != "" {
			in[s.Place]++
		} else if ok {
			anywhere[e.Cabin]++
		}
	}
	for _, h := range m.facts.Held {
		in[h.Place] += h.N
	}
	for _, t := range m.facts.Totals {
		open := anywhere[t.Cabin] + anywhere[""]
		if t.Cabin == "" {
			open = len(m.all)
		}
		if t.N < in[t.Place] || t.N > in[t.Place]+open {
			return false
		}
	}
	return true
}
