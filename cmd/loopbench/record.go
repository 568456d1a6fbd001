package main

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/passenger"
)

// recordResult is how long an outcome takes to be durable on the tablet.
type recordResult struct {
	Write     spread  `json:"write"`
	PerSecond float64 `json:"per_second"` // one writer
	Flush     spread  `json:"flush"`      // the disk alone: append 4 KiB to a file, fsync
}

// measureRecord writes outcomes, one after the other, on a flight of 50 notes, ground being off.
func (s *site) measureRecord() (r recordResult, err error) {
	if r.Flush, err = s.flush(); err != nil {
		return r, err
	}
	a, err := s.agent(filepath.Join(s.dir, carrier))
	if err != nil {
		return r, err
	}
	defer func() {
		if closing := a.Close(); err == nil {
			err = closing
		}
	}()
	page, err := a.Flight(s.ctx, carried[0].key())
	if err != nil {
		return r, err
	}
	var times []time.Duration
	begun := time.Now()
	for i := range entries {
		e := tablet.Entry{Flight: page.Key, Note: page.Cards[i%len(page.Cards)].Dot, Feedback: passenger.Feedback{Outcome: passenger.Acted}}
		if i/len(page.Cards)%2 == 1 { // changed the next time round
			e.Feedback.Outcome = passenger.Declined
		}
		binary.BigEndian.PutUint64(e.Nonce[:], uint64(i+1))
		at := time.Now()
		if _, err := a.Record(s.ctx, e); err != nil {
			return r, err
		}
		times = append(times, time.Since(at))
	}
	r.PerSecond = entries / time.Since(begun).Seconds()
	r.Write = spreadOf(times)
	return r, nil
}

// flush measures the disk that the tablet writes to.
func (s *site) flush() (spread, error) {
	f, err := os.Create(filepath.Join(s.dir, "flush"))
	if err != nil {
		return spread{}, err
	}
	defer f.Close()
	block := make([]byte, 4096)
	var times []time.Duration
	for range entries {
		at := time.Now()
		if _, err := f.Write(block); err != nil {
			return spread{}, err
		}
		if err := f.Sync(); err != nil {
			return spread{}, err
		}
		times = append(times, time.Since(at))
	}
	return spreadOf(times), nil
}
