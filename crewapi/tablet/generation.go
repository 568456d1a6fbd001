package tablet

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"github.com/cabinloop/cabinloop/crewapi/badgerstore"
	"github.com/cabinloop/cabinloop/passenger"
)

// replaceStore copies the store into a new generation, opens that anew, compares every op and value,
// and goes on with it. When any of that fails the flight goes on with the store it has, as if
// nothing had been tried; of an index that could not be saved see [flight.makeSure]. The caller holds
// f.mu and has called use.
func (f *flight) replaceStore(carry badgerstore.Carry) error {
	generation := f.newest() + 1
	db, salt, err := f.fresh(generation)
	if err == nil {
		err = errors.Join(badgerstore.Copy(db, f.db, carry), db.Close())
	}
	if err == nil {
		if db, err = f.openStore(generation, salt); err == nil {
			err = errors.Join(badgerstore.Same(db, f.db, carry), syncDir(f.parent()))
			if err != nil {
				db.Close()
			}
		}
	}
	if err != nil {
		f.discard(generation)
		return err
	}
	f.unsure = true
	if err := f.setRecord(func(r *record) { r.Generation, r.Salt = generation, salt }); err != nil {
		db.Close()
		return err
	}
	f.unsure = false
	if err := f.db.Close(); err != nil {
		f.agent.Log.Warn("store did not close well", "flight", f.id.String(), "err", err)
	}
	f.db, f.ops, f.folded, f.row, f.phased, f.sealed = db, nil, nil, nil, nil, nil
	f.discard(f.generations(func(n int) bool { return n != generation })...)
	return f.replica()
}

// makeSure makes sure that all that is on disk names the store in use. After an index that could not
// be saved it may name the store that was to follow: an entry that was then written here would be
// lost with the next start. So nothing is written before it is saved.
func (f *flight) makeSure() error {
	if !f.unsure {
		return nil
	}
	rec := f.record()
	if err := f.writeRecord(rec); err != nil {
		return err
	}
	if err := f.agent.save(); err != nil {
		return err
	}
	f.unsure = false
	f.discard(f.generations(func(n int) bool { return n != rec.Generation })...)
	return nil
}

// merge copies a store that has many tables into one that has few: Badger's own merging is not safe
// (package badgerstore). After a failure it leaves the store alone for a while.
func (f *flight) merge() {
	now := f.agent.now()
	if since := now.Sub(f.mergeFailed); since >= 0 && since < mergeAgain {
		return
	}
	before := f.db.Tables()
	if err := f.replaceStore(nil); err != nil {
		f.mergeFailed = now
		f.agent.Log.Warn("tables could not be merged; the store stays as it is", "flight", f.id.String(), "n", before, "err", err)
		return
	}
	f.agent.Log.Debug("tables merged", "flight", f.id.String(), "n", before)
}

// tidy merges the tables of a store that has many. The caller holds f.mu.
func (f *flight) tidy(many int) {
	if f.db != nil {
		f.tables = f.db.Tables()
	}
	if f.tables < many || f.record().Purged != nil || f.use() != nil {
		return
	}
	f.merge()
	f.tables = f.db.Tables()
}

// generations lists those in the flight's directory that which picks, without what was set aside.
func (f *flight) generations(which func(int) bool) (out []int) {
	entries, _ := os.ReadDir(f.parent())
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); err == nil && which(n) {
			out = append(out, n)
		}
	}
	return out
}

// discard removes generations that nothing names. What cannot be removed goes another time.
func (f *flight) discard(generations ...int) {
	for _, n := range generations {
		if err := os.RemoveAll(f.dir(n)); err != nil {
			f.agent.Log.Warn("an old store stays on disk", "flight", f.id.String(), "err", err)
		}
	}
}

// fresh makes an empty store under a key of its own. What stood there was never current.
func (f *flight) fresh(generation int) (*badgerstore.DB, []byte, error) {
	const op = "tablet.fresh"
	if err := os.RemoveAll(f.dir(generation)); err != nil {
		return nil, nil, passenger.Wrap(passenger.Unavailable, op, "the flight's directory cannot be made", err)
	}
	salt, err := f.agent.random(32)
	if err != nil {
		return nil, nil, err
	}
	db, err := f.openStore(generation, salt)
	return db, salt, err
}

// sweepGenerations removes everything of the flight but the current generation.
func (f *flight) sweepGenerations(keep int) {
	parent := f.parent()
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, e := range entries {
		if e.Name() == strconv.Itoa(keep) || !e.IsDir() {
			continue
		}
		if err := os.RemoveAll(filepath.Join(parent, e.Name())); err != nil {
			f.agent.Log.Warn("an old store stays on disk", "flight", f.id.String(), "err", err)
		}
	}
}
