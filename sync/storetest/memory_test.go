package storetest

import (
	"testing"

	flightsync "github.com/cabinloop/cabinloop/sync"
)

func TestMemory(t *testing.T) {
	Run(t,
		func(*testing.T) flightsync.Store { return flightsync.NewMemory() },
		func(_ *testing.T, s flightsync.Store) flightsync.Store { return s.(*flightsync.Memory).Clone() })
}
