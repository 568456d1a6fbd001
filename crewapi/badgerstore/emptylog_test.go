package badgerstore_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/cabinloop/cabinloop/crewapi/badgerstore"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// A kill between making a memtable log and sizing it leaves a file without bytes. The store
// opens all the same, with everything that was acknowledged.
func TestAKillBetweenMakingAndSizingALog(t *testing.T) {
	dir, key := t.TempDir(), [32]byte{1}
	db, err := badgerstore.Open(dir, key)
	if err != nil {
		t.Fatal(err)
	}
	group := passenger.FlightID{7}
	if err := db.Apply(flightsync.Create(group, flightsync.Nobody, flightsync.Incarnation{1}, flightsync.PublicKey{Alg: flightsync.ES256, Bytes: "k"})); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"00099.mem", "000099.vlog"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if db, err = badgerstore.Open(dir, key); err != nil {
		t.Fatalf("an empty log stops the store: %v", err)
	}
	defer db.Close()
	if st, err := db.State(); err != nil || st.Group != group {
		t.Errorf("state after the kill: %v, %v", st.Group, err)
	}
}
