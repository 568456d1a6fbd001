package identity

import "github.com/cabinloop/cabinloop/passenger"

// The reason codes of a candidate.
const (
	ByAccount = "account" // the customer told us this account
	ByLocator = "locator" // their booking reference is in the text
	ByName    = "name"    // the author's name is like theirs
	ByHandle  = "handle"  // the account's handle is made of their name
	ByFlight  = "flight"  // a flight they are booked on is in the text
	ByDate    = "date"    // and its day
	BySeat    = "seat"    // and their seat
)

// Account is a social account told by the customer.
type Account struct {
	Channel passenger.Channel
	ID      string
}

// Trip is one booked flight of a person.
type Trip struct {
	Designator string // "KL0641"
	Date       string // YYYY-MM-DD
	Locator    string // booking reference, "" when unknown
	Seat       string // "14C", "" for none
}

// Person is somebody who has a booking.
type Person struct {
	ID       passenger.PersonID
	Name     string // given and surname, any order and script
	Accounts []Account
	Trips    []Trip
}

// Query is what a post says about its author. Text is searched for flights, days, seats and
// booking references; those known from elsewhere are added to the lists.
type Query struct {
	AuthorName  string
	Handle      string
	Channel     passenger.Channel
	AccountID   string
	Text        string
	Designators []string
	Dates       []string // YYYY-MM-DD
	Locators    []string
}

// Candidate is a person who may have written the post. Score is 0 to 1; Reasons are sorted
// from strong to weak. At or above [AutoLink] there is account or locator among them.
type Candidate struct {
	Person  passenger.PersonID
	Score   float64
	Reasons []string
}

// Candidates returns who may have written, best first, none below [PersonConfirms], at most
// ten. Equal scores are ordered by id. For many posts make an [Index] once.
func Candidates(q Query, people []Person) []Candidate { return NewIndex(people).Candidates(q) }
