package tablet

import (
	"errors"

	"github.com/cabinloop/cabinloop/crewapi/badgerstore"
)

// Storage says why this tablet can record nothing now: what is on it is read all the same.
type Storage string

// The ways of a storage that takes nothing; "" is one that does.
const (
	StorageFull     Storage = "full"
	StorageReadOnly Storage = "read_only"
)

// limits are what the stores go by, where it is not their own.
func (a *Agent) limits() (opts []badgerstore.Option) {
	if a.Floor > 0 {
		opts = append(opts, badgerstore.WithFloor(a.Floor))
	}
	if a.Writable != nil {
		opts = append(opts, badgerstore.WithWritable(a.Writable))
	}
	return opts
}

// storage asks the disk, without a write, and the stores that are open: what they were refused the
// disk may not know of. mine is the flight whose mutex the caller holds; it waits for no other.
func (a *Agent) storage(mine *flight) Storage {
	why := badgerstore.Room(a.Dir, a.limits()...)
	for _, f := range a.list() {
		if why != nil || f != mine && !f.mu.TryLock() {
			continue
		}
		if f.db != nil {
			why = f.db.Refused()
		}
		if f != mine {
			f.mu.Unlock()
		}
	}
	switch {
	case errors.Is(why, badgerstore.ErrFull):
		return StorageFull
	case errors.Is(why, badgerstore.ErrReadOnly):
		return StorageReadOnly
	}
	return ""
}
