package main

import (
	"path/filepath"
	"time"
)

// startResult is how long a tablet's program takes from its start to a page with notes.
type startResult struct {
	FirstNote spread `json:"first_note"`
	Listening spread `json:"listening"` // until it said where it listens
}

// measureStart starts the tablet's program again and again while ground is off.
func (s *site) measureStart() (r startResult, err error) {
	s.ground.Stop()
	path, err := carried[0].path()
	if err != nil {
		return r, err
	}
	p := s.serve(carrier, filepath.Join(s.dir, carrier))
	defer p.Stop()
	var first, listening []time.Duration
	for range starts {
		begun := time.Now()
		if err := p.Start(s.ctx); err != nil {
			return r, err
		}
		listening = append(listening, time.Since(begun))
		if err := s.until("the page shows a note", time.Millisecond, func() (bool, error) {
			status, body, err := s.get(p.URL() + path)
			return status == 200 && cardRE.MatchString(body), err
		}); err != nil {
			return r, err
		}
		first = append(first, time.Since(begun))
		p.Stop()
	}
	r.FirstNote, r.Listening = spreadOf(first), spreadOf(listening)
	return r, nil
}
