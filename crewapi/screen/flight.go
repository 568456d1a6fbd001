package screen

import (
	"net/http"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/internal/web"
	"github.com/cabinloop/cabinloop/passenger"
)

type flightPage struct {
	base
	F         tablet.FlightPage
	Events    []card
	Groups    []group
	Gone      []card // withdrawn or expired: only that, and why
	Hidden    int    // notes one tap away
	All       bool
	Movements []move
}

// group is the notes of one service moment.
type group struct {
	Moment passenger.Moment
	Cards  []card
}

// move is a movement that the lead purser can record.
type move struct {
	Word passenger.Movement
	Done bool
	Next bool
}

// byHand lists the movements with a button, in the order of a flight.
var byHand = []passenger.Movement{passenger.DoorsClosed, passenger.Off, passenger.On, passenger.In}

// load reads a flight and says the time of its page: the agent's, where it has one.
func (s *server) load(r *http.Request) (tablet.FlightPage, base, error) {
	b := s.base(r)
	key, err := parseKey(r.PathValue("key"))
	if err != nil {
		return tablet.FlightPage{}, b, err
	}
	f, err := s.Agent.Flight(r.Context(), key.String())
	if err != nil {
		return f, b, err
	}
	if !f.Now.IsZero() {
		b.Now = f.Now.UTC()
	}
	return f, b, nil
}

func (s *server) flight(w http.ResponseWriter, r *http.Request) error {
	f, b, err := s.load(r)
	if err != nil {
		return err
	}
	p := flightPage{base: b, F: f, All: r.URL.Query().Get("all") != ""}
	p.Title = f.Key.Designator()
	p.sort()
	p.Movements = moves(f.Movement)
	return web.Render(w, s.tmpl, "flight", p)
}

// URL is the path of the page without the rest of the notes.
func (p flightPage) URL() string { return FlightPath(p.F.Key) }

// Event is the name of the server-sent event that this page waits for.
func (p flightPage) Event() string { return eventOf(p.F.Key) }

// OnBoard counts the travellers on the list.
func (p flightPage) OnBoard() int {
	n := 0
	for _, o := range p.F.Others {
		if !o.Removed {
			n++
		}
	}
	return n
}

// Reasons are those to hand in what has no copy.
func (p flightPage) Reasons() []passenger.HandInReason { return passenger.HandInReasons }

// Row is the flight as the list shows it.
func (p flightPage) Row() row { return row{p.base, p.F.FlightRow} }

// Doubt says why the passenger list is unsure, "" when it is not.
func (p flightPage) Doubt() string {
	switch d := p.F.List.Doubt; d {
	case "":
		return ""
	case "totals", "aircraft", "gap":
		return p.T("doubt." + d)
	default:
		return p.T("doubt.any_other")
	}
}

// sort deals the cards into what the page shows, in the agent's order.
func (p *flightPage) sort() {
	for _, c := range p.F.Events {
		p.Events = p.keep(p.Events, c)
	}
	byMoment := map[passenger.Moment][]card{}
	for _, c := range p.F.Cards {
		m := c.Note.Moment
		if !slices.Contains(passenger.Moments, m) {
			m = passenger.AtCruise // a word of a newer ground: still shown
		}
		if c.More && !c.Disputed && !p.All && c.Retracted == "" && !c.Expired {
			p.Hidden++
			continue
		}
		byMoment[m] = p.keep(byMoment[m], c)
	}
	for _, m := range passenger.Moments {
		if len(byMoment[m]) > 0 {
			p.Groups = append(p.Groups, group{m, byMoment[m]})
		}
	}
}

func (p *flightPage) keep(list []card, n tablet.NoteCard) []card {
	c := card{p.base, n, p.F.Key, p.F.IsLead}
	if !c.Live() {
		p.Gone = append(p.Gone, c)
		return list
	}
	return append(list, c)
}

func moves(last passenger.Movement) []move {
	at := -1
	for i, m := range byHand {
		if m == last {
			at = i
		}
	}
	if last == passenger.OffBlock {
		at = 0
	}
	var out []move
	for i, m := range byHand {
		out = append(out, move{Word: m, Done: i <= at, Next: i == at+1})
	}
	return out
}

// movement records a movement by the lead purser's hand, now or at a time of day in UTC.
func (s *server) movement(w http.ResponseWriter, r *http.Request) error {
	key, err := parseKey(r.PathValue("key"))
	if err != nil {
		return err
	}
	m, err := passenger.ParseMovement(r.PostFormValue("movement"))
	if err != nil {
		return err
	}
	at, err := timeOfDay(r.PostFormValue("at"), s.Now().UTC())
	if err != nil {
		return err
	}
	if err := s.Agent.Movement(r.Context(), key.String(), m, at); err != nil {
		return err
	}
	http.Redirect(w, r, FlightPath(key), http.StatusSeeOther)
	return nil
}

// timeOfDay reads "23:55" as the moment nearest to now that a clock in UTC shows it; "" is now.
func timeOfDay(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return now, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		return now, passenger.Errorf(passenger.Invalid, "screen.timeOfDay", "a time reads like 14:05, in UTC; leave it empty for now")
	}
	at := time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), 0, 0, time.UTC)
	switch d := at.Sub(now); {
	case d > 12*time.Hour:
		at = at.AddDate(0, 0, -1)
	case d < -12*time.Hour:
		at = at.AddDate(0, 0, 1)
	}
	return at, nil
}

func (s *server) handIn(w http.ResponseWriter, r *http.Request) error {
	key, err := parseKey(r.PathValue("key"))
	if err != nil {
		return err
	}
	if anyway := r.PostFormValue("anyway"); anyway != "" {
		err = s.Agent.HandInAnyway(r.Context(), key.String(), passenger.HandInReason(anyway))
	} else {
		err = s.Agent.HandIn(r.Context(), key.String())
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, FlightPath(key)+"#hand-in", http.StatusSeeOther)
	return nil
}
