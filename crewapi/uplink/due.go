package uplink

import "time"

// Why is the reason for a round.
type Why string

// The reasons, the strongest first; None is none.
const (
	None    Why = ""
	Person  Why = "person"  // somebody pressed the button
	Urgent  Why = "urgent"  // an urgent entry waits
	Batch   Why = "batch"   // enough entries wait
	Held    Why = "held"    // an entry has waited long enough
	Descent Why = "descent" // the last good moment before landing
	Poll    Why = "poll"    // ground may have news
)

// Waiting is what one flight has for ground and when it was last asked. A zero time is never.
type Waiting struct {
	Pending int       // entries of any tablet that ground is not known to hold
	Urgent  bool      // one of them is urgent
	Since   time.Time // since when any waits
	Asked   time.Time // the last good exchange
	Arrives time.Time // as best known; zero when nobody knows
	Purse   Purse
}

// Due says whether a round is due now and why; else, when the question is worth asking again.
// A flight that was never asked about is due.
func (p Policy) Due(now time.Time, w Waiting) (why Why, next time.Time) {
	switch {
	case w.Pending > 0 && w.Urgent:
		return Urgent, time.Time{}
	case w.Asked.After(now) || w.Since.After(now): // the clock went back
		w.Asked, w.Since = time.Time{}, time.Time{}
	}
	if w.Purse.Empty() {
		return None, now.Add(p.Poll)
	}
	if w.Pending > 0 {
		hold := w.Since.Add(p.Hold)
		switch {
		case w.Pending >= p.Batch:
			return Batch, time.Time{}
		case !hold.After(now):
			return Held, time.Time{}
		}
		next = hold
	}
	if top := w.Arrives.Add(-descent); !w.Arrives.IsZero() && w.Asked.Before(top) {
		if !top.After(now) && now.Before(w.Arrives) {
			return Descent, time.Time{}
		}
		next = earlier(next, top)
	}
	poll := w.Asked.Add(p.Poll)
	if !poll.After(now) {
		return Poll, time.Time{}
	}
	return None, earlier(next, poll)
}

// earlier returns the earlier of two times of which the first may be zero.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
