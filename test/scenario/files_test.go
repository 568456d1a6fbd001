package scenario_test

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/badgerstore"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// stored is a flight as the files of a purser's tablet say.
type stored struct {
	Assignment passenger.Assignment `json:"assignment"`
	Generation int                  `json:"generation"`
	Salt       []byte               `json:"salt"`
	Unsent     int                  `json:"unsent"`
}

func (p *purser) stored(k passenger.FlightKey) (s stored) {
	p.Helper()
	b, err := os.ReadFile(filepath.Join(p.dir, "flights.json"))
	p.must(err)
	var index struct {
		Flights []stored `json:"flights"`
	}
	p.must(json.Unmarshal(b, &index))
	for _, s := range index.Flights {
		if s.Assignment.Key == k {
			return s
		}
	}
	p.Fatalf("tablet %s has no file of %s", p.name, k)
	return s
}

// files reads a flight's store past the program, with the tablet's own keys: what somebody finds who
// has both.
func (p *purser) files(k passenger.FlightKey) badgerstore.Salvaged {
	p.Helper()
	s := p.stored(k)
	dir := filepath.Join(p.dir, "flights", s.Assignment.Flight.String())
	var wrapped struct {
		LeaseEnd time.Time `json:"lease_end"`
		Key      []byte    `json:"key"`
	}
	b, err := os.ReadFile(filepath.Join(dir, "KEY"))
	p.must(err)
	p.must(json.Unmarshal(b, &wrapped))
	pair, err := keys.Load(filepath.Join(p.dir, "device.keys"))
	p.must(err)
	key, err := pair.Agreer().Open([]byte(passenger.WrapInfo), passenger.WrapAAD(p.ID(), s.Assignment.Flight, wrapped.LeaseEnd), wrapped.Key)
	p.must(err)
	own, err := hkdf.Key(sha256.New, key, s.Salt, "cabinloop flight store", 32)
	p.must(err)
	out, err := badgerstore.Salvage(filepath.Join(dir, strconv.Itoa(s.Generation)), [32]byte(own), s.Assignment.Flight)
	p.must(err)
	return out
}

func (p *purser) View(k passenger.FlightKey) *flightsync.View {
	p.Helper()
	return flightsync.Fold(p.files(k).Ops)
}

func (p *purser) Holds(k passenger.FlightKey, words string) bool {
	p.Helper()
	for _, o := range p.files(k).Ops {
		if bytes.Contains(o.Body, []byte(words)) {
			return true
		}
	}
	return false
}
