package ground

import (
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Flight is one leg as ground knows it. Its ops are in the flight's lanes ([Ops]).
type Flight struct {
	ID        passenger.FlightID
	Key       passenger.FlightKey
	Arrival   string
	STD, STA  time.Time // latest known schedule; the key keeps the first
	Stage     passenger.Stage
	Movement  passenger.Movement // last, "" before boarding
	MovedAt   time.Time
	OnBlockAt time.Time // zero until in
	ClosedAt  time.Time
	SealedAt  time.Time
	ListAt    time.Time         // of the newest list message
	ListDoubt string            // "" or why the list is unsure
	List      ListFacts         // what ListDoubt and the travellers follow from
	Told      []Told            // the newest message for each movement and part of the schedule
	ANA       int               // highest ADL number, 0 when unknown
	Revision  int               // of the reconciliation report: 1 at seal, +1 for each late arrival
	Restores  int               // restores of the database that this flight has taken note of
	Floor     flightsync.Author // no index below is given to a tablet any more; 0 before a restore
}

// Traveller is a person on one flight. Numbers are never re-used, also after removal.
type Traveller struct {
	Flight     passenger.FlightID
	No         passenger.TravellerNo
	Person     passenger.PersonID
	SourceKey  string // locator + normalised name + order
	Surname    string
	Given      string
	Title      string
	Seat       passenger.Seat
	Tier       string
	Cabin      string // F, C, W, Y
	Minor      bool   // under 18 possible: notes are held
	Unsure     bool   // which person this is is in doubt: notes are held
	Removed    bool
	NoShow     bool
	Assistance []string
	Onward     string // "KL0691 AMS-YYZ" or ""
	Erased     bool   // everything above but numbers is gone, and so it stays
	Facts      TravellerFacts
}

// ManifestRow is one traveller as a list or CSV names them, after decoding.
type ManifestRow struct {
	Line       int
	Locator    string
	Surname    string
	Given      string
	Title      string
	Order      int // n-th of the same name within the locator, from 1
	Cabin      string
	Seat       passenger.Seat
	Tier       string
	CustomerID string // of the passenger system, "" when unknown
	Accounts   []Account
	Assistance []string
	Onward     string
	Minor      bool
	Removed    bool     // an ADL's DEL
	Locators   []string // beside Locator: of other carriers
	Place      string   // which total of the list counts them: "JFK/Y"; "" when the source has no totals
	// Partial is a row of a message that is no list: it adds services, and what it leaves empty
	// it does not speak of. It brings nobody.
	Partial bool
	Off     bool // with Partial: was not on board
}

// ManifestUpdate is one list message or file for one flight.
type ManifestUpdate struct {
	Key      passenger.FlightKey
	Arrival  string
	STD, STA time.Time // zero when the source does not say; the flight must then exist
	At       time.Time // of the message
	Sent     bool      // At is the sender's; otherwise it is the reception, and of two the later arrival counts
	Rank     int       // among messages of one second, as [NewStamp] takes it
	Full     bool      // the whole list (PNL, CSV); otherwise changes it (ADL)
	Doubt    string    // why it does not add up, or another doubt; then it removes nobody
	Aside    bool      // is no list: the list keeps its age
	ANA      int
	Rows     []ManifestRow
	Totals   []ListCount // by place, after this message
	Held     []ListCount // seats without a traveller: all of a full list, or how many more
	Receipt  string      // idempotence key of the message
}

// ManifestResult says what a list message did.
type ManifestResult struct {
	Flight    passenger.FlightID
	Created   bool // the flight is new
	Duplicate bool // the message was known; nothing changed
	Added     int
	Changed   int
	Removed   int
	Warnings  []string
	Loops     []passenger.LoopID // to evaluate: their persons came, left or moved
}

// MovementUpdate is one movement of one flight.
type MovementUpdate struct {
	Sent time.Time // when the sender wrote it; zero for a person, who says it now
	Fact flightsync.MovementFact
	ETA  time.Time // new estimated arrival, zero when not said
	STD  time.Time // new scheduled departure, zero when not said; the key stays
	// Arrival is where the flight goes now, IATA; "" when not said.
	Arrival string
}

// Crossing is one author index of a tablet on a flight: what it wrote and what ground has.
type Crossing struct {
	Flight      passenger.FlightID
	Tablet      passenger.TabletID
	Author      flightsync.Author
	Incarnation flightsync.Incarnation
	FirstAt     time.Time
	LastAt      time.Time
	Issued      uint64 // the highest own sequence the tablet has claimed to hold
	OnGround    uint64 // of its ops, held by ground
	Have        flightsync.Vector
	// SettledAt is when it was known that nothing of it is left on a device whose access ended: the
	// device said so, or a person decided it with a reason (SettledWhy).
	SettledAt  time.Time
	SettledWhy string
	// Reviewed is up to where of its lane a person has decided about entries that wait for one.
	Reviewed uint64
}

// ImportReport says what an import did (the command-line contract).
type ImportReport struct {
	Taken     int           `json:"taken"`
	Duplicate int           `json:"duplicate"`
	Refused   int           `json:"refused"`
	Errors    []ImportError `json:"errors"`
	Warnings  []ImportError `json:"warnings,omitempty"`
}

// ImportError names a line and why it was refused. It quotes nothing of the line.
type ImportError struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Reason string `json:"reason"`
}

// Refuse notes a refused line.
func (r *ImportReport) Refuse(file string, line int, reason string) {
	r.Refused++
	r.Errors = append(r.Errors, ImportError{file, line, reason})
}

// Warn notes something odd that was taken all the same.
func (r *ImportReport) Warn(file string, line int, text string) {
	r.Warnings = append(r.Warnings, ImportError{file, line, text})
}
