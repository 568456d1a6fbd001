package ground

import (
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// Account is a social account: the platform's stable id on a channel.
type Account struct {
	Channel passenger.Channel
	ID      string
}

// Person is someone the ground knows. Never on a tablet.
type Person struct {
	ID         passenger.PersonID
	CustomerID string // of the passenger system, unique when not ""
	Surname    string
	Given      string
	Title      string
	Tier       string
	Accounts   []Account // told by the customer
	ErasedAt   time.Time
}

// Link ties a case to an affected person, with the evidence.
type Link struct {
	Case    passenger.CaseID
	Person  passenger.PersonID
	Score   float64  // 0..1
	Reasons []string // codes of passenger/identity
	State   LinkState
	By      string // user or "rule"
	At      time.Time
}

// LinkState is how far a link has come.
type LinkState string

// The link states. A linked one can be undone; then it is rejected.
const (
	LinkCandidate LinkState = "candidate"
	Linked        LinkState = "linked"
	LinkRejected  LinkState = "rejected"
)

// ConsentRecord keeps the answer of one affected passenger, with words, time and asker.
type ConsentRecord struct {
	Person passenger.PersonID
	Answer passenger.Consent
	Words  string
	Asker  string
	At     time.Time
}
