package main

import (
	"encoding/json"
	"fmt"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/internal/stage"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// wireResult is what crosses between tablet and ground, headers included, as a relay of TCP
// counts it: plain HTTP/1.1, no TLS. Enrolment is not in it.
type wireResult struct {
	Passengers int           `json:"passengers"`
	Notes      int           `json:"notes"`
	Load       stage.Traffic `json:"load"` // first load of one flight, acknowledged to ground
	LoadFloor  int           `json:"load_floor"`
	LoadRatio  float64       `json:"load_ratio"`
	Idle       stage.Traffic `json:"idle"`     // one more round: nothing is new
	Feedback   stage.Traffic `json:"feedback"` // a round that hands over one outcome
	OneFloor   int           `json:"feedback_floor"`
	OneRatio   float64       `json:"feedback_ratio"`
	NetRatio   float64       `json:"feedback_over_idle_ratio"` // what the outcome adds to an idle round, to its floor
}

// measureWire lets a new tablet, the real program, load a flight and hand over one outcome.
func (s *site) measureWire() (r wireResult, err error) {
	const name = "wire"
	l := carried[0]
	dir, err := s.enrol(name, s.link.URL())
	if err != nil {
		return r, err
	}
	if err := s.give("crew", name+".csv", crew(name, l)); err != nil {
		return r, err
	}
	s.link.Take()
	if r.Load, err = s.round(dir); err != nil {
		return r, err
	}
	page, err := s.read(dir, l)
	if err != nil {
		return r, err
	}
	if r.Passengers, r.Notes = len(page.Others), len(page.Cards); r.Passengers != seats || r.Notes != notes {
		return r, fmt.Errorf("the tablet loaded %d passengers and %d notes, want %d and %d", r.Passengers, r.Notes, seats, notes)
	}
	if r.Idle, err = s.round(dir); err != nil {
		return r, err
	}
	note, feedback := page.Cards[0].Dot, passenger.Feedback{Outcome: passenger.Acted, Reaction: passenger.Pleased}
	if _, err := s.purser(dir, "feedback", l.key(), note.String(), "--outcome", string(feedback.Outcome), "--reaction", string(feedback.Reaction)); err != nil {
		return r, err
	}
	if t := s.link.Take(); t.Bytes() != 0 {
		return r, fmt.Errorf("recording an outcome used the network: %+v", t)
	}
	if r.Feedback, err = s.round(dir); err != nil {
		return r, err
	}
	if err := s.arrived(l, note); err != nil {
		return r, err
	}
	r.LoadFloor = flightFloor(page)
	r.OneFloor = feedbackFloor(note, feedback)
	r.LoadRatio = float64(r.Load.Bytes()) / float64(r.LoadFloor)
	r.OneRatio = float64(r.Feedback.Bytes()) / float64(r.OneFloor)
	r.NetRatio = float64(r.Feedback.Bytes()-r.Idle.Bytes()) / float64(r.OneFloor)
	return r, nil
}

// round syncs once and returns what crossed.
func (s *site) round(dir string) (stage.Traffic, error) {
	var rep tablet.SyncReport
	out, err := s.purser(dir, "sync", "--once", "--json")
	if err != nil {
		return stage.Traffic{}, err
	}
	if err := json.Unmarshal(out, &rep); err != nil {
		return stage.Traffic{}, err
	}
	if rep.Flights != 1 || rep.Pending != 0 {
		return stage.Traffic{}, fmt.Errorf("after a round %d flights have %d entries pending", rep.Flights, rep.Pending)
	}
	return s.link.Take(), nil
}

// read opens a tablet's folder and reads the page of a flight.
func (s *site) read(dir string, l leg) (tablet.FlightPage, error) {
	a, err := s.agent(dir)
	if err != nil {
		return tablet.FlightPage{}, err
	}
	page, err := a.Flight(s.ctx, l.key())
	if closing := a.Close(); err == nil {
		err = closing
	}
	return page, err
}

// arrived reports whether ground has the outcome of a note.
func (s *site) arrived(l leg, note flightsync.Dot) error {
	var report struct{ Acted int }
	if err := s.ask(&report, "flight", "report", l.key()); err != nil {
		return err
	}
	if report.Acted != 1 {
		return fmt.Errorf("ground has %d outcomes of note %s, want 1", report.Acted, note)
	}
	return nil
}
