package notes

import (
	"cmp"
	"slices"

	"github.com/cabinloop/cabinloop/passenger"
)

// Rank returns the indexes of the notes that a flight shows at first, in their order: event
// notes, then by priority, service moment and seat; at most [passenger.MaxNotesPerFlight].
// The rest is one tap away. The order depends on the notes alone, not on their places.
func Rank(notes []passenger.Note) []int {
	order := make([]int, len(notes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := notes[i], notes[j]
		seat := 0
		switch {
		case a.Seat.Less(b.Seat):
			seat = -1
		case b.Seat.Less(a.Seat):
			seat = 1
		}
		ha, hb := Hash(a), Hash(b)
		return cmp.Or(
			-cmp.Compare(b2i(a.Event), b2i(b.Event)),
			cmp.Compare(a.Priority, b.Priority),
			cmp.Compare(slices.Index(passenger.Moments, a.Moment), slices.Index(passenger.Moments, b.Moment)),
			seat,
			cmp.Compare(a.Traveller, b.Traveller),
			slices.Compare(ha[:], hb[:]),
		)
	})
	return order[:min(len(order), passenger.MaxNotesPerFlight)]
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
