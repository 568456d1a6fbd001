package badgerstore

import (
	"errors"
	"fmt"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Damaged is the cause of a corrupt error: which op cannot be read. Reading may go on behind it.
type Damaged struct{ Dot flightsync.Dot }

// Error names the op.
func (e Damaged) Error() string { return "op " + e.Dot.String() + " is damaged" }

// State implements [flightsync.Storage]. Errors: not_found before the first batch, corrupt.
func (d *DB) State() (flightsync.State, error) {
	const op = "badgerstore.State"
	b, err := d.get(op, stateKey)
	if err != nil {
		return flightsync.State{}, err
	}
	if b == nil {
		return flightsync.State{}, passenger.Errorf(passenger.NotFound, op, "this store holds no flight yet")
	}
	return flightsync.UnmarshalState(b)
}

// Ops implements [flightsync.Storage]. Errors: corrupt with a [Damaged] in its chain when an op
// cannot be read or is missing; the ops behind it can be read by a further call.
func (d *DB) Ops(a flightsync.Author, first uint64, yield func(flightsync.Op) bool) error {
	const op = "badgerstore.Ops"
	first = max(first, 1)
	if d.snapshot != nil {
		return d.snapshot.ops(op, a, first, yield)
	}
	err := d.db.View(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{Prefix: lanePrefix(a)})
		defer it.Close()
		want := first
		for it.Seek(opKey(flightsync.Dot{Author: a, Seq: first})); it.Valid(); it.Next() {
			dot, ok := parseOpKey(it.Item().Key())
			if !ok || dot.Seq != want {
				return damaged(op, flightsync.Dot{Author: a, Seq: want}, nil)
			}
			o, err := d.op(it.Item(), dot)
			if err != nil {
				return damaged(op, dot, err)
			}
			if !yield(o) {
				return nil
			}
			want++
		}
		return nil
	})
	return asError(op, err)
}

func damaged(op string, dot flightsync.Dot, err error) error {
	return passenger.Wrap(passenger.Corrupt, op, fmt.Sprintf("op %s is damaged on this tablet; ground has a copy if it was sent", dot), errors.Join(Damaged{dot}, err))
}

func (d *DB) op(item *badger.Item, dot flightsync.Dot) (o flightsync.Op, err error) {
	err = item.Value(func(sealed []byte) error {
		raw, err := d.env.open(opKey(dot), sealed)
		if err != nil {
			return err
		}
		o, err = flightsync.ParseOp(dot, raw)
		return err
	})
	return o, err
}

// Meta returns a value of the agent; nil when it was never set. Errors: corrupt.
func (d *DB) Meta(name string) ([]byte, error) { return d.get("badgerstore.Meta", metaKey(name)) }

// Metas yields the values of the agent whose names begin with prefix, by name, until yield
// returns false. One that cannot be read is passed over. Errors: corrupt.
func (d *DB) Metas(prefix string, yield func(name string, value []byte) bool) error {
	return d.metas(prefix, false, yield)
}

// metas is [DB.Metas]; with all, a value that cannot be read is an error.
func (d *DB) metas(prefix string, all bool, yield func(name string, value []byte) bool) error {
	if d.snapshot != nil {
		return d.snapshot.Metas(prefix, yield)
	}
	err := d.db.View(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{Prefix: metaKey(prefix)})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			var value []byte
			if err := it.Item().Value(func(sealed []byte) (err error) {
				value, err = d.env.open(it.Item().Key(), sealed)
				return err
			}); err != nil && all {
				return err
			} else if err != nil {
				continue
			}
			if !yield(string(it.Item().Key()[1:]), value) {
				return nil
			}
		}
		return nil
	})
	return asError("badgerstore.Metas", err)
}

func (d *DB) get(op string, key []byte) (out []byte, err error) {
	if d.snapshot != nil {
		return d.snapshot.value(key), nil
	}
	err = d.db.View(func(txn *badger.Txn) error {
		item, err := txn.Get(key)
		if err == badger.ErrKeyNotFound {
			return nil
		}
		if err != nil {
			return err
		}
		return item.Value(func(sealed []byte) error {
			out, err = d.env.open(key, sealed)
			if out == nil && err == nil {
				out = []byte{}
			}
			return err
		})
	})
	if err != nil {
		return nil, passenger.Wrap(passenger.Corrupt, op, "a record of this flight is damaged on this tablet", err)
	}
	return out, nil
}

// asError leaves our own errors as they are. Whatever else Badger says while reading means that
// its files are not what it wrote.
func asError(op string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*passenger.Error](err); ok {
		return e
	}
	if errors.Is(err, badger.ErrDBClosed) {
		return passenger.Wrap(passenger.Unavailable, op, "the flight's store is closed", err)
	}
	return passenger.Wrap(passenger.Corrupt, op, "the flight's store cannot be read", err)
}
