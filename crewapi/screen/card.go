package screen

import (
	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// card is one note on a page.
type card struct {
	base
	tablet.NoteCard
	Key    passenger.FlightKey
	IsLead bool
}

// URL is the path of the note's own page.
func (c card) URL() string { return NotePath(c.Key, c.Dot) }

// Live reports whether the note may still be read and acted on.
func (c card) Live() bool { return c.Retracted == "" && !c.Expired }

// Settled reports whether nothing is left to do.
func (c card) Settled() bool { return c.Outcome != nil && !c.Disputed }

// Seat is where the passenger sits as far as anybody knows.
func (c card) Seat() passenger.Seat {
	if c.SeatNow != "" {
		return c.SeatNow
	}
	return c.Note.Seat
}

// Moved reports whether crew corrected the seat.
func (c card) Moved() bool { return c.SeatNow != "" && c.SeatNow != c.Note.Seat }

// Happened, Do and DoNot are the note's sentences in the page's language.
func (c card) Happened() []string { return c.phrases(c.Note.Happened) }

// Do says what to do.
func (c card) Do() []string { return c.phrases(c.Note.Do) }

// DoNot says what not to say.
func (c card) DoNot() []string { return c.phrases(c.Note.DoNot) }

// Why says why now, on this flight.
func (c card) Why() []string {
	var out []string
	for _, p := range c.Note.Why {
		out = append(out, p.Words(c.Lang()))
	}
	return out
}

func (c card) phrases(ps []passenger.Phrase) []string {
	var out []string
	for _, p := range ps {
		out = append(out, p.Words(c.Lang()))
	}
	return out
}

// Gone says why the note is no longer to be acted on.
func (c card) Gone() string {
	if c.Retracted == "" {
		return c.T("gone.expired")
	}
	return c.Word("gone", c.Retracted)
}

// OutcomeWords says an outcome and its reason.
func (b base) OutcomeWords(f passenger.Feedback) string {
	if f.Reason != "" {
		return b.Word("outcome", f.Outcome) + ": " + b.Word("reason", f.Reason)
	}
	return b.Word("outcome", f.Outcome)
}

// By says whose entry a version is: a tablet's role and zone, never a person.
func (b base) By(h tablet.HeadRow) string {
	if h.Own {
		return b.T("by.own")
	}
	if h.Role == "" {
		return b.T("by.any_other")
	}
	return b.Word("role", h.Role)
}

// MarkWords says what a mark means.
func (b base) MarkWords(m tablet.Mark) string {
	switch m {
	case tablet.MarkSaved:
		return b.T("mark.saved")
	case tablet.MarkPeer:
		return b.T("mark.peer")
	case tablet.MarkGround:
		return b.T("mark.ground")
	}
	return ""
}

// tag is the name of an outcome with its reason in a form: "not-possible/asleep".
func tag(f passenger.Feedback) string {
	if f.Reason == "" {
		return string(f.Outcome)
	}
	return string(f.Outcome) + "/" + string(f.Reason)
}

// find returns the card of a note and the next one, in the order of the list, that still waits.
func find(p tablet.FlightPage, dot flightsync.Dot) (found, next *tablet.NoteCard) {
	all := append(append([]tablet.NoteCard(nil), p.Events...), p.Cards...)
	at := -1
	for i := range all {
		if all[i].Dot == dot {
			found, at = &all[i], i
		}
	}
	for i := 1; i < len(all) && at >= 0; i++ {
		c := &all[(at+i)%len(all)]
		if c.Outcome == nil && !c.Expired && c.Retracted == "" {
			return found, c
		}
	}
	return found, nil
}

// markOf is the mark of one version.
type markOf struct {
	base
	Mark tablet.Mark
}

// Slug, TravellerNo and NoteDot are what the form for a seat needs.
func (c card) Slug() string { return slug(c.Key) }

// TravellerNo numbers the passenger.
func (c card) TravellerNo() passenger.TravellerNo { return c.Note.Traveller }

// NoteDot is the note to come back to.
func (c card) NoteDot() string { return c.Dot.String() }
