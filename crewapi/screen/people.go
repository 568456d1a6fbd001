package screen

import (
	"net/http"
	"strconv"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/internal/web"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

type peoplePage struct {
	base
	F      tablet.FlightPage
	People []traveller
}

// traveller is one line of the list by seat.
type traveller struct {
	base
	tablet.TravellerRow
	Key passenger.FlightKey
}

// NoteURL is the page of the traveller's first note.
func (t traveller) NoteURL() string { return NotePath(t.Key, t.Notes[0]) }

// Slug, TravellerNo and NoteDot are what the form for a seat needs.
func (t traveller) Slug() string { return slug(t.Key) }

// TravellerNo numbers the passenger.
func (t traveller) TravellerNo() passenger.TravellerNo { return t.No }

// NoteDot is "": the form comes back to the list.
func (t traveller) NoteDot() string { return "" }

func (s *server) people(w http.ResponseWriter, r *http.Request) error {
	f, b, err := s.load(r)
	if err != nil {
		return err
	}
	p := peoplePage{base: b, F: f}
	p.Title = p.T("people.title")
	for _, o := range f.Others {
		if !o.Removed {
			p.People = append(p.People, traveller{b, o, f.Key})
		}
	}
	return web.Render(w, s.tmpl, "people", p)
}

// URL is the path of the flight's notes.
func (p peoplePage) URL() string { return FlightPath(p.F.Key) }

// seat records where a traveller sits now.
func (s *server) seat(w http.ResponseWriter, r *http.Request) error {
	const op = "screen.seat"
	key, err := parseKey(r.PathValue("key"))
	if err != nil {
		return err
	}
	no, err := strconv.ParseUint(r.PostFormValue("traveller"), 10, 32)
	if err != nil || no == 0 {
		return passenger.Errorf(passenger.Invalid, op, "the form names no traveller; open the page again")
	}
	seat, err := passenger.ParseSeat(r.PostFormValue("seat"))
	if err != nil {
		return err
	}
	if seat == "" {
		return passenger.Errorf(passenger.Invalid, op, "fill in the seat, like 14C")
	}
	nonce, err := parseNonce(r.PostFormValue("nonce"))
	if err != nil {
		return err
	}
	back := FlightPath(key) + "/people#t" + strconv.FormatUint(no, 10)
	if d, ok := flightsync.ParseDot(r.PostFormValue("note")); ok {
		back = NotePath(key, d)
	}
	if err := s.Agent.SeatNow(r.Context(), key.String(), passenger.TravellerNo(no), seat, nonce); err != nil {
		return err
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
	return nil
}
