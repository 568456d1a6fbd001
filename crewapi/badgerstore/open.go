package badgerstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// DB is the store of one flight. It is safe for concurrent use; one process opens a directory.
type DB struct {
	config
	dir string
	db  *badger.DB
	env envelope

	mu         sync.Mutex // writes
	held       flightsync.Vector
	high       *high
	rolledBack bool
	failed     error     // of a flush; nothing is written behind it
	snapshot   *Salvaged // what is read while Badger has no room or may not write; nil: Badger
	refused    error     // why there is a snapshot
	closed     bool
}

var _ flightsync.Store = (*DB)(nil)

// Open opens or creates the store in dir. key is the flight's own key. Errors: corrupt when the
// stored ops are not those the state names or the key is not the store's; phase for a store of a
// later program, of which nothing is touched; unavailable when the directory cannot be used or the
// disk fails: then the store is as it was. On a disk that is full or takes no writes the store can be read and refuses every
// write; see [DB.ReadOnly].
func Open(dir string, key [32]byte, opts ...Option) (*DB, error) {
	const op = "badgerstore.Open"
	outer, err := derive(key, "files")
	if err != nil {
		return nil, passenger.Wrap(passenger.Internal, op, "the flight's key cannot be used", err)
	}
	inner, err := derive(key, "values")
	if err != nil {
		return nil, passenger.Wrap(passenger.Internal, op, "the flight's key cannot be used", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, noWrites(op, err)
	}
	d := &DB{config: configOf(opts), dir: dir}
	if d.env, err = newEnvelope(inner, d.group); err != nil {
		return nil, passenger.Wrap(passenger.Internal, op, "the flight's key cannot be used", err)
	}
	if err := checkFormat(dir); err != nil {
		return nil, err
	}
	if err := d.probe(op); err != nil {
		return d.readOnly(key, err)
	}
	if err := d.twice(op, "the flight's store is damaged", func() error { return d.checkFiles(outer) }); err != nil {
		return nil, err
	}
	if err := d.twice(op, "the flight's store cannot be opened", func() (err error) { d.db, err = openWithin(dir, outer); return err }); err != nil {
		return nil, err
	}
	if d.high, err = openHigh(dir); err != nil {
		err = unavailable(op, err)
	} else {
		err = d.check()
	}
	if err == nil {
		if e := errors.Join(d.sums(), copyRegistry(dir), writeFormat(dir)); e != nil {
			err = unavailable(op, e)
		}
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// checkFiles keeps from Badger what it would panic over, or cut.
func (d *DB) checkFiles(outer []byte) error {
	if err := checkKeys(d.dir, outer); err != nil {
		return err
	}
	if err := checkTables(d.dir); err != nil {
		return err
	}
	return checkLogs(d.dir, outer, d.env)
}

// readOnly opens a store on a disk that is full or takes no writes, where Badger cannot be opened, not
// even for reading: it would write to a mapped file, which kills the process. why is said when nothing
// is there.
func (d *DB) readOnly(key [32]byte, why error) (*DB, error) {
	s, err := Salvage(d.dir, key, d.group)
	if err != nil || s.State.Group == (passenger.FlightID{}) {
		return nil, why
	}
	d.snapshot, d.refused = &s, why
	return d, nil
}

// ReadOnly reports that the store was opened on a disk that is full or takes no writes, and whether it
// can be written now: then its owner closes it and opens it again.
func (d *DB) ReadOnly() (yes, roomNow bool) {
	return d.snapshot != nil, d.snapshot != nil && d.probe("badgerstore.ReadOnly") == nil
}

// Refused is why a store is [DB.ReadOnly], with [ErrFull] or [ErrReadOnly]; nil when it is not.
func (d *DB) Refused() error { return d.refused }

// makeDiscard makes a file that Badger would make itself, where a failing disk ends the program.
func makeDiscard(dir string) error {
	f, err := os.OpenFile(filepath.Join(dir, "DISCARD"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil || st.Size() > 0 {
		return err
	}
	return f.Truncate(discardSize)
}

// openBadger turns Badger's panics over damaged files into errors.
func openBadger(dir string, key []byte) (db *badger.DB, err error) {
	defer func() {
		if p := recover(); p != nil {
			db, err = nil, fmt.Errorf("badger panicked: %v", p)
		}
	}()
	if err := errors.Join(dropEmptyLogs(dir), makeDiscard(dir)); err != nil {
		return nil, err
	}
	return badger.Open(badgerOptions(dir, key))
}

// openWithin does not wait for ever for Badger to open: with enough logs that cannot become tables it
// would. What opens too late is closed again.
func openWithin(dir string, key []byte) (*badger.DB, error) {
	return within(badgerWait, func() (*badger.DB, error) { return openBadger(dir, key) }, func(db *badger.DB) { db.Close() })
}

// dropEmptyLogs removes logs without a byte: a program that was killed between making
// one and sizing it leaves it behind, and Badger then refuses the whole store. Nothing was ever
// acknowledged from a log without bytes.
func dropEmptyLogs(dir string) error {
	for _, name := range append(filesOf(dir, "*.mem"), filesOf(dir, "*.vlog")...) {
		if st, err := os.Stat(name); err != nil {
			return err
		} else if st.Size() == 0 {
			if err := os.Remove(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// Close flushes and closes the store. A second call does nothing.
func (d *DB) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	if d.snapshot != nil {
		return nil
	}
	var err error
	if d.high != nil {
		err = d.high.f.Close()
	}
	e := d.closeBadger()
	if e == nil {
		var live []string
		if live, e = liveTables(d.dir); e == nil {
			e = writeSums(d.dir, live)
		}
	}
	if e != nil {
		err = passenger.Wrap(passenger.Unavailable, "badgerstore.Close", "the flight's store did not close well", e)
	}
	return err
}

// sums lists the tables while Badger runs.
func (d *DB) sums() error {
	var live []string
	for _, t := range d.db.Tables() {
		live = append(live, tableName(t.ID))
	}
	return writeSums(d.dir, live)
}

// closeBadger does not wait for ever for a disk that fails: Badger tries to flush until it can.
func (d *DB) closeBadger() error {
	wait := badgerWait
	if d.failed != nil {
		wait = closeWait
	}
	_, err := within(wait, func() (struct{}, error) { return struct{}{}, d.db.Close() }, nil)
	return err
}

// Broken reports that a flush failed: what was read since may not be on the disk.
func (d *DB) Broken() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failed != nil
}

// RolledBack reports whether the store holds less than was once applied: its owner must take
// a new incarnation before it writes.
func (d *DB) RolledBack() bool { return d.rolledBack }

// check compares the stored ops with the state: no gap, nothing beyond.
func (d *DB) check() error {
	const op = "badgerstore.Open"
	st, err := d.State()
	if err != nil && passenger.CodeOf(err) != passenger.NotFound {
		return err
	}
	var damage error
	err = d.db.View(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{Prefix: []byte{'o'}})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			dot, ok := parseOpKey(it.Item().Key())
			if !ok || dot.Author >= flightsync.MaxAuthors {
				return passenger.Errorf(passenger.Corrupt, op, "the flight's store holds a record that is no op")
			}
			if want := d.held.Of(dot.Author) + 1; dot.Seq != want && damage == nil {
				damage = passenger.Wrap(passenger.Corrupt, op, fmt.Sprintf("op %d.%d is missing from this tablet's store", dot.Author, want), Damaged{flightsync.Dot{Author: dot.Author, Seq: want}})
			}
			d.held = d.held.Set(dot.Author, dot.Seq)
		}
		return nil
	})
	if err != nil {
		return asError(op, err)
	}
	if damage != nil {
		return damage
	}
	v := st.Vector()
	d.rolledBack = d.high.damaged || !v.CoversAll(d.high.vector)
	if !v.CoversAll(d.held) || !d.held.CoversAll(v) {
		return passenger.Errorf(passenger.Corrupt, op, "the flight's store does not hold the ops its state names")
	}
	return nil
}
