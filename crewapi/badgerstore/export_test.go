package badgerstore

import (
	"testing"

	badger "github.com/dgraph-io/badger/v4"
)

// forge puts the sealed value of another key under key.
func forge(tb testing.TB, d *DB, key, other []byte) {
	tb.Helper()
	if err := d.db.Update(func(txn *badger.Txn) error {
		item, err := txn.Get(other)
		if err != nil {
			return err
		}
		v, err := item.ValueCopy(nil)
		if err != nil {
			return err
		}
		return txn.Set(key, v)
	}); err != nil {
		tb.Fatal(err)
	}
}

func remove(tb testing.TB, d *DB, key []byte) {
	tb.Helper()
	if err := d.db.Update(func(txn *badger.Txn) error { return txn.Delete(key) }); err != nil {
		tb.Fatal(err)
	}
}
