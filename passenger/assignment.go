package passenger

import "time"

// Assignment says that a tablet serves a flight. A tablet without one gets nothing.
type Assignment struct {
	Flight  FlightID
	Key     FlightKey
	Arrival string
	STD     time.Time
	STA     time.Time
	Role    Role
	Zone    string
	Stage   Stage
	Removed bool // no longer this tablet's flight: hand in and forget
}
