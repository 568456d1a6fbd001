package console

import (
	"net/http"

	"github.com/cabinloop/cabinloop/ground/followup"
)

// HeldBy lists what a tablet's held entries say, those that say something.
func (p *flightPage) HeldBy(tablet string) (lines []string) {
	for _, h := range p.Held {
		what := ""
		switch {
		case h.Tablet != tablet:
			continue
		case h.Outcome != "":
			what = p.Word("outcome", h.Outcome)
		case h.Gesture != "":
			what = p.Word("gesture", h.Gesture)
		default:
			continue
		}
		lines = append(lines, p.T("held.at", "Seat", string(h.Seat), "What", what))
	}
	return lines
}

// Decides lists the tablets of the flight about which somebody has to decide, for who may.
func (p *flightPage) Decides() (out []followup.TabletLine) {
	seen := map[string]bool{}
	for _, t := range p.Report.Tablets {
		if (t.MayHold || t.Review > 0) && !seen[t.Name] && p.May("tablets") {
			seen[t.Name] = true
			out = append(out, t)
		}
	}
	return out
}

// decideHeld takes a person's decision about a tablet without access on a flight.
func (s *server) decideHeld(w http.ResponseWriter, r *http.Request) error {
	id, err := flightID(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	key, err := s.flightKey(r.Context(), id)
	if err != nil {
		return err
	}
	by, tablet, reason, said := actor(r, "tablets").Name, r.PostForm.Get("tablet"), r.PostForm.Get("reason"), "said.written-off"
	if r.PostForm.Get("how") == "accept" {
		said = "said.accepted"
		_, err = s.Dispatch.Accept(r.Context(), key, tablet, by, reason)
	} else {
		err = s.Dispatch.WriteOff(r.Context(), key, tablet, by, reason)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, said, "/flight/"+id.String())
}
