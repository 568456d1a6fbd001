package ground

import (
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// CaseStatus is how far a case has come; the loop has its own life.
type CaseStatus string

// The case states.
const (
	CaseOpen   CaseStatus = "open"
	CaseClosed CaseStatus = "closed" // answered, or closed without an answer for a reason
)

// Case is one customer's problem: the posts about it, with a response clock.
type Case struct {
	ID         passenger.CaseID
	Channel    passenger.Channel
	AccountID  string // of the author
	AuthorName string
	Handle     string
	Topic      passenger.Topic
	Severity   passenger.Severity
	Lang       string
	Negative   bool
	Because    []string // what the classification saw
	Flight     string   // designator of the complaint, "" when not said
	Day        string   // YYYY-MM-DD of what happened, "" when not said
	Status     CaseStatus
	OpenedAt   time.Time
	LastPostAt time.Time
	DueAt      time.Time // response clock
	ClosedAt   time.Time
	Posts      int
	Excerpt    string   // cleaned text of the newest post
	Held       []string // categories the privacy lamp saw, nil for none
}

// Complaint is what a post complains about; what it does not say is empty.
type Complaint struct {
	Flight string // designator as KL0641
	Day    string // YYYY-MM-DD
	Topic  passenger.Topic
}

// StoredPost is a post with its place.
type StoredPost struct {
	passenger.Post
	Case      passenger.CaseID
	ArrivedAt time.Time
}

// CaseFilter selects cases for a list.
type CaseFilter struct {
	Status   CaseStatus // "" for all
	Negative bool       // only negative ones
	Flagged  bool       // only those with a loop
	Lang     string
	Topic    passenger.Topic
	Search   string           // in posts, trimmed
	Before   time.Time        // page: LastPostAt before this; zero for the first page
	BeforeID passenger.CaseID // with Before, the last case of the page: cases of its very moment follow
	Limit    int
}

// Reply is what the social team answered, or why nobody did.
type Reply struct {
	Case       passenger.CaseID
	Text       string
	NoneReason string // not-wanted, no-lawful-channel, account-gone, settled-on-board, covered-by-event-note
	By         string
	At         time.Time
}
