package sync

import (
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// View is what everybody should see of a flight: fold(ops). It is a value; nobody changes it.
type View struct {
	Genesis    Genesis // with re-timings applied
	Roster     []RosterEntry
	Movements  []MovementFact // in the order of ground's lane
	Reported   []Reported     // movements by the lead purser's hand
	Travellers []TravellerView
	List       ListAge
	Notes      []NoteView // by dot
	Gestures   []GestureView
	Verdicts   []Verdict
	Fins       map[Author]uint64 // author: sequence of its fin, when nothing followed and it names the last reopening
	Cuts       map[Author]uint64 // author whose lane ground ended: its last sequence that counts
	Closed     string            // why, "" while open
	Closes     []Dot             // the closes that count, for the over of what takes them back
	Reopened   []Dot             // the last reopening, for a fin's over; none while there was none
	Sealed     bool
	Final      Vector // of the seal
	Quarantine []Quarantined
	Skewed     []Dot       // ops whose clock was wrong: ordered at the edge of the flight's window
	Erased     []Dot       // ops that ground ordered erased, held or not
	Repeated   map[Dot]Dot // an entry under a further dot, cut ones too: its first dot; who erases one orders both
	Vector     Vector
}

// BehindCut is the reason of a [Quarantined] op behind the end of its lane (see [Cut]).
const BehindCut = "cut"

// Reported is a movement recorded on board.
type Reported struct {
	MovementFact
	By Author
}

// TravellerView is one traveller with what crew corrected.
type TravellerView struct {
	Traveller
	Assistance []string // every live sibling; more than one from crew and ground is for a person to settle
	// AssistanceDots are theirs, for the next one's over.
	AssistanceDots []Dot
	SeatNow        passenger.Seat
	SeatDots       []Dot // live seat-now ops, for the next one's over
	Removed        bool
}

// At returns where the traveller sits as far as anybody knows.
func (t TravellerView) At() passenger.Seat {
	if t.SeatNow != "" {
		return t.SeatNow
	}
	return t.Seat
}

// NoteView is one note with everything that happened to it on this flight.
type NoteView struct {
	Dot       Dot
	Note      passenger.Note
	Written   time.Time
	Erased    bool
	Retracted RetractReason // "" while it stands
	RetractOf Dot
	Delivered bool
	SeenBy    []Author
	Heads     []Head // live outcomes; more than one unequal value is a dispute
	Claimed   []Author
}

// Head is one live outcome of a note.
type Head struct {
	Dot      Dot
	By       Author
	Feedback passenger.Feedback
	At       time.Time
	Resolve  bool
}

// Seen reports whether any crew opened the note.
func (n NoteView) Seen() bool { return len(n.SeenBy) > 0 }

// Disputed reports whether tablets disagree and nobody has decided.
func (n NoteView) Disputed() bool {
	for _, h := range n.Heads[min(1, len(n.Heads)):] {
		if h.Feedback.Outcome != n.Heads[0].Feedback.Outcome || h.Feedback.Reason != n.Heads[0].Feedback.Reason {
			return true
		}
	}
	return false
}

// Outcome returns the one outcome of the note, and false while there is none or a dispute.
func (n NoteView) Outcome() (passenger.Feedback, bool) {
	if len(n.Heads) == 0 || n.Disputed() {
		return passenger.Feedback{}, false
	}
	return n.Heads[len(n.Heads)-1].Feedback, true
}

// HeadDots lists the live outcome dots, for the next write's over.
func (n NoteView) HeadDots() []Dot {
	var out []Dot
	for _, h := range n.Heads {
		out = append(out, h.Dot)
	}
	return out
}

// GestureView is one gesture given on board.
type GestureView struct {
	Dot Dot
	Gesture
	At     time.Time
	Voided bool
}

// Quarantined is an op that counts for nothing, and why. It is still replicated.
type Quarantined struct {
	Dot    Dot
	Reason string // unauthorised, unreadable, malformed, too-large, update, cut, pending-stub, dangling, repeated
}

// Note returns the note that d names.
func (v *View) Note(d Dot) (NoteView, bool) {
	for _, n := range v.Notes {
		if n.Dot == d {
			return n, true
		}
	}
	return NoteView{}, false
}

// Traveller returns the traveller with number no.
func (v *View) Traveller(no passenger.TravellerNo) (TravellerView, bool) {
	for _, t := range v.Travellers {
		if t.No == no {
			return t, true
		}
	}
	return TravellerView{}, false
}

// Member returns the roster entry of an author index.
func (v *View) Member(a Author) (RosterEntry, bool) {
	for _, e := range v.Roster {
		if e.Author == a {
			return e, true
		}
	}
	return RosterEntry{}, false
}

// ActingLead returns the author index that decides service matters on board: the lowest
// standing lead, else the lowest standing purser. ok is false when there is neither. What an
// earlier acting lead resolved stays resolved.
func (v *View) ActingLead() (Author, bool) {
	roster := map[Author]RosterEntry{}
	for _, e := range v.Roster {
		roster[e.Author] = e
	}
	return actingLead(roster)
}

// Moved returns when the flight made a movement; messages win over the hand. The last word of
// a kind counts, so that a correction replaces what it corrects.
func (v *View) Moved(m passenger.Movement) (time.Time, bool) {
	var at time.Time
	ok := false
	for _, f := range v.Movements {
		if f.Word == m {
			at, ok = f.At, true
		}
	}
	if ok {
		return at, true
	}
	for _, f := range v.Reported {
		if f.Word == m {
			at, ok = f.At, true
		}
	}
	return at, ok
}
