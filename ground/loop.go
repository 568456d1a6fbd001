package ground

import (
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// LoopState is where a loop stands. Exactly one of the ended states ends it, with a reason.
type LoopState string

// The loop states.
const (
	LoopDesk       LoopState = "desk"       // something is missing: identity, consent, privacy clearance
	LoopWaiting    LoopState = "waiting"    // waits for a flight
	LoopCompiled   LoopState = "compiled"   // a note is on a flight
	LoopReconciled LoopState = "reconciled" // the outcome is on ground; a follow-up may be open
	LoopClosed     LoopState = "closed"     // reply sent, or none with a reason
	LoopEnded      LoopState = "ended"      // no flight found, consent no, no reach, expired, erased, nothing to do
)

// Loop is what a flagged case starts and what lives on until a flight has happened.
type Loop struct {
	ID        passenger.LoopID
	Case      passenger.CaseID
	Person    passenger.PersonID // zero while unknown
	State     LoopState
	FlaggedBy string
	FlaggedAt time.Time
	ExpiresAt time.Time
	Flight    passenger.FlightID // of the standing note; zero while none
	Event     bool               // covered by an event note
	Edits     Edits              // what the agent changed in the pre-written note
	Outcome   passenger.Feedback // as reconciled
	EndReason string
	EndedAt   time.Time
}

// Edits is what a social agent may change in a pre-written note.
type Edits struct {
	Do       []passenger.PhraseCode
	DoNot    []passenger.PhraseCode
	Words    string
	Moment   passenger.Moment
	Priority passenger.Priority
	Private  bool
}

// LoopFlight is one note of a loop on one flight. (Loop, Flight) is unique.
type LoopFlight struct {
	Loop      passenger.LoopID
	Flight    passenger.FlightID
	Traveller passenger.TravellerNo
	Note      flightsync.Dot
	Hash      [16]byte // of the note's content: re-compiling to the same hash writes nothing
	Retracted flightsync.RetractReason
	MovedFrom passenger.FlightID // the flight of the note this one continues
	CreatedAt time.Time
	Outcome   string // as reconciled: acted, declined, not-possible, disputed, no-outcome, not-seen, never-delivered, withdrawn
}

// Transition is one recorded step of a loop: time, role and evidence.
type Transition struct {
	Loop     passenger.LoopID
	Seq      int
	At       time.Time
	Role     string // social, ground, crew, rule, admin
	To       string // a loop state, or delivered, seen, acted …
	Evidence string // "KL0641/2026-11-21/AMS note 3.2", never a name or words
}

// DeskItem is what is missing before a note can be compiled, with the departure as deadline.
type DeskItem struct {
	ID       int64
	Loop     passenger.LoopID
	Case     passenger.CaseID
	Reason   string // identity, consent, sensitive, minor-possible, crew-topic, …
	Detail   []string
	Deadline time.Time // zero when no flight is known
	OpenedAt time.Time
	DoneAt   time.Time
	Decision string // done, refused
	By       string
}

// FollowUp is what ground still has to do, born with an owner queue and a deadline.
type FollowUp struct {
	ID        int64
	Loop      passenger.LoopID // zero for one about the flight as a whole
	Case      passenger.CaseID
	Flight    passenger.FlightID
	Cause     string // reply, disputed, displeased, second-gesture, question
	Queue     string // social or ground
	GroupKey  string // flight and cause
	Deadline  time.Time
	Escalated bool
	Evidence  string
	OpenedAt  time.Time
	ClosedAt  time.Time
	ClosedBy  string
	Result    string
}

// GestureRow is one line of the register of gestures given. The key is (Flight, Dot).
type GestureRow struct {
	Flight   passenger.FlightID
	Dot      flightsync.Dot
	Loop     passenger.LoopID
	Person   passenger.PersonID
	Code     passenger.GestureCode
	Quantity int
	At       time.Time
	Voided   bool
}

// EventNote covers the cases of one disruption on one flight.
type EventNote struct {
	Flight passenger.FlightID
	Note   flightsync.Dot
	Origin string // designator and day of the disruption
	Loops  []passenger.LoopID
}
