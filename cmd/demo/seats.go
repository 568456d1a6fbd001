package main

import (
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/internal/clock"
	"github.com/cabinloop/cabinloop/passenger"
)

// seat is a tablet of the real loop: the purser's agent with its own data folder, in this
// process, so that a hundred flights fit on one machine.
type seat struct {
	*tablet.Agent
	name string
}

func (l *realLoop) newSeat(name string) error {
	now, err := clock.Flags{Now: "@" + l.clock}.Func()
	if err != nil {
		return err
	}
	a, err := tablet.Open(tablet.Config{Dir: filepath.Join(l.dir, name), Now: now, Rand: rand.Reader,
		Log: slog.New(slog.NewTextHandler(l.log, nil)), HTTP: &http.Client{}})
	if err != nil {
		return err
	}
	l.agents = append(l.agents, &seat{a, name})
	var invite struct{ Code string }
	if err := l.groundJSON(&invite, "tablet", "enrol", "--name", name); err != nil {
		return err
	}
	return a.Enrol(l.ctx, l.ground.URL(), invite.Code, name)
}

func (l *realLoop) closeAgents() {
	for _, a := range l.agents {
		if err := a.Close(); err != nil {
			_, _ = io.WriteString(l.log, a.name+": close: "+err.Error()+"\n") // the run is over
		}
	}
}

// actOn records seeded outcomes on one flight of a tablet. Some notes are opened and left, some
// are never opened: not everything gets done on a flight.
func (l *realLoop) actOn(a *seat, flight string) error {
	page, err := a.Flight(l.ctx, flight)
	if err != nil {
		return err
	}
	for _, c := range page.Cards {
		if c.Retracted != "" {
			continue
		}
		if err := l.actOnNote(a, page.Key, c); err != nil {
			return err
		}
	}
	return nil
}

func (l *realLoop) actOnNote(a *seat, key passenger.FlightKey, c tablet.NoteCard) error {
	dice := l.rand.IntN(100)
	if dice < 5 {
		return nil // never opened
	}
	if err := a.Seen(l.ctx, key.String(), c.Dot); err != nil {
		return err
	}
	e := tablet.Entry{Flight: key, Note: c.Dot}
	l.nonce++
	for i := range e.Nonce {
		e.Nonce[i] = byte(l.nonce >> (8 * i))
	}
	switch {
	case dice < 10:
		return nil // opened, nothing recorded
	case dice < 65:
		e.Feedback = passenger.Feedback{Outcome: passenger.Acted, Reaction: passenger.Pleased}
	case dice < 80:
		e.Feedback = passenger.Feedback{Outcome: passenger.Declined}
	default:
		e.Feedback = passenger.Feedback{Outcome: passenger.NotPossible, Reason: passenger.Reasons[l.rand.IntN(len(passenger.Reasons))]}
	}
	if e.Feedback.Outcome == passenger.Acted && dice < 30 {
		e.Gesture = passenger.Drink
		l.gifts++
	}
	l.taps++
	_, err := a.Record(l.ctx, e)
	return err
}
