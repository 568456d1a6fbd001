package sync

import (
	"math"
	"time"
)

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

// ahead reports whether s is further ahead of now than clocks of one flight can differ. A zero
// now knows no time and bounds nothing.
func (s Stamp) ahead(now time.Time) bool {
	if now.IsZero() {
		return false
	}
	limit := max(now.Add(MaxAhead).Sub(StampEpoch), 0)
	return s.Ms > uint64(limit/time.Millisecond)
}

// next returns the smallest stamp after s that is not before now.
func (s Stamp) next(now time.Time) Stamp {
	var ms uint64
	if d := now.Sub(StampEpoch); d > 0 {
		ms = uint64(d / time.Millisecond)
	}
	if ms > s.Ms {
		return Stamp{Ms: ms}
	}
	if s.Ctr == math.MaxUint64 { // not reached by clocks that [MaxAhead] bounds
		return Stamp{Ms: s.Ms + 1}
	}
	return Stamp{Ms: s.Ms, Ctr: s.Ctr + 1}
}
