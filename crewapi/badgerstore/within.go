package badgerstore

import (
	"syscall"
	"time"
)

// errSlow is the disk's: Badger does not return while it cannot write.
const errSlow = syscall.ETIMEDOUT

// within runs fn and waits for it, but not for ever. late, when not nil, gets what fn returned without
// an error when nobody waited any more.
func within[T any](wait time.Duration, fn func() (T, error), late func(T)) (T, error) {
	type result struct {
		v   T
		err error
	}
	done, left := make(chan result), make(chan struct{})
	go func() {
		v, err := fn()
		select {
		case done <- result{v, err}:
		case <-left:
			if err == nil && late != nil {
				late(v)
			}
		}
	}()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case r := <-done:
		return r.v, r.err
	case <-timer.C:
		close(left)
		var none T
		return none, errSlow
	}
}
