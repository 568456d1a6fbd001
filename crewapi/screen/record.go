package screen

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// entry reads what every form of a note has: which note, and the nonce.
func entry(r *http.Request) (tablet.Entry, error) {
	key, dot, err := target(r)
	if err != nil {
		return tablet.Entry{}, err
	}
	nonce, err := parseNonce(r.PostFormValue("nonce"))
	return tablet.Entry{Flight: key, Note: dot, Nonce: nonce}, err
}

// feedback reads outcome and reason from a button ("not-possible/asleep"), reaction and words
// from their fields.
func feedback(r *http.Request) (passenger.Feedback, error) {
	outcome, reason, _ := strings.Cut(r.PostFormValue("do"), "/")
	f := passenger.Feedback{Outcome: passenger.Outcome(outcome), Reason: passenger.Reason(reason),
		Reaction: passenger.Reaction(r.PostFormValue("reaction")),
		Words:    strings.TrimSpace(strings.ReplaceAll(r.PostFormValue("words"), "\r\n", "\n"))}
	return f, f.Validate()
}

// outcome records what became of a note, or what it is to be instead.
func (s *server) outcome(w http.ResponseWriter, r *http.Request) error {
	e, err := entry(r)
	if err != nil {
		return err
	}
	e.Urgent = r.PostFormValue("urgent") == "1"
	if e.Feedback, err = feedback(r); err == nil {
		_, err = s.Agent.Record(r.Context(), e)
	}
	if err != nil {
		return s.retry(w, r, e, err)
	}
	return s.show(w, r, "said.outcome")
}

// gesture records something given, and with it the outcome that stands; without one, acted.
func (s *server) gesture(w http.ResponseWriter, r *http.Request) error {
	const op = "screen.gesture"
	e, err := entry(r)
	if err != nil {
		return err
	}
	e.Gesture = passenger.GestureCode(r.PostFormValue("gesture"))
	if !slices.Contains(gifts, e.Gesture) {
		return passenger.Errorf(passenger.Invalid, op, "a gesture is an apology, a drink, a voucher or miles")
	}
	e.Quantity = 1
	if q := r.PostFormValue("quantity"); q != "" {
		if e.Quantity, err = strconv.Atoi(q); err != nil || e.Quantity < 1 || e.Quantity > maxQuantity {
			return passenger.Errorf(passenger.Invalid, op, "a gesture is given 1 to %d times", maxQuantity)
		}
	}
	p, err := s.loadNote(r)
	if err != nil {
		return err
	}
	e.Feedback = passenger.Feedback{Outcome: passenger.Acted}
	if p.Outcome != nil {
		e.Feedback = *p.Outcome
	}
	if _, err := s.Agent.Record(r.Context(), e); err != nil {
		return err
	}
	return s.show(w, r, "said.gesture")
}

// resolve settles a dispute: one of the versions counts, with its own words.
func (s *server) resolve(w http.ResponseWriter, r *http.Request) error {
	e, err := entry(r)
	if err != nil {
		return err
	}
	p, err := s.loadNote(r)
	if err != nil {
		return err
	}
	if e.Feedback, err = feedback(r); err != nil {
		return err
	}
	for _, h := range p.Heads {
		if tag(h.Feedback) == tag(e.Feedback) {
			e.Feedback = h.Feedback
		}
	}
	e.Resolve = true
	if _, err := s.Agent.Record(r.Context(), e); err != nil {
		return err
	}
	return s.show(w, r, "said.resolved")
}

// void takes back a gesture that was not given.
func (s *server) void(w http.ResponseWriter, r *http.Request) error {
	e, err := entry(r)
	if err != nil {
		return err
	}
	g, ok := flightsync.ParseDot(r.PostFormValue("gesture"))
	if !ok {
		return passenger.Errorf(passenger.Invalid, "screen.void", "the form names no gesture; open the page again")
	}
	if err := s.Agent.VoidGesture(r.Context(), e.Flight.String(), g, e.Nonce); err != nil {
		return err
	}
	return s.show(w, r, "said.voided")
}
