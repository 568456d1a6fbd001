package tablet

import (
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// wrapped is what the file KEY of a flight holds: the flight's key as ground wrapped it.
type wrapped struct {
	LeaseEnd time.Time `json:"lease_end"`
	Key      []byte    `json:"key"`
}

// flightKey is an unwrapped key, in memory only.
type flightKey [passenger.FlightKeySize]byte

func (f *flight) parent() string { return filepath.Dir(f.dir(0)) }

func (f *flight) keyPath() string { return filepath.Join(f.parent(), "KEY") }

// unwrap opens a wrapped key with this device's agree key, or with one that it had before.
func (a *Agent) unwrap(id passenger.FlightID, w wrapped) (key flightKey, err error) {
	is := a.identities()
	if len(is) == 0 {
		return unwrap(nil, passenger.TabletID{}, id, w)
	}
	for _, i := range is {
		if key, err = unwrap(i.keys, i.tablet, id, w); err == nil {
			return key, nil
		}
	}
	return key, err
}

func unwrap(store keys.KeyStore, tablet passenger.TabletID, id passenger.FlightID, w wrapped) (key flightKey, err error) {
	if store == nil {
		return key, passenger.Errorf(passenger.Phase, "tablet.unwrap", "this tablet has no keys; enrol it")
	}
	b, err := store.Agreer().Open([]byte(passenger.WrapInfo), passenger.WrapAAD(tablet, id, w.LeaseEnd), w.Key)
	if err == nil && len(b) != len(key) {
		err = passenger.Errorf(passenger.Corrupt, "tablet.unwrap", "the flight's key has %d bytes", len(b))
	}
	copy(key[:], b)
	return key, err
}

// readKey takes the flight's key from its file, if it is there and opens; if not, ground gives
// it again.
func (f *flight) readKey() {
	var w wrapped
	var key flightKey
	err := readFile(f.keyPath(), func(b []byte) (err error) {
		if w, err = parseWrapped(b); err == nil {
			key, err = f.agent.unwrap(f.id, w)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		f.agent.Log.Error("the key of a flight cannot be read; ground has to give it again", "flight", f.id.String(), "err", err)
		return
	}
	f.recMu.Lock()
	f.secret, f.leaseEnds = &key, w.LeaseEnd
	f.recMu.Unlock()
}

func parseWrapped(b []byte) (w wrapped, err error) {
	err = json.Unmarshal(b, &w)
	return w, err
}

// grant takes the flight's key from ground. A flight has one key for good: another one is
// refused, as the store could not be opened with it.
func (f *flight) grant(d passenger.Duty) error {
	w := wrapped{LeaseEnd: d.LeaseEnd, Key: d.WrappedKey}
	key, err := f.agent.unwrap(f.id, w)
	if err != nil {
		return err
	}
	if old := f.key32(); old != nil && subtle.ConstantTimeCompare(old[:], key[:]) == 0 {
		return passenger.Errorf(passenger.Exists, "tablet.grant", "ground gave this flight a second key; the first one stays")
	}
	if err := os.MkdirAll(f.parent(), 0o700); err != nil {
		return passenger.Wrap(passenger.Unavailable, "tablet.grant", "the flight's directory cannot be made", err)
	}
	if err := writeFile(f.keyPath(), w); err != nil {
		return err
	}
	f.recMu.Lock()
	f.secret, f.leaseEnds = &key, w.LeaseEnd
	f.recMu.Unlock()
	return nil
}

func (f *flight) key32() *flightKey {
	f.recMu.Lock()
	defer f.recMu.Unlock()
	return f.secret
}

// destroyKey removes the flight's key for good.
func (f *flight) destroyKey() error {
	f.recMu.Lock()
	f.secret, f.leaseEnds = nil, time.Time{}
	f.recMu.Unlock()
	if err := removeFile(f.keyPath()); err != nil {
		return passenger.Wrap(passenger.Unavailable, "tablet.destroyKey", "the flight's key could not be removed", err)
	}
	return nil
}

// holdings says what the tablet holds of its flights, the nearest to its departure first: keys, what
// it owes to ground, and vectors where they are given.
func (a *Agent) holdings(have map[passenger.FlightID]flightsync.Vector) []crewapi.Holding {
	var out []crewapi.Holding
	for _, f := range a.inOrder() {
		h := crewapi.Holding{Flight: f.id}
		h.Have, h.Begun = have[f.id]
		f.recMu.Lock()
		if f.secret != nil {
			h.LeaseEnd = f.leaseEnds
		}
		h.Owed = f.rec.Unsent > 0
		f.recMu.Unlock()
		out = append(out, h)
	}
	return out
}

// storeKey derives the key of one generation's store. The salt dies with its generation, and
// with it what the file system may keep of the files.
func storeKey(key flightKey, salt []byte) (out [32]byte, err error) {
	b, err := hkdf.Key(sha256.New, key[:], salt, "cabinloop flight store", len(out))
	copy(out[:], b)
	return out, err
}
