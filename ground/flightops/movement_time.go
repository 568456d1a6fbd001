package flightops

import "time"

// slack is how much earlier or later than its clock a sender's clock may be.
const slack = 30 * time.Minute

// time gives the day to HHMM, and month and year to DDHHMM. A wrong time refuses the message.
//
// A time with its day is the instant nearest to the flight's day. One without is looked for
// from the day before the flight's day to two days after it:
//   - behind an event of the same message it is the first instant not before that event;
//   - something that has happened is the last instant not after the message was sent;
//   - an estimate is the first instant not before the message was sent.
//
// When the message was sent on none of these days (an old file), it is the flight's own day.
func (r *moveReader) time(no int, s string, happened bool) (time.Time, bool) {
	if s == "" {
		return time.Time{}, false
	}
	d, since, ok := clock(s)
	if !ok {
		r.refuse(no, "time", "a time has four digits, 0000 to 2400, or six with the day in front")
		return time.Time{}, false
	}
	if d > 0 {
		t, ok := nearDay(d, r.base)
		if !ok {
			r.refuse(no, "time", "the day of the time is more than 15 days from that of the flight")
			return time.Time{}, false
		}
		return t.Add(since), true
	}
	var at [4]time.Time
	for i := range at {
		at[i] = r.base.AddDate(0, 0, i-1).Add(since)
	}
	if !r.latest.IsZero() {
		for _, t := range at {
			if !t.Before(r.latest) {
				return t, true
			}
		}
	}
	ref := r.received
	if !r.sentAt.IsZero() {
		ref = r.sentAt
	}
	if ref.Before(r.base.Add(-day)) || ref.After(r.base.AddDate(0, 0, 3)) {
		return at[1], true
	}
	if happened {
		for i := len(at) - 1; i >= 0; i-- {
			if !at[i].After(ref.Add(slack)) {
				return at[i], true
			}
		}
		return at[0], true
	}
	for _, t := range at {
		if !t.Before(ref.Add(-slack)) {
			return t, true
		}
	}
	return at[len(at)-1], true
}
