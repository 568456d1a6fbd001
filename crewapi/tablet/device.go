package tablet

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"github.com/cabinloop/cabinloop/passenger"
)

// device is what device.json holds.
type device struct {
	Tablet   passenger.TabletID `json:"tablet"`
	Name     string             `json:"name"`
	Ground   string             `json:"ground"`
	Token    string             `json:"token"`
	Private  []byte             `json:"private_key"` // P-256, PKCS #8
	StoreKey []byte             `json:"store_key"`   // 32 bytes; wraps the flights' keys
}

func (d device) enrolled() bool { return d.Token != "" }

// loadDevice reads device.json; a missing file is a tablet not yet enrolled. Errors: corrupt.
func loadDevice(path string) (d device, err error) {
	const op = "tablet.loadDevice"
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return d, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &d)
	}
	if err != nil || len(d.StoreKey) != 32 {
		return device{}, passenger.Wrap(passenger.Corrupt, op, "device.json cannot be read; the tablet must be enrolled anew in an empty data directory", err)
	}
	return d, nil
}
