//go:build !unix

package tablet

import (
	"os"

	"github.com/cabinloop/cabinloop/passenger"
)

// lockDir opens the lock file; here nothing keeps a second process out.
//
// BUG(tablet): outside unix two processes can open one data directory; Badger's own lock then
// refuses the second store.
func lockDir(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, passenger.Wrap(passenger.Unavailable, "tablet.lockDir", "the data directory cannot be used", err)
	}
	return f, nil
}
