package tablet

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
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
}

func (d device) enrolled() bool { return d.Token != "" }

// keeps reports whether ground's keys are those that this device knows. Another address is
// another ground.
func (d device) keeps(url string, ground passenger.PublicKeys) bool {
	return d.Ground != url || bytes.Equal(d.GroundSign, ground.Sign) && bytes.Equal(d.GroundAgree, ground.Agree)
}

// loadDevice reads device.json and the keys beside it; a missing device.json is a tablet not
// yet enrolled. Errors: corrupt; those of [keys.Load].
func loadDevice(path, keyPath string) (d device, k keys.KeyStore, err error) {
	const op = "tablet.loadDevice"
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return d, nil, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &d)
	}
	for _, public := range [][]byte{d.GroundSign, d.GroundAgree} {
		if err == nil {
			_, err = keys.ParsePublic(public)
		}
	}
	if err != nil {
		return device{}, nil, passenger.Wrap(passenger.Corrupt, op, "device.json cannot be read; the tablet must be enrolled anew in an empty data directory", err)
	}
	pair, err := keys.Load(keyPath)
	if err != nil {
		return device{}, nil, err
	}
	return d, pair, nil
}
