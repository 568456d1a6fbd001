package sync

import (
	"math"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// WindowAfter is how long after the latest arrival stamps can be (reference D.3).
const WindowAfter = 72 * time.Hour

// Stamp is a hybrid logical clock reading. Ms counts milliseconds since [StampEpoch]. It only
// orders true siblings and tells people a time; it never decides safety.
type Stamp struct {
	Ms  uint64
	Ctr uint64
}

// StampEpoch is where stamps count from: 1 January 2025 UTC. Shorter numbers than Unix time.
var StampEpoch = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// Time returns the stamp as UTC time, millisecond precision.
func (s Stamp) Time() time.Time { return StampEpoch.Add(time.Duration(s.Ms) * time.Millisecond) }

// Less orders stamps by time, then counter.
func (s Stamp) Less(t Stamp) bool {
	if s.Ms != t.Ms {
		return s.Ms < t.Ms
	}
	return s.Ctr < t.Ctr
}

// Window is when the stamps of a flight can be: from [passenger.OpenBefore] before the earliest
// departure to [WindowAfter] after the latest arrival that ground named, milliseconds since
// [StampEpoch]. A stamp outside is kept in its op, clamped where stamps order, flagged in the
// view and moves no clock: every replica decides that alike, whatever its own clock says.
type Window struct{ From, To uint64 }

// with returns the window stretched over a schedule.
func (w Window) with(g Genesis) Window {
	if from := ms(g.STD.Add(-passenger.OpenBefore)); !g.STD.IsZero() && (w.From == 0 || from < w.From) {
		w.From = max(from, 1)
	}
	if to := ms(g.STA.Add(WindowAfter)); !g.STA.IsZero() && to > w.To {
		w.To = to
	}
	return w
}

// holds reports whether a stamp of a lane of class c can be. Ground plans flights long before
// they open, so its stamps have no lower bound. Without a schedule nothing is out of bounds.
func (w Window) holds(s Stamp, c Class) bool {
	return w.To == 0 || s.Ms <= w.To && (c != TabletLane || s.Ms >= w.From)
}

// clamp returns the nearest stamp inside.
func (w Window) clamp(s Stamp, c Class) Stamp {
	switch {
	case w.holds(s, c):
		return s
	case s.Ms > w.To:
		return Stamp{Ms: w.To}
	}
	return Stamp{Ms: w.From}
}

func ms(t time.Time) uint64 {
	d := t.Sub(StampEpoch)
	if d < 0 {
		return 0
	}
	return uint64(d / time.Millisecond)
}

// next returns the smallest stamp after s that is not before now.
func (s Stamp) next(now time.Time) Stamp {
	if n := ms(now); n > s.Ms {
		return Stamp{Ms: n}
	}
	if s.Ctr == math.MaxUint64 { // not reached by clocks that a window bounds
		return Stamp{Ms: s.Ms + 1}
	}
	return Stamp{Ms: s.Ms, Ctr: s.Ctr + 1}
}
