package sync

import "github.com/cabinloop/cabinloop/passenger"

// Sums counts the notes of a flight, from ops alone. Personal and event notes count alike; a
// moved note is a new note on its new flight.
type Sums struct {
	Compiled       int `json:"compiled"`
	Delivered      int `json:"delivered"`
	NeverDelivered int `json:"never_delivered"`
	Withdrawn      int `json:"withdrawn"` // taken back before any tablet had it
	Seen           int `json:"seen"`
	NotSeen        int `json:"not_seen"`
	Acted          int `json:"acted"`
	Declined       int `json:"declined"`
	NotPossible    int `json:"not_possible"`
	Disputed       int `json:"disputed"`
	NoOutcome      int `json:"no_outcome"`
}

// The buckets a note can be in, beside the three outcomes.
const (
	BucketWithdrawn      = "withdrawn"
	BucketNeverDelivered = "never-delivered"
	BucketNotSeen        = "not-seen"
	BucketDisputed       = "disputed"
	BucketNoOutcome      = "no-outcome"
)

// Bucket says in which sum the note is: one of the bucket constants or an outcome.
func (n NoteView) Bucket() string {
	switch {
	case !n.Delivered && n.Retracted != "":
		return BucketWithdrawn
	case !n.Delivered:
		return BucketNeverDelivered
	case !n.Seen():
		return BucketNotSeen
	case n.Disputed():
		return BucketDisputed
	}
	if fb, ok := n.Outcome(); ok {
		return string(fb.Outcome)
	}
	return BucketNoOutcome
}

// Sums counts the notes of the view.
func (v *View) Sums() Sums {
	var s Sums
	for _, n := range v.Notes {
		s.Compiled++
		switch n.Bucket() {
		case BucketWithdrawn:
			s.Withdrawn++
			continue
		case BucketNeverDelivered:
			s.NeverDelivered++
			continue
		case BucketNotSeen:
			s.Delivered++
			s.NotSeen++
			continue
		case BucketDisputed:
			s.Disputed++
		case BucketNoOutcome:
			s.NoOutcome++
		case string(passenger.Acted):
			s.Acted++
		case string(passenger.Declined):
			s.Declined++
		case string(passenger.NotPossible):
			s.NotPossible++
		}
		s.Delivered++
		s.Seen++
	}
	return s
}

// Add adds t to s.
func (s *Sums) Add(t Sums) {
	s.Compiled += t.Compiled
	s.Delivered += t.Delivered
	s.NeverDelivered += t.NeverDelivered
	s.Withdrawn += t.Withdrawn
	s.Seen += t.Seen
	s.NotSeen += t.NotSeen
	s.Acted += t.Acted
	s.Declined += t.Declined
	s.NotPossible += t.NotPossible
	s.Disputed += t.Disputed
	s.NoOutcome += t.NoOutcome
}

// Close reports whether the sums close (PRODUCT, "Sums of a flight").
func (s Sums) Close() bool {
	return s.Compiled == s.Delivered+s.NeverDelivered+s.Withdrawn &&
		s.Delivered == s.Seen+s.NotSeen &&
		s.Seen == s.Acted+s.Declined+s.NotPossible+s.Disputed+s.NoOutcome
}
