package notes

import (
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// Reach says whose tablets are on a flight.
type Reach string

// The reaches. With ReachNone no personal note is compiled.
const (
	ReachOwn     Reach = "own"
	ReachPartner Reach = "partner"
	ReachNone    Reach = "none"
)

// Complaint is the flight and day a case is about.
type Complaint struct {
	Designator string // "KL0641"; "" or unreadable when not known
	Day        string // YYYY-MM-DD of what happened; "" when nobody said
}

// Traveller is the affected person on this flight.
type Traveller struct {
	No            passenger.TravellerNo
	Surname       string
	Given         string
	Title         string
	Seat          passenger.Seat
	Tier          string
	Cabin         string // F, C (or J), W, Y; anything else counts as Y
	MinorPossible bool   // under 18 possible and not cleared by a person
	IdentitySure  bool
}

// Flight is the flight the note would go to.
type Flight struct {
	Key             passenger.FlightKey
	STD, STA        time.Time // latest known schedule
	CrewOfComplaint bool      // someone of the crew the complaint is about is on board
}

func (f Flight) block() time.Duration { return f.STA.Sub(f.STD) }

// ServesMeal reports whether a meal is served in a cabin of this flight, by its block time.
func (f Flight) ServesMeal(cabin string) bool {
	if premium(cabin) {
		return f.block() >= mealPremium
	}
	return f.block() >= mealEconomy
}

func premium(cabin string) bool { return cabin == "F" || cabin == "C" || cabin == "J" }

// Edits is what a social agent changed. Empty fields keep what was compiled; a private hint
// can be added, not taken away.
type Edits struct {
	Do       []passenger.PhraseCode
	DoNot    []passenger.PhraseCode
	Words    string
	Moment   passenger.Moment
	Priority passenger.Priority
	Private  bool
}

// Input is everything a note depends on.
type Input struct {
	Topic           passenger.Topic
	Severity        passenger.Severity
	Complaint       Complaint
	Traveller       Traveller
	Flight          Flight
	Consent         passenger.Consent // "" is not asked
	NotAskedAllowed bool              // operator's setting: compile when consent was not asked
	Reach           Reach
	Settled         bool // the case is settled: acknowledge only
	MovedFrom       bool // the note was on an earlier flight
	Onward          bool // the traveller has an onward connection
	AgentAsked      bool // a person flagged it, not a rule
	Cleared         bool // a person cleared the free words for privacy
	Edits           *Edits
	Now             time.Time
}

// The codes of a refusal.
const (
	ConsentNo       = "consent-no"
	ConsentNotAsked = "consent-not-asked"
	NoReach         = "no-reach"
	IdentityUnsure  = "identity-unsure"
	MinorPossible   = "minor-possible"
	Sensitive       = "sensitive"
	CrewTopic       = "crew-topic"
	NothingToDo     = "nothing-to-do"
	BadInput        = "invalid" // the edits or the day of the complaint cannot be used
)

// Refusal says why no note was compiled. Reasons are for the agent and hold no names. Desk
// means that a person at the note desk can change it; otherwise the answer stands for this
// flight.
type Refusal struct {
	Code    string
	Reasons []string
	Desk    bool
}
