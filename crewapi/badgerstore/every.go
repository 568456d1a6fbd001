package badgerstore

import badger "github.com/dgraph-io/badger/v4"

// Every yields every value that the store's files hold in any version, also replaced ones that no
// key shows any more, until yield returns false. It is there to prove that an erased body is
// nowhere. The slice is valid during the call. Errors: corrupt.
func (d *DB) Every(yield func(value []byte) bool) error {
	err := d.db.View(func(txn *badger.Txn) error {
		opts := badger.DefaultIteratorOptions
		opts.AllVersions, opts.PrefetchValues = true, false
		it := txn.NewIterator(opts)
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			if it.Item().IsDeletedOrExpired() {
				continue
			}
			var value []byte
			if err := it.Item().Value(func(sealed []byte) (err error) {
				value, err = d.env.open(it.Item().Key(), sealed)
				return err
			}); err != nil {
				return err
			}
			if !yield(value) {
				return nil
			}
		}
		return nil
	})
	return asError("badgerstore.Every", err)
}
