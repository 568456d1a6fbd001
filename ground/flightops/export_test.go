package flightops

import (
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// Update is what a list says of a flight.
func (l List) Update(key passenger.FlightKey, received time.Time) ground.ManifestUpdate {
	return l.update(key, received)
}
