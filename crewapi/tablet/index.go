package tablet

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// index is what flights.json holds.
type index struct {
	Flights []record `json:"flights"`
	// Gone counts the ops of flights that left the list.
	Gone     counts    `json:"gone"`
	LastSync time.Time `json:"last_sync"`
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
	Key         []byte                 `json:"key,omitempty"`    // wrapped; gone when destroyed
	Purged      *FlightRow             `json:"purged,omitempty"` // what is left of a destroyed flight
	Counts      counts                 `json:"counts"`           // of a destroyed flight
	Held        flightsync.Vector      `json:"held,omitempty"`   // of a destroyed flight
}

// loadIndex reads flights.json, or the version before it. Errors: corrupt when neither can be
// read.
func loadIndex(path, old string) (index, error) {
	x, err := readIndex(path)
	if err == nil {
		return x, nil
	}
	x, oldErr := readIndex(old)
	switch {
	case oldErr == nil:
		return x, nil
	case errors.Is(err, fs.ErrNotExist) && errors.Is(oldErr, fs.ErrNotExist):
		return index{}, nil
	}
	return x, passenger.Wrap(passenger.Corrupt, "tablet.loadIndex", "flights.json cannot be read", err)
}

func readIndex(path string) (x index, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return x, err
	}
	return x, json.Unmarshal(b, &x)
}

// wrapKey seals a flight's key under the store key, for that flight and generation only.
func wrapKey(storeKey []byte, random io.Reader, id passenger.FlightID, generation int, key [32]byte) ([]byte, error) {
	aead, err := keyAEAD(storeKey)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize())
	if _, err := io.ReadFull(random, nonce); err != nil {
		return nil, err
	}
	return aead.Seal(nonce, nonce, key[:], keyAAD(id, generation)), nil
}

func unwrapKey(storeKey []byte, id passenger.FlightID, generation int, wrapped []byte) (key [32]byte, err error) {
	aead, err := keyAEAD(storeKey)
	if err != nil {
		return key, err
	}
	if len(wrapped) < aead.NonceSize() {
		return key, errors.New("the wrapped key is too short")
	}
	b, err := aead.Open(nil, wrapped[:aead.NonceSize()], wrapped[aead.NonceSize():], keyAAD(id, generation))
	if err != nil || len(b) != len(key) {
		return key, errors.New("the wrapped key does not open")
	}
	copy(key[:], b)
	return key, nil
}

func keyAEAD(storeKey []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(storeKey)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func keyAAD(id passenger.FlightID, generation int) []byte {
	return append(id[:], byte(generation>>8), byte(generation))
}
