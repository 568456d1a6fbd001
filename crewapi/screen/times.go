package screen

import (
	"strconv"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// Clock shows a time in UTC, with its day when that is not today.
func (b base) Clock(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	t = t.UTC()
	hm := t.Format("15:04")
	if y, m, d := t.Date(); !b.Now.IsZero() {
		if ny, nm, nd := b.Now.UTC().Date(); y == ny && m == nm && d == nd {
			return hm
		}
	}
	months := strings.Fields(b.T("time.months"))
	return strconv.Itoa(t.Day()) + " " + months[t.Month()-1] + " " + hm
}

// Machine shows a time for <time datetime>.
func (b base) Machine(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// span says how long d is, roughly: what a purser wants to know at a glance.
func (b base) span(d time.Duration) string {
	m := int(d.Abs().Round(time.Minute) / time.Minute)
	switch h := m / 60; {
	case h >= 48:
		return b.T("time.days", "Count", h/24)
	case h > 0 && m%60 > 0:
		return b.T("time.hours_minutes", "H", h, "M", m%60)
	case h > 0:
		return b.T("time.hours", "H", h)
	default:
		return b.T("time.minutes", "M", m)
	}
}

// Ago says how long ago t was; "never" for the zero time.
func (b base) Ago(t time.Time) string {
	switch d := b.Now.Sub(t); {
	case t.IsZero():
		return b.T("time.never")
	case d < time.Minute:
		return b.T("time.just_now")
	default:
		return b.T("time.ago", "D", b.span(d))
	}
}

// Stale reports whether data of that time is old enough to say so.
func (b base) Stale(t time.Time) bool { return t.IsZero() || b.Now.Sub(t) > staleAfter }

// Countdown says where the flight is in its own day.
func (b base) Countdown(m passenger.Movement, std, sta time.Time) string {
	switch m {
	case passenger.Cancelled, passenger.Diverted, passenger.On, passenger.In:
		return b.T("flight.now." + string(m))
	case passenger.Off:
		if d := sta.Sub(b.Now); d >= 0 {
			return b.T("flight.now.arrives", "D", b.span(d))
		}
		return b.T("flight.now.arrival_late", "D", b.span(b.Now.Sub(sta)))
	}
	if d := std.Sub(b.Now); d >= 0 {
		return b.T("flight.now.departs", "D", b.span(d))
	}
	return b.T("flight.now.departure_late", "D", b.span(b.Now.Sub(std)))
}
