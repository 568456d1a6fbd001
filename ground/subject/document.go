package subject

import (
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// PersonEntry is the person as ground knows them.
type PersonEntry struct {
	ID         string    `json:"id"`
	CustomerID string    `json:"customer_id,omitempty"`
	Surname    string    `json:"surname,omitempty"`
	Given      string    `json:"given,omitempty"`
	Title      string    `json:"title,omitempty"`
	Tier       string    `json:"tier,omitempty"`
	Accounts   []string  `json:"accounts,omitempty"` // channel:id
	ErasedAt   time.Time `json:"erased_at,omitzero"`
}

// HoldEntry is a legal hold.
type HoldEntry struct {
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// ConsentEntry is one answer to "may the crew know?".
type ConsentEntry struct {
	Answer passenger.Consent `json:"answer"`
	Words  string            `json:"words"`
	Asker  string            `json:"asker"`
	At     time.Time         `json:"at"`
}

// FlightEntry is one line of a passenger list.
type FlightEntry struct {
	Flight        string    `json:"flight"`
	Departure     time.Time `json:"departure"`
	Surname       string    `json:"surname,omitempty"`
	Given         string    `json:"given,omitempty"`
	Title         string    `json:"title,omitempty"`
	Booking       string    `json:"booking,omitempty"`
	Seat          string    `json:"seat,omitempty"`
	Cabin         string    `json:"cabin,omitempty"`
	Tier          string    `json:"tier,omitempty"`
	Assistance    []string  `json:"assistance,omitempty"`
	Onward        string    `json:"onward,omitempty"`
	MinorPossible bool      `json:"minor_possible,omitempty"`
	Removed       bool      `json:"removed,omitempty"`
	NoShow        bool      `json:"no_show,omitempty"`
}

// CaseEntry is one case; with a link alone when it only might be about the person.
type CaseEntry struct {
	Case     string       `json:"case"`
	Channel  string       `json:"channel"`
	Link     *LinkEntry   `json:"link,omitempty"`
	Topic    string       `json:"topic,omitempty"`
	Severity int          `json:"severity,omitempty"`
	Lang     string       `json:"lang,omitempty"`
	Because  []string     `json:"because,omitempty"`
	Held     []string     `json:"held,omitempty"`
	Status   string       `json:"status,omitempty"`
	OpenedAt time.Time    `json:"opened_at"`
	ClosedAt time.Time    `json:"closed_at,omitzero"`
	Posts    []PostEntry  `json:"posts,omitempty"`
	Replies  []ReplyEntry `json:"replies,omitempty"`
	Loops    []LoopEntry  `json:"loops,omitempty"`
}

// LinkEntry says why a case is thought to be about the person.
type LinkEntry struct {
	State   string    `json:"state"`
	Score   float64   `json:"score"`
	Reasons []string  `json:"reasons"`
	At      time.Time `json:"at,omitzero"`
}

// PostEntry is one post, as received too. RawBytes is base64, for what is no text.
type PostEntry struct {
	ExternalID string    `json:"external_id"`
	Account    string    `json:"account"`
	Author     string    `json:"author,omitempty"`
	Handle     string    `json:"handle,omitempty"`
	Text       string    `json:"text"`
	URL        string    `json:"url,omitempty"`
	CreatedAt  time.Time `json:"created_at,omitzero"`
	ArrivedAt  time.Time `json:"arrived_at,omitzero"`
	Raw        string    `json:"raw,omitempty"`
	RawBytes   []byte    `json:"raw_bytes,omitempty"`
}

// ReplyEntry is one reply, or why there was none.
type ReplyEntry struct {
	Text       string    `json:"text,omitempty"`
	NoneReason string    `json:"no_reply_reason,omitempty"`
	At         time.Time `json:"at"`
}

// LoopEntry is one loop with all that came of it.
type LoopEntry struct {
	Loop      string          `json:"loop"`
	State     string          `json:"state"`
	End       string          `json:"end,omitempty"`
	FlaggedAt time.Time       `json:"flagged_at"`
	EndedAt   time.Time       `json:"ended_at,omitzero"`
	Words     string          `json:"words,omitempty"` // for the crew
	Outcome   *OutcomeEntry   `json:"outcome,omitempty"`
	Steps     []StepEntry     `json:"steps"`
	Notes     []NoteEntry     `json:"notes,omitempty"`
	Gestures  []GestureEntry  `json:"gestures,omitempty"`
	FollowUps []FollowUpEntry `json:"follow_ups,omitempty"`
	Desk      []DeskEntry     `json:"note_desk,omitempty"`
}

// StepEntry is one step of a loop.
type StepEntry struct {
	At       time.Time `json:"at"`
	Role     string    `json:"role"`
	To       string    `json:"to"`
	Evidence string    `json:"evidence,omitempty"`
}

// NoteEntry is one note as the crew of a flight had it.
type NoteEntry struct {
	Flight    string             `json:"flight"`
	Note      string             `json:"note"`
	CreatedAt time.Time          `json:"created_at"`
	Name      string             `json:"name,omitempty"`
	Seat      string             `json:"seat,omitempty"`
	Tier      string             `json:"tier,omitempty"`
	Happened  []passenger.Phrase `json:"happened,omitempty"`
	Do        []passenger.Phrase `json:"do,omitempty"`
	DoNot     []passenger.Phrase `json:"do_not_say,omitempty"`
	Words     string             `json:"words,omitempty"`
	Delivered bool               `json:"delivered"`
	SeenBy    []string           `json:"seen_by,omitempty"` // roles on board
	Retracted string             `json:"retracted,omitempty"`
	Recorded  []OutcomeEntry     `json:"recorded,omitempty"`
}

// OutcomeEntry is what crew recorded.
type OutcomeEntry struct {
	Outcome  string `json:"outcome"`
	Reason   string `json:"reason,omitempty"`
	Reaction string `json:"reaction,omitempty"`
	Words    string `json:"words,omitempty"`
}

// GestureEntry is something given.
type GestureEntry struct {
	Code     string    `json:"code"`
	Quantity int       `json:"quantity"`
	At       time.Time `json:"at"`
	Voided   bool      `json:"voided,omitempty"`
}

// FollowUpEntry is what ground had to do.
type FollowUpEntry struct {
	Cause    string    `json:"cause"`
	Queue    string    `json:"queue"`
	Deadline time.Time `json:"deadline,omitzero"`
	ClosedAt time.Time `json:"closed_at,omitzero"`
	Result   string    `json:"result,omitempty"`
}

// DeskEntry is what the note desk looked at.
type DeskEntry struct {
	Reason   string    `json:"reason"`
	Detail   []string  `json:"detail,omitempty"`
	Decision string    `json:"decision,omitempty"`
	OpenedAt time.Time `json:"opened_at"`
}

// AccessEntry is one line of the access log, without the name of who acted.
type AccessEntry struct {
	At     time.Time `json:"at"`
	Role   string    `json:"role,omitempty"`
	Act    string    `json:"act"`
	Object string    `json:"object"`
	Result string    `json:"result"`
}
