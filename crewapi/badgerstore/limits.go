package badgerstore

import "time"

const (
	// closeWait is how long Close waits for a disk that failed, badgerWait how long anything waits for
	// Badger, which tries a table that cannot be written again for ever. Arbitrary, far beyond what
	// the slowest flash takes.
	closeWait  = 3 * time.Second
	badgerWait = 20 * time.Second
	// memTable is Badger's memtable, bytes. A transaction may take 15 % of it: 629 kB, enough for
	// the largest exchange (200 KiB of ops, 4,096 ops, 31 bytes of envelope and 13 of key each).
	memTable = 4 << 20
	// maxBatch is how many bytes of keys and values one batch may have: Badger's 15 %, less some
	// room for its own entries.
	maxBatch = memTable*15/100 - 16<<10
	// valueThreshold keeps every value in the tree (bytes): errors of the value log's fsync are
	// only logged, not returned (Badger 4.9.6, value.go).
	valueThreshold = 128 << 10
	// valueLog is the size of the value log, which stays empty, in bytes: the least Badger takes. It
	// maps twice that.
	valueLog = 1 << 20
	// cache bounds Badger's block and index caches, bytes each (measured: reference table C.1).
	cache = 1 << 20
	// defaultFloor is the free disk space below which nothing is written, bytes. A write to a
	// mapped file on a full disk kills the process; room for two memtable logs and a table.
	defaultFloor = 32 << 20
	// filesFloor is how many files the disk must still take, for the same reason: a store that is opened
	// and written makes up to ten.
	filesFloor = 32
	// discardSize is that of Badger's DISCARD, bytes (Badger 4.9.6, discard.go).
	discardSize = 1 << 20
	// highSlot is the size of one of the two slots of HIGH, bytes; 64 authors fit.
	highSlot = 1024
)
