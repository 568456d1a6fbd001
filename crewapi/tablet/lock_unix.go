//go:build unix

package tablet

import (
	"os"
	"syscall"

	"github.com/cabinloop/cabinloop/passenger"
)

// lockDir takes the directory for this process; the lock ends with the file or the process.
func lockDir(path string) (*os.File, error) {
	const op = "tablet.lockDir"
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, passenger.Wrap(passenger.Unavailable, op, "the data directory cannot be used", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, passenger.Wrap(passenger.Unavailable, op, "another purser program is running on this data directory (purser serve?); use its pages, or stop it first", err)
	}
	return f, nil
}
