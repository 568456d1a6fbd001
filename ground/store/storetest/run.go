package storetest

import (
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/ground"
)

// Run checks one engine. open returns a new, empty, migrated store and cleans up with t.Cleanup.
func Run(t *testing.T, now time.Time, open func(t *testing.T) ground.Store) {
}
