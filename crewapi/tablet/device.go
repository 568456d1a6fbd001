package tablet

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"

	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
)

// device is what device.json holds.
type device struct {
	Tablet passenger.TabletID `json:"tablet"`
	Name   string             `json:"name"`
	Ground string             `json:"ground"`
	Token  string             `json:"token"`
	// GroundSign and GroundAgree are ground's public keys, as learned at enrolment.
	GroundSign  []byte `json:"ground_sign_key"`
	GroundAgree []byte `json:"ground_agree_key"`
	// Former are the tablets that this device was before.
	Former []formerDevice `json:"former,omitempty"`
	// Access is how ground last said that this device stands, when it refused its token.
	Access passenger.Access `json:"access,omitempty"`
}

func (d device) enrolled() bool { return d.Token != "" }

// knows reports whether ground's keys are those that this device knows; one that has lost its name
// knows none, and takes ground's word.
func (d device) knows(ground passenger.PublicKeys) bool {
	return !d.enrolled() || bytes.Equal(d.GroundSign, ground.Sign) && bytes.Equal(d.GroundAgree, ground.Agree)
}

// loadDevice reads device.json and the keys beside it; one that is missing or cannot be read is a
// tablet not yet enrolled. Errors: those of [keys.Load].
func loadDevice(path, keyPath string, log *slog.Logger) (d device, k keys.KeyStore, err error) {
	err = readFile(path, func(b []byte) (err error) { d, err = parseDevice(b); return err })
	if errors.Is(err, fs.ErrNotExist) {
		return device{}, nil, nil
	}
	if err != nil { // its stores stay, and come home once it is enrolled again
		log.Error("device.json cannot be read; enrol this tablet again, nothing on it is lost", "err", err)
		return device{}, nil, nil
	}
	pair, err := loadKeys(keyPath, log)
	if err != nil {
		return device{}, nil, err
	}
	return d, pair, nil
}

func parseDevice(b []byte) (d device, err error) {
	err = json.Unmarshal(b, &d)
	for _, public := range [][]byte{d.GroundSign, d.GroundAgree} {
		if err == nil {
			_, err = keys.ParsePublic(public)
		}
	}
	return d, err
}

// saveKeys writes both copies of the tablet's keys. Errors: unavailable.
func saveKeys(path string, pair *keys.Pair) error {
	if err := keys.Save(path, pair); err != nil {
		return err
	}
	return keys.Save(path+spare, pair)
}

// loadKeys reads the keys from the first copy that is whole (private keys that fit their public
// ones) and repairs the other. Errors: those of [keys.Load] for the first.
func loadKeys(path string, log *slog.Logger) (*keys.Pair, error) {
	pair, err := loadKey(path, log)
	other := path + spare
	if err != nil {
		old, oldErr := loadKey(other, log)
		if oldErr != nil {
			return nil, err
		}
		log.Error("the key file is damaged; its copy is used", "err", err)
		pair, other = old, path
	}
	if old, err := keys.Load(other); err != nil || !bytes.Equal(old.Marshal(), pair.Marshal()) {
		_ = keys.Save(other, pair) // as for other files: a disk that takes nothing leaves it as it is
	}
	return pair, nil
}

// loadKey reads one copy. One that others may read, as a tool that keeps no modes leaves it, is made
// the owner's again: refusing it would take the notes from the crew and nothing from a thief.
func loadKey(path string, log *slog.Logger) (*keys.Pair, error) {
	pair, err := keys.Load(path)
	if passenger.CodeOf(err) != passenger.Forbidden {
		return pair, err
	}
	log.Warn("others could read the key file; its mode is put right", "err", errors.Join(err, os.Chmod(path, 0o600)))
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, passenger.Wrap(passenger.Unavailable, "tablet.loadKey", "the key file cannot be read", err)
	}
	return keys.Parse(b)
}
