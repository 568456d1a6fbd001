package ground

import "time"

// MaxRank is the highest rank of a [Stamp].
const MaxRank = 1<<20 - 1

// Stamp says which of two messages knows more: that of the later second, of one second that of
// the higher rank. Zero is older than every message.
type Stamp int64

// NewStamp makes the stamp of a message written at a time. The rank, 0 to [MaxRank], orders
// messages of one second: a whole list comes before its changes, and they in their numbers.
func NewStamp(at time.Time, rank int) Stamp {
	return Stamp(at.Unix()<<20 | int64(min(max(rank, 0), MaxRank)))
}

// Time is the second of a stamp, UTC.
func (s Stamp) Time() time.Time { return time.Unix(int64(s>>20), 0).UTC() }

// SameSecond reports whether two messages were written in one second.
func (s Stamp) SameSecond(t Stamp) bool { return s>>20 == t>>20 }

// ListFacts is what the messages of a flight said of its list as a whole. It names nobody.
type ListFacts struct {
	Newest  Stamp       `json:"newest,omitempty"`
	Full    Stamp       `json:"full,omitempty"`    // newest full list that adds up: whoever was last named before it is gone
	Doubts  []ListDoubt `json:"doubts,omitempty"`  // the newest of each word
	Numbers []ListCount `json:"numbers,omitempty"` // of the changes behind Full, and the highest before it
	Totals  []ListCount `json:"totals,omitempty"`  // the newest of each place, from Full on
	Held    []ListCount `json:"held,omitempty"`    // seats without a traveller: those of Full, and what changes behind it add
}

// ListDoubt is a reason for which a list is unsure, until a newer full list adds up.
type ListDoubt struct {
	Word string `json:"word"`
	At   Stamp  `json:"at"`
}

// ListCount is a number of a message, for a place in the list or for the message itself.
type ListCount struct {
	Place string `json:"place,omitempty"` // as [ManifestRow.Place]
	Cabin string `json:"cabin,omitempty"`
	N     int    `json:"n"`
	At    Stamp  `json:"at"`
}

// TravellerFacts says which message each fact of a traveller is from.
type TravellerFacts struct {
	Keys    []string  `json:"keys,omitempty"` // source keys beside the first: other locators, other spellings
	Stays   []Stay    `json:"stays,omitempty"`
	Off     Stamp     `json:"off,omitempty"` // the newest message that takes them off the flight as a whole
	Name    Stamp     `json:"name,omitempty"`
	Title   Stamp     `json:"title,omitempty"`
	Seat    Stamp     `json:"seat,omitempty"`
	Cabin   Stamp     `json:"cabin,omitempty"`
	Tier    Stamp     `json:"tier,omitempty"`
	Onward  Stamp     `json:"onward,omitempty"`
	Service Stamp     `json:"service,omitempty"` // of the last list; it says all services
	Words   []Service `json:"words,omitempty"`   // those of that list and what newer messages add
}

// Stay is one place of a traveller in the list, and the newest messages that put them there
// and took them out.
type Stay struct {
	Place string `json:"place,omitempty"`
	In    Stamp  `json:"in,omitempty"`
	Out   Stamp  `json:"out,omitempty"`
}

// Service is one word of assistance and the newest message that said it.
type Service struct {
	Word string `json:"word"`
	At   Stamp  `json:"at"`
}

// Told is the newest message that told one thing of a flight's way: a movement, or a part of the
// schedule.
type Told struct {
	What string `json:"what"`
	At   Stamp  `json:"at"`
}
