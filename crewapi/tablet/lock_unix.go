//go:build unix

package tablet

import (
	"os"
	"path/filepath"
	"syscall"

	"github.com/cabinloop/cabinloop/passenger"
)

// lockDir takes the directory for this process; the lock ends with the file or the process. On a disk
// that takes no writes the file is locked as it can be read, and the directory where there is none.
func lockDir(path string) (*os.File, error) {
	const op = "tablet.lockDir"
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	for _, path := range []string{path, filepath.Dir(path)} {
		if err != nil {
			f, err = os.Open(path)
		}
	}
	if err != nil {
		return nil, passenger.Wrap(passenger.Unavailable, op, "the data directory cannot be used", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, passenger.Wrap(passenger.Unavailable, op, "another purser program is running on this data directory (purser serve?); use its pages, or stop it first", err)
	}
	return f, nil
}
