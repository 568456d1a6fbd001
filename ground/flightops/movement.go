package flightops

import (
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// MovementMessage is one MVT, MVA or DIV (AHM 780), or one ACARS report of OUT, OFF, ON and IN.
// Every time is UTC with minute precision.
type MovementMessage struct {
	Type         string // "MVT", "MVA", "DIV", "OOOI"
	File         string
	Line         int // of the flight element
	Carrier      string
	Number       int // 0 when an ACARS report names no flight
	Suffix       string
	Day          string // YYYY-MM-DD, UTC day of the flight's origin as the sender writes it; of an OOOI, that of its first time
	Registration string // without hyphen, "" when unknown
	Station      string // of the flight element, IATA, "" when not said
	SentAt       time.Time
	Events       []Event // in the order of the message
	Arrival      string  // where it is going now, "" when not said; after DIV the new airport

	EstimatedArrival   *time.Time // EA, or EB when there is no EA
	EstimatedDeparture *time.Time // ED or EO
	NextInformation    *time.Time // NI
	Return             *Return    // RR or FR: the flight is back where it left

	Delays     []Delay
	Passengers []int  // PX, one number a class as sent
	Infants    int    // PX57+2
	Reason     string // of a diversion, 2 letters
	Warnings   []Warning
	Key        string   // idempotence key of the telex
	NoDay      []string // estimates of which it says hours and minutes only: "EA"
}

// Event is one movement that has happened.
type Event struct {
	Word passenger.Movement // off-block, off, on, in, diverted
	At   time.Time
	Line int

	Station string // IATA when it is another than the message's, "" otherwise
	NoDay   bool   // the message says hours and minutes; the day in At is what the message alone suggests
}

// Return says that the flight came back: to the ramp (RR) or from the air (FR). The window in
// which ground may push opens again; it is no arrival.
type Return struct {
	Kind  string // "RR" or "FR"
	Times []time.Time
	Line  int
}

// Delay is a delay code with its length; Length is 0 when not said.
type Delay struct {
	Code   string
	Length time.Duration
}

// Designator returns carrier, four-digit number and suffix: "KL0641".
func (m MovementMessage) Designator() string {
	return FlightRef{Carrier: m.Carrier, Number: m.Number, Suffix: m.Suffix}.Designator()
}
