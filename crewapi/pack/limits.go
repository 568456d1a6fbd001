package pack

import flightsync "github.com/cabinloop/cabinloop/sync"

const (
	// MaxBytes bounds what one body unpacks to, bytes (reference/flight-sync.md D.7: 4 MiB).
	MaxBytes = 4 << 20
	// MaxOps bounds the ops of one body (reference D.7: 4,096 an exchange).
	MaxOps = flightsync.MaxRunOps
	// MaxDictionary bounds a dictionary, bytes (reference D.4: 16 KB; it ships with the app).
	MaxDictionary = 16 << 10
	// window is how far back a match may reach, bytes, and the size of a full block
	// (reference/performance.md: one shared encoder, default level, 128 KiB window).
	window = 128 << 10
	// maxLetters is how long a stream may be that only its letters are coded, bytes: from about
	// twenty ops on zstd with a table of its own is always smaller (measured). A literals section
	// of zstd with one stream has room for no more, so that any decoder of zstd can read it.
	maxLetters = 1<<10 - 1
	// workers is how many bodies are packed, or unpacked, at once. An encoder holds about
	// 1.4 MB and a tablet's whole agent shall stay below 40 MB (reference E.19).
	workers = 2
)
