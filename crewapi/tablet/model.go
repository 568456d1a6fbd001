package tablet

import (
	"time"

	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Mark says how safe a recorded entry is. Marks come from durable vectors only.
type Mark int

// The marks, as the purser sees them.
const (
	MarkSaved  Mark = 1 // ✓ on this tablet, flushed to disk
	MarkPeer   Mark = 2 // ✓✓ on another tablet too
	MarkGround Mark = 3 // ✓✓✓ on ground
)

// String returns one to three check marks.
func (m Mark) String() string { return "✓✓✓"[:len("✓")*int(min(max(m, 0), 3))] }

// FlightRow is one line of the list of flights: the right one is on top.
type FlightRow struct {
	Key      passenger.FlightKey
	Arrival  string
	STD, STA time.Time
	Role     passenger.Role
	Zone     string
	Stage    passenger.Stage
	Movement passenger.Movement // last known, "" before boarding
	Notes    int                // standing notes
	Open     int                // standing notes without an outcome
	Pending  int                // own entries not yet on ground, those that a repair keeps apart among them
	Unknown  bool               // what of this flight waits for ground cannot be read now: Pending says nothing
	Damaged  int                // records of this flight that cannot be read here: notes, entries, parts of the list
	SyncedAt time.Time          // of the last exchange with ground; zero for never
	Ready    bool               // the flight's data is on this tablet, and ground knows that it records there
}

// FlightPage is one flight with its notes.
type FlightPage struct {
	FlightRow
	List    flightsync.ListAge // how old the manifest is, and whether it is in doubt
	Events  []NoteCard         // event notes: about the whole flight
	Cards   []NoteCard         // by service moment, then seat; the first MaxNotesPerFlight by priority are not More
	Now     time.Time          // when the page was made: age is Now minus SyncedAt
	Unsure  bool               // the time is not confirmed: this tablet's clock may be wrong
	Others  []TravellerRow     // all travellers, by seat
	IsLead  bool
	FinDone bool // handed in
	// OnlyHere counts the entries that neither ground nor another tablet is known to hold: with one,
	// the tablet is not handed in without a reason.
	OnlyHere int
	Storage  Storage
}

// NoteCard is one note as the crew reads it.
type NoteCard struct {
	Dot        flightsync.Dot
	Note       passenger.Note // Name, Seat and Tier as the manifest now says
	SeatNow    passenger.Seat // crew-corrected, "" when nobody did
	More       bool           // below the fold: one tap away
	Retracted  flightsync.RetractReason
	Expired    bool // text is gone from the page
	Seen       bool
	Disputed   bool
	Outcome    *passenger.Feedback // the one outcome, nil while none or disputed
	Heads      []HeadRow           // every live outcome with its mark
	Mark       Mark                // of this tablet's own last entry on the note, 0 without one
	Verdict    flightsync.VerdictCode
	Gestures   []flightsync.GestureView
	Assistance []string
	Claimed    bool
}

// HeadRow is one live outcome: which tablet role, never which person.
type HeadRow struct {
	Own      bool
	Role     passenger.Role
	Zone     string
	Feedback passenger.Feedback
	At       time.Time
	Mark     Mark
}

// TravellerRow is one line of the manifest.
type TravellerRow struct {
	flightsync.TravellerView
	Notes []flightsync.Dot
}

// Entry is what a form records about a note. The same Nonce is the same entry, kept durably.
type Entry struct {
	Flight   passenger.FlightKey
	Note     flightsync.Dot
	Nonce    [8]byte
	Feedback passenger.Feedback
	Gesture  passenger.GestureCode // "" for none
	Quantity int                   // of the gesture; 0 is 1
	Resolve  bool                  // settles a dispute (acting lead)
	Urgent   bool                  // goes to ground at once, over SATCOM too
}

// Status is how the tablet stands.
type Status struct {
	Tablet    passenger.TabletID `json:"tablet"`
	Ground    string             `json:"ground"` // URL
	Enrolled  bool               `json:"enrolled"`
	Access    passenger.Access   `json:"access,omitempty"` // why ground refuses this tablet, as it last said; "" while it does not
	Flights   int                `json:"flights"`
	Pending   int                `json:"pending"`   // own entries not yet on ground, all flights
	Unknown   int                `json:"unknown"`   // flights whose waiting entries cannot be counted now: their store or key cannot be read
	Issued    int                `json:"issued"`    // own ops ever written, all flights
	OnGround  int                `json:"on_ground"` // of them on ground, from ground's durable vectors
	Damaged   int                `json:"damaged"`   // records that cannot be read here, all flights; ground is asked for them
	LastSync  time.Time          `json:"last_sync,omitzero"`
	LastError string             `json:"last_error,omitempty"` // public text of the last failed sync, "" after a good one
	Cause     error              `json:"-"`                    // behind LastError, for pages in other languages; nil for none
	CauseOn   string             `json:"-"`                    // the flight that Cause is about; "" for all
	// CertificateEnds is when ground's certificate ends, as last seen; zero when never seen.
	CertificateEnds time.Time  `json:"ground_certificate_ends,omitzero"`
	FreeBytes       uint64     `json:"free_bytes"`        // disk
	Storage         Storage    `json:"storage,omitempty"` // why nothing can be recorded; "" while it can
	Link            LinkStatus `json:"link"`
}

// SyncReport is what one round of exchanges did.
type SyncReport struct {
	Flights   int      `json:"flights"`
	Sent      int      `json:"sent"`
	Received  int      `json:"received"`
	Exchanges int      `json:"exchanges"`
	Pending   int      `json:"pending"`
	Unknown   int      `json:"unknown,omitempty"` // flights whose waiting entries cannot be counted
	Problems  []string `json:"problems,omitempty"`
	// RetryAfter is how long a busy ground asked to be left alone; 0 when it did not.
	RetryAfter time.Duration `json:"-"`

	causes    []failure // of Problems
	why       uplink.Why
	unreached bool // nothing came back at all
}
