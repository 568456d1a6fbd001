package tablet

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io/fs"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// indexVersion is the version of everything in a data directory but the flights' stores, which have
// their own. A program refuses a directory of a later one and leaves every byte of it. History: 1,
// 2026-11: the first.
const indexVersion = 1

// index is what flights.json holds.
type index struct {
	Version int      `json:"version"` // 0 is 1
	Flights []record `json:"flights"`
	// Gone counts the ops of flights that left the list.
	Gone     counts    `json:"gone"`
	LastSync time.Time `json:"last_sync"`
	// Link is how the way to ground was last chosen to be used.
	Link uplink.Class `json:"link,omitempty"`
	// CertificateEnds is when ground's certificate ends, as last seen.
	CertificateEnds time.Time `json:"ground_certificate_ends,omitzero"`
}

// sum is of everything but the time of the last round.
func (x index) sum() [32]byte {
	x.LastSync = time.Time{}
	b, err := json.Marshal(x)
	if err != nil { // nothing in it can fail
		return [32]byte{}
	}
	return sha256.Sum256(b)
}

// counts are own ops: written, and of them on ground.
type counts struct {
	Issued   int `json:"issued"`
	OnGround int `json:"on_ground"`
}

// record is one flight as flights.json knows it.
type record struct {
	Assignment  passenger.Assignment   `json:"assignment"`
	Incarnation flightsync.Incarnation `json:"incarnation"`
	Generation  int                    `json:"generation"`       // 0: no store yet
	Salt        []byte                 `json:"salt,omitempty"`   // of the generation's key; gone when destroyed
	Purged      *FlightRow             `json:"purged,omitempty"` // what is left of a destroyed flight
	Counts      counts                 `json:"counts"`           // of a destroyed flight
	Held        flightsync.Vector      `json:"held,omitempty"`   // of a destroyed flight
	Spent       uplink.Spent           `json:"spent,omitempty"`  // bytes on SATCOM
	Unsent      int                    `json:"unsent,omitempty"` // ops of a destroyed flight that ground lacks
	Ended       time.Time              `json:"ended,omitzero"`   // the lease end for which a flight was destroyed
}

// loadIndex reads flights.json; a missing one is an empty index. Errors: corrupt when neither copy can
// be read, phase when a later program wrote it.
func loadIndex(path string) (x index, err error) {
	err = readFile(path, func(b []byte) (err error) { x, err = parseIndex(b); return err })
	switch {
	case err == nil || passenger.CodeOf(err) == passenger.Phase:
		return x, err
	case errors.Is(err, fs.ErrNotExist):
		return index{}, nil
	}
	return index{}, passenger.Wrap(passenger.Corrupt, "tablet.loadIndex", "flights.json cannot be read", err)
}

func parseIndex(b []byte) (x index, err error) {
	var first struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(b, &first); err == nil && first.Version > indexVersion {
		return x, passenger.Errorf(passenger.Phase, "tablet.parseIndex",
			"a newer version of this app stored what is on this tablet; install that version again: nothing here was changed, and everything recorded is kept")
	}
	err = json.Unmarshal(b, &x)
	return x, err
}
