package screen

import (
	"net/http"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/internal/web"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

type notePage struct {
	card
	NextCard *card               // that still waits, nil for none
	Draft    *passenger.Feedback // what the form holds after an entry that failed
	Retry    string              // the nonce of that form
	Problem  *problem
	Said     string // what was done, for the live region
	Swap     bool   // only the note's part is sent
	Reasons  []passenger.Reason
	Gifts    []passenger.GestureCode
	Feelings []passenger.Reaction
}

// gifts lists the gestures with a button. What may be given is the policy's word, on the tablet.
var gifts = []passenger.GestureCode{passenger.Apology, passenger.Drink, passenger.Voucher, passenger.Miles}

func (s *server) note(w http.ResponseWriter, r *http.Request) error {
	p, err := s.loadNote(r)
	if err != nil {
		return err
	}
	return web.Render(w, s.tmpl, "note", p)
}

func (s *server) loadNote(r *http.Request) (*notePage, error) {
	dot, err := parseDot(r.PathValue("dot"))
	if err != nil {
		return nil, err
	}
	f, b, err := s.load(r)
	if err != nil {
		return nil, err
	}
	found, next := find(f, dot)
	if found == nil {
		return nil, errNoNote
	}
	p := &notePage{card: card{b, *found, f.Key, f.IsLead}, Reasons: passenger.Reasons, Gifts: gifts,
		Feelings: []passenger.Reaction{passenger.Pleased, passenger.Neutral, passenger.Displeased}}
	p.Title = f.Key.Designator() + " " + p.T("note.title")
	if p.Live() && p.Seat() != "" {
		p.Title = f.Key.Designator() + " " + string(p.Seat())
	}
	if next != nil {
		p.NextCard = &card{b, *next, f.Key, f.IsLead}
	}
	return p, nil
}

// Back is the path of the flight's notes.
func (p notePage) Back() string { return FlightPath(p.Key) }

// Event is the name of the server-sent event that this page waits for.
func (p notePage) Event() string { return eventOf(p.Key) }

// FormNonce is the nonce of the form for the outcome: the one that failed, or a new one.
func (p notePage) FormNonce() (string, error) {
	if p.Retry != "" {
		return p.Retry, nil
	}
	return p.Nonce()
}

// Form is what the form for the outcome shows: the entry that failed, else what is recorded.
func (p notePage) Form() passenger.Feedback {
	switch {
	case p.Draft != nil:
		return *p.Draft
	case p.Outcome != nil:
		return *p.Outcome
	}
	return passenger.Feedback{}
}

// Open reports whether the form stands open: nothing is recorded yet, or an entry failed.
func (p notePage) Open() bool { return p.Outcome == nil || p.Draft != nil }

// Told reports whether something is recorded: then that comes first, the note's text after it.
func (p notePage) Told() bool { return p.Disputed || p.Outcome != nil }

// Docked reports whether the buttons for the outcome stand at the thumb; else the way on does.
func (p notePage) Docked() bool { return p.Live() && !p.Disputed && p.Open() }

// Tag names an outcome in a form.
func (p notePage) Tag(f passenger.Feedback) string { return tag(f) }

// target reads which note a form is about.
func target(r *http.Request) (passenger.FlightKey, flightsync.Dot, error) {
	key, err := parseKey(r.PathValue("key"))
	if err != nil {
		return key, flightsync.Dot{}, err
	}
	dot, err := parseDot(r.PathValue("dot"))
	return key, dot, err
}

// open records that the crew of this flight opened the note, then shows it.
func (s *server) open(w http.ResponseWriter, r *http.Request) error {
	key, dot, err := target(r)
	if err != nil {
		return err
	}
	if err := s.Agent.Seen(r.Context(), key.String(), dot); err != nil {
		return err
	}
	if isHTMX(r) {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	http.Redirect(w, r, NotePath(key, dot), http.StatusSeeOther)
	return nil
}

// show answers a form of the note page: its part in place for htmx, a redirect without.
func (s *server) show(w http.ResponseWriter, r *http.Request, said string) error {
	key, dot, err := target(r)
	if err != nil {
		return err
	}
	if !isHTMX(r) {
		http.Redirect(w, r, NotePath(key, dot), http.StatusSeeOther)
		return nil
	}
	p, err := s.loadNote(r)
	if err != nil {
		return err
	}
	p.Swap, p.Said = true, p.T(said)
	if p.Mark != 0 {
		p.Said += ", " + p.MarkWords(p.Mark)
	}
	return web.Render(w, s.tmpl, "note-main", p)
}

// retry shows the note again with what was filled in and why it failed; the nonce stays.
func (s *server) retry(w http.ResponseWriter, r *http.Request, e tablet.Entry, cause error) error {
	p, err := s.loadNote(r)
	if err != nil {
		return cause // the note itself is out of reach: the entry's error says more
	}
	p.Problem = describe(p.Words, cause)
	p.Draft, p.Retry = &e.Feedback, r.PostFormValue("nonce")
	name := "note"
	if isHTMX(r) {
		p.Swap, name = true, "note-main"
		p.Said = p.Problem.Title + ". " + p.Problem.Detail
	}
	return web.RenderStatus(w, statusOf[p.Problem.Code], s.tmpl, name, p)
}
