package screen

import (
	"net/http"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/internal/web"
)

type flightsPage struct {
	base
	S     tablet.Status
	First *row // the right flight
	Rest  []row
}

// row is one flight in the list.
type row struct {
	base
	tablet.FlightRow
}

// URL is the path of the flight's notes.
func (r row) URL() string { return FlightPath(r.Key) }

func (s *server) flights(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Agent.Flights(r.Context())
	if err != nil {
		return err
	}
	st, err := s.Agent.Status(r.Context())
	if err != nil {
		return err
	}
	p := flightsPage{base: s.base(r), S: st}
	p.Title = p.T("flights.title")
	for i, f := range list {
		if i == 0 {
			p.First = &row{p.base, f}
			continue
		}
		p.Rest = append(p.Rest, row{p.base, f})
	}
	return web.Render(w, s.tmpl, "flights", p)
}
