package passenger

import (
	"encoding/hex"

	"github.com/google/uuid"
)

// PersonID names someone the ground knows. It never leaves the ground.
type PersonID = uuid.UUID

// CaseID names one customer's problem.
type CaseID = uuid.UUID

// LoopID names what a flagged case starts and what lives on until a flight has happened.
type LoopID = uuid.UUID

// TabletID names an enrolled tablet.
type TabletID = uuid.UUID

// TravellerNo numbers a person within one flight, from 1, given by ground, never re-used.
// 0 means "no traveller": an event note, or an op about the whole flight.
type TravellerNo uint32

// FlightID is the sync group of one flight: 8 random bytes minted once by ground.
type FlightID [8]byte

// String returns 16 lower-case hex digits.
func (id FlightID) String() string { return hex.EncodeToString(id[:]) }

// ParseFlightID reads what [FlightID.String] wrote. Errors: [Invalid].
func ParseFlightID(s string) (FlightID, error) {
	var id FlightID
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(id) {
		return id, Errorf(Invalid, "passenger.ParseFlightID", "a flight id has 16 hex digits")
	}
	copy(id[:], b)
	return id, nil
}
