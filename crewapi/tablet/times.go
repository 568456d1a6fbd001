package tablet

import (
	"encoding/json"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// timesVersion is the version of time.json. History: 1, 2026-12: the first.
const timesVersion = 1

// parseTimes reads time.json. A file of a later version is not read: it is rebuilt. Errors: corrupt.
func parseTimes(b []byte) (t times, err error) {
	const op = "tablet.parseTimes"
	if err := json.Unmarshal(b, &t); err != nil {
		return times{}, passenger.Wrap(passenger.Corrupt, op, "what this tablet knew of the time cannot be read; ground says it again", err)
	}
	bad := t.Version != timesVersion || t.Heard < nobody || t.Heard > ground || !t.Known.Time.IsZero() && !plausible(t.Known.Time)
	for _, up := range []time.Duration{t.Known.At, t.Since, t.Wall.At} {
		bad = bad || up < 0 || up > longest
	}
	if bad {
		return times{}, passenger.Errorf(passenger.Corrupt, op, "what this tablet knew of the time makes no sense; ground says it again")
	}
	return t, nil
}

// longest is more than any machine runs: a century.
const longest = 100 * 366 * 24 * time.Hour

// plausible reports whether anybody can mean such a time; what is computed with it does not overflow.
func plausible(t time.Time) bool { return t.Year() >= 2020 && t.Year() < 2200 }
