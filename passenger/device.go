package passenger

import (
	"encoding/binary"
	"time"
)

// PublicKeys are the two public keys of a device or of ground, compressed P-256 points of 33
// bytes each: one verifies its signatures, the other seals to it.
type PublicKeys struct {
	Sign  []byte
	Agree []byte
}

// Enrolment is what makes a device a tablet.
type Enrolment struct {
	Tablet TabletID
	Token  string     // the bearer token of every later call
	Ground PublicKeys // of ground; the tablet keeps to them
	// Former is how the device stood that proved its key before: [AccessUnknown] when ground knows no
	// such device, [AccessGood] when it proved none.
	Former Access
}

// Duty is an assignment with the flight's key for this tablet.
type Duty struct {
	Assignment
	// LeaseEnd is when the flight's text leaves the tablet, as ground knows it; zero without a key.
	LeaseEnd time.Time
	// WrappedKey is the flight's key, sealed to the tablet's agree key with [WrapInfo] and [WrapAAD];
	// nil when the tablet holds it for that end, or must not have it.
	WrappedKey []byte
}

// FlightKeySize is the size of a flight's key, bytes.
const FlightKeySize = 32

// WrapInfo says what a wrapped key is.
const WrapInfo = "cabinloop flight key 1"

// WrapAAD binds a wrapped key to one tablet, one flight and one end of the lease (Unix seconds).
func WrapAAD(tablet TabletID, flight FlightID, leaseEnd time.Time) []byte {
	b := append(tablet[:len(tablet):len(tablet)], flight[:]...)
	return binary.BigEndian.AppendUint64(b, uint64(leaseEnd.Unix()))
}
