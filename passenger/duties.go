package passenger

import (
	"cmp"
	"encoding/binary"
	"slices"
	"time"
)

// DutiesAsk says which of a tablet's flights ground should list.
type DutiesAsk struct {
	// Held names the flights of which the tablet holds something, with the end of the lease that
	// its key was wrapped for; the zero time is no key. They are listed however old they are.
	Held map[FlightID]time.Time
	// After is where the page before ended; nil asks for the first.
	After []byte
	// Limit is how many flights a page holds.
	Limit int
}

// Duties is one page of a tablet's flights, the nearest to their departure first.
type Duties struct {
	List []Duty
	Next []byte // nil: the last page
}

// dutyMark is the place between two flights: as of when, how far from its departure, which flight.
const dutyMark = 8 + 8 + len(FlightID{})

// Page cuts a page out of a tablet's flights. The order is that of the first page's time: a
// flight that is scheduled anew meanwhile may be missed, until the tablet asks again. Errors:
// invalid for an After that no page ended with.
func (a DutiesAsk) Page(now time.Time, all []Assignment) (page []Assignment, next []byte, err error) {
	asOf := now.Truncate(time.Second)
	if len(a.After) != 0 {
		if len(a.After) != dutyMark {
			return nil, nil, Errorf(Invalid, "passenger.Page", "the page before ended otherwise; ask for the list anew")
		}
		asOf = time.Unix(int64(binary.BigEndian.Uint64(a.After)), 0)
	}
	mark := func(x Assignment) []byte {
		b := binary.BigEndian.AppendUint64(make([]byte, 0, dutyMark), uint64(asOf.Unix()))
		return append(binary.BigEndian.AppendUint64(b, uint64(x.STD.Sub(asOf).Abs())), x.Flight[:]...)
	}
	page = slices.DeleteFunc(slices.Clone(all), func(x Assignment) bool { return slices.Compare(mark(x), a.After) <= 0 })
	slices.SortFunc(page, func(x, y Assignment) int {
		return cmp.Or(cmp.Compare(x.STD.Sub(asOf).Abs(), y.STD.Sub(asOf).Abs()), slices.Compare(x.Flight[:], y.Flight[:]))
	})
	if len(page) > a.Limit {
		page = page[:a.Limit]
		next = mark(page[a.Limit-1])
	}
	return page, next, nil
}
