package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/cmd/loopbench/floor"
	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/internal/stage"
	"github.com/cabinloop/cabinloop/passenger"
)

// fleet is a ground of its own with many tablets on its flights, fifteen each.
type fleet struct {
	*site
	tablets []*light
}

const (
	fleetPerFlight = 15
	fleetNotes     = 4 // of a flight
	fleetSeats     = 8
)

// newFleet prepares the flights and tablets on an empty database and starts its ground.
func (l *lab) newFleet(name, db string, tablets int) (f *fleet, err error) {
	dir := filepath.Join(l.dir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	s, err := newSite(l.ctx, dir, db, l.bins, l.seed)
	if err != nil {
		return nil, err
	}
	f = &fleet{site: s}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	var legs []leg
	for i := range (tablets + fleetPerFlight - 1) / fleetPerFlight {
		legs = append(legs, leg{number: 2001 + i, notes: fleetNotes, seats: fleetSeats})
	}
	if err := s.prepare(legs); err != nil {
		return nil, err
	}
	s.ground.Stop() // the tablets are written beside it
	members, root, err := s.enrolMany(tablets)
	if err != nil {
		return nil, err
	}
	var roster strings.Builder
	roster.WriteString("flight,tablet,role,zone\n")
	for i := range members {
		fmt.Fprintf(&roster, "%s,%s,cabin,\n", legs[i/fleetPerFlight].key(), fleetName(i))
	}
	if err := s.give("crew", "fleet.csv", roster.String()); err != nil {
		return nil, err
	}
	if err := s.ground.Start(s.ctx); err != nil {
		return nil, err
	}
	ids, err := s.flightIDs()
	if err != nil {
		return nil, err
	}
	for i, m := range members {
		t, err := newLight(s.ground.URL(), m, root, ids[legs[i/fleetPerFlight].key()], floor.H2C())
		if err != nil {
			return nil, err
		}
		f.tablets = append(f.tablets, t)
	}
	// Eight at a time, as tablets are loaded at the gate over a day.
	return f, together(8, func(k int) error {
		for i := k; i < len(f.tablets); i += 8 {
			if err := f.tablets[i].load(s.ctx); err != nil {
				return fmt.Errorf("tablet %d: %w", i, err)
			}
		}
		return nil
	})
}

func fleetName(i int) string { return fmt.Sprintf("fleet-%04d", i) }

// member is what an enrolled tablet has.
type member struct {
	token string
	keys  *keys.Pair
}

// enrolMany writes enrolled tablets into the database in one transaction: an enrolment by its
// code is one flush of the disk or two. root is ground's public key.
func (s *site) enrolMany(n int) (out []member, root []byte, err error) {
	h, err := s.host()
	if err != nil {
		return nil, nil, err
	}
	defer h.close()
	for range n {
		b := make([]byte, 32)
		rand.Read(b) // never fails (crypto/rand)
		pair, err := keys.Generate(rand.Reader)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, member{base64.RawURLEncoding.EncodeToString(b), pair})
	}
	return out, h.tablets.Ground.Sign, h.db.InTx(s.ctx, func(tx ground.Tx) error {
		for i, m := range out {
			hash := sha256.Sum256([]byte(m.token))
			if err := tx.InsertTablet(s.ctx, ground.Tablet{ID: passenger.TabletID(uuid.New()), Name: fleetName(i), SignKey: m.keys.Signer().Public(),
				AgreeKey: m.keys.Agreer().Public(), TokenHash: hash[:], CreatedAt: tx.Now(), EnrolledAt: tx.Now()}); err != nil {
				return err
			}
		}
		return nil
	})
}

// flightIDs maps keys to groups.
func (s *site) flightIDs() (map[string]passenger.FlightID, error) {
	var rows []struct{ Flight, ID string }
	if err := s.ask(&rows, "flight", "list"); err != nil {
		return nil, err
	}
	out := map[string]passenger.FlightID{}
	for _, r := range rows {
		id, err := passenger.ParseFlightID(r.ID)
		if err != nil {
			return nil, err
		}
		out[r.Flight] = id
	}
	return out, nil
}

// use is what a process has taken so far.
type use struct {
	cpu  time.Duration
	peak int // VmHWM, KiB
}

func useOf(p *stage.Process) (u use, err error) {
	if u.cpu, err = cpuOf(p.PID()); err != nil {
		return u, err
	}
	u.peak, err = peak(p.PID())
	return u, err
}
