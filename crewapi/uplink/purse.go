package uplink

import (
	"maps"

	"github.com/cabinloop/cabinloop/passenger"
)

// Spent is how many bytes each tablet of a flight has spent; a tablet's number only grows.
type Spent map[passenger.TabletID]int64

// Merge returns both, the larger number of each tablet. It changes neither.
func (s Spent) Merge(t Spent) Spent {
	out := maps.Clone(s)
	for id, n := range t {
		if out == nil {
			out = Spent{}
		}
		if n > out[id] {
			out[id] = n
		}
	}
	return out
}

// Add returns s with n more bytes spent by a tablet. It changes nothing.
func (s Spent) Add(id passenger.TabletID, n int64) Spent {
	return s.Merge(Spent{id: s[id] + n})
}

// Total is what all tablets spent.
func (s Spent) Total() (n int64) {
	for _, m := range s {
		n += m
	}
	return n
}

// Purse is what a flight may cost on a dear link, bytes. Limit 0 or less is without bound.
type Purse struct{ Limit, Used int64 }

// Left is what may still be spent; 0 when nothing, or when there is no limit.
func (p Purse) Left() int64 { return max(p.Limit-p.Used, 0) }

// Empty reports whether only urgent entries and a person's wish may go.
func (p Purse) Empty() bool { return p.Limit > 0 && p.Used >= p.Limit }

// Allows reports whether a round for that reason may begin or go on.
func (p Purse) Allows(why Why) bool { return why == Person || why == Urgent || !p.Empty() }
