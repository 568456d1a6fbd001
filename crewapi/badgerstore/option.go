package badgerstore

import (
	"crypto/hkdf"
	"crypto/sha256"
	"math"

	badger "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"

	"github.com/cabinloop/cabinloop/passenger"
)

// Option changes how a store is opened.
type Option func(*config)

type config struct {
	group    passenger.FlightID
	floor    uint64
	free     func(dir string) (uint64, error)
	writable func(dir string) error
}

func configOf(opts []Option) config {
	c := config{floor: defaultFloor, free: Free, writable: Writable}
	for _, o := range opts {
		o(&c)
	}
	return c
}

// WithGroup binds every value to a flight.
func WithGroup(id passenger.FlightID) Option { return func(c *config) { c.group = id } }

// WithFloor sets the free disk space, in bytes, below which [DB.Apply] refuses; 0 for no check.
func WithFloor(bytes uint64) Option { return func(c *config) { c.floor = bytes } }

// WithFree replaces the question how many bytes are free where dir is. For tests.
func WithFree(free func(dir string) (uint64, error)) Option {
	return func(c *config) { c.free = free }
}

// WithWritable replaces the question whether files can be made where dir is. For tests.
func WithWritable(writable func(dir string) error) Option {
	return func(c *config) { c.writable = writable }
}

// badgerOptions are those under which Badger never merges tables: no goroutine does, none is done at
// the end, and no flush waits for one (Badger 4.9.6: levels.go startCompact and addLevel0Table, db.go
// close; the value log is collected on request only). When the table of a merge cannot be written,
// Badger drops the error and removes the tables that it was to replace (levels.go: defer
// inflightBuilders.Done(err)). The owner copies a store that has many; see [DB.Tables].
func badgerOptions(dir string, key []byte) badger.Options {
	return badger.DefaultOptions(dir).WithSyncWrites(true).
		WithMemTableSize(memTable).WithNumMemtables(2).
		WithNumLevelZeroTables(math.MaxInt32 - 1).WithNumLevelZeroTablesStall(math.MaxInt32).WithNumCompactors(0).WithCompactL0OnClose(false).
		WithBlockCacheSize(cache).WithIndexCacheSize(cache).
		WithValueLogFileSize(valueLog).WithValueThreshold(valueThreshold).
		WithCompression(options.None).WithMetricsEnabled(false).WithDetectConflicts(false).
		WithNumGoroutines(1).WithChecksumVerificationMode(options.OnBlockRead).WithEncryptionKey(key).WithLogger(nil)
}

// derive makes a key for one purpose.
func derive(key [32]byte, purpose string) ([]byte, error) {
	return hkdf.Key(sha256.New, key[:], nil, "cabinloop badgerstore "+purpose, 32)
}
