package floor

import (
	badger "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// Record is one value under its key.
type Record struct {
	Key   string
	Value []byte
}

// Store is Badger with fsync. It is safe for concurrent use.
type Store struct{ db *badger.DB }

// OpenStore opens or makes the store in dir, tuned as small as the tablet's (reference:
// flight-sync.md, C.1), without encryption.
func OpenStore(dir string) (*Store, error) {
	db, err := badger.Open(badger.DefaultOptions(dir).WithSyncWrites(true).WithLogger(nil).
		WithMemTableSize(4 << 20).WithNumMemtables(2).WithBlockCacheSize(1 << 20).WithIndexCacheSize(0).
		WithValueLogFileSize(8 << 20).WithValueThreshold(64 << 10).WithCompression(options.None).
		WithDetectConflicts(false).WithMetricsEnabled(false).WithNumCompactors(2))
	if err != nil {
		return nil, err
	}
	return &Store{db}, nil
}

// Close closes the store.
func (s *Store) Close() error { return s.db.Close() }

// Put writes records in one durable batch.
func (s *Store) Put(records ...Record) error {
	return s.db.Update(func(txn *badger.Txn) error {
		for _, r := range records {
			if err := txn.Set([]byte(r.Key), r.Value); err != nil {
				return err
			}
		}
		return nil
	})
}

// Add writes those of records whose key is new, in one durable batch, and counts them.
func (s *Store) Add(records ...Record) (added int, err error) {
	err = s.db.Update(func(txn *badger.Txn) error {
		added = 0
		for _, r := range records {
			if _, err := txn.Get([]byte(r.Key)); err == nil {
				continue
			} else if err != badger.ErrKeyNotFound {
				return err
			}
			if err := txn.Set([]byte(r.Key), r.Value); err != nil {
				return err
			}
			added++
		}
		return nil
	})
	return added, err
}

// Get returns a value, nil when there is none.
func (s *Store) Get(key string) (value []byte, err error) {
	err = s.db.View(func(txn *badger.Txn) error {
		item, err := txn.Get([]byte(key))
		if err == badger.ErrKeyNotFound {
			return nil
		}
		if err == nil {
			value, err = item.ValueCopy(nil)
		}
		return err
	})
	return value, err
}

// All returns the records under a prefix, in the order of their keys.
func (s *Store) All(prefix string) (out []Record, err error) {
	err = s.db.View(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{PrefetchValues: true, PrefetchSize: 64, Prefix: []byte(prefix)})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			v, err := it.Item().ValueCopy(nil)
			if err != nil {
				return err
			}
			out = append(out, Record{string(it.Item().Key()), v})
		}
		return nil
	})
	return out, err
}
