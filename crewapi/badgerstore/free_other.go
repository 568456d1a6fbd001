//go:build !unix

package badgerstore

import "math"

// Free returns the bytes an ordinary process may still write where dir is; here, where the
// system is not asked, without limit.
func Free(string) (uint64, error) { return math.MaxUint64, nil }

// Writable reports why no file can be made in dir; here the system is not asked.
func Writable(string) error { return nil }
