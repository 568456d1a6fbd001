package tablet

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
)

// TestKeyLostOnTablet: without its key a flight cannot be opened, and nothing of it is given up;
// ground gives the same key again.
func TestKeyLostOnTablet(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"gone":       os.Remove,
		"not a file": func(path string) error { return os.WriteFile(path, []byte("{"), 0o600) },
		"other lease": func(path string) error {
			return rewrap(path, func(w *wrapped) { w.LeaseEnd = w.LeaseEnd.Add(time.Hour) })
		},
		"bit flipped": func(path string) error { return rewrap(path, func(w *wrapped) { w.Key[70] ^= 1 }) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			a := w.tablet()
			f, dot := w.flight(a)
			w.sync(a)
			w.record(a, dot, acted)
			a.Close()
			path := filepath.Join(a.Dir, "flights", f.A.Flight.String(), "KEY")
			if err := errors.Join(os.Remove(path+spare), damage(path)); err != nil {
				t.Fatal(err)
			}
			a = w.open(a.Dir)
			if _, err := a.Flight(t.Context(), key); passenger.CodeOf(err) != passenger.Phase {
				t.Errorf("the page without a key: %v", err)
			}
			w.sync(a)
			if c := w.page(a).Cards[0]; c.Outcome == nil || c.Mark != MarkGround {
				t.Errorf("with the key again: %+v", c)
			}
			if exists(filepath.Join(a.Dir, "flights", f.A.Flight.String(), "1.damaged")) {
				t.Error("the store was taken for damaged")
			}
		})
	}
}

func rewrap(path string, change func(*wrapped)) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var w wrapped
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	change(&w)
	b, err = json.Marshal(w)
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o600)
}

// TestOneKeyAFlight: another key for a flight that has one is refused, also after a longer lease.
func TestOneKeyAFlight(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	w.sync(a)
	path := filepath.Join(a.Dir, "flights", f.A.Flight.String(), "KEY")
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f.A.STA = f.A.STA.Add(3 * time.Hour) // a longer lease, the same key
	w.sync(a)
	longer, err := os.ReadFile(path)
	if err != nil || bytes.Equal(longer, first) {
		t.Errorf("the key for the longer lease was not kept: %v", err)
	}
	f.Key = bytes.Repeat([]byte{9}, passenger.FlightKeySize)
	f.A.STA = f.A.STA.Add(3 * time.Hour)
	w.record(a, dot, acted)
	w.sync(a)
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, longer) {
		t.Errorf("a second key was taken, %v", err)
	}
	a = w.reopen(a)
	if c := w.page(a).Cards[0]; c.Outcome == nil || c.Mark != MarkGround {
		t.Errorf("opened anew: %+v", c)
	}
}

// TestKeyIsForThisTablet: another tablet's key file opens nothing, and neither does the key file
// without the wrapped key.
func TestKeyIsForThisTablet(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, _ := w.flight(a)
	w.sync(a)
	a.Close()
	other, err := keys.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	stolen := copyDir(t, a.Dir)
	if err := keys.Save(filepath.Join(stolen, "device.keys"), other); err != nil {
		t.Fatal(err)
	}
	b := w.open(stolen)
	if _, err := b.Flight(t.Context(), key); passenger.CodeOf(err) != passenger.Phase {
		t.Errorf("another tablet's keys: %v", err)
	}
	b.Close()
	if err := removeFile(filepath.Join(stolen, "device.keys")); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Config{Dir: stolen, Now: w.clock, Rand: rand.Reader, HTTP: w.http, Log: a.Log}); passenger.CodeOf(err) != passenger.NotFound {
		t.Errorf("no key file: %v", err)
	}
	if exists(filepath.Join(stolen, "flights", f.A.Flight.String(), "1.damaged")) {
		t.Error("the store was taken for damaged")
	}
}

// TestGroundWithOtherKeys: at the same address a tablet takes no other ground for its own.
func TestGroundWithOtherKeys(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	before := a.device
	w.ground.Code("again")
	pair, err := keys.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	known := w.ground.Keys
	w.ground.Keys = pair
	if err := a.Enrol(t.Context(), crewtest.URL, "again", "galley"); passenger.CodeOf(err) != passenger.Forbidden || a.device.Token != before.Token {
		t.Errorf("enrolled with an impostor: %v", err)
	}
	w.ground.Keys = known
	w.ground.Code("again")
	if err := a.Enrol(t.Context(), crewtest.URL, "again", "galley"); err != nil {
		t.Errorf("enrolled with ground: %v", err)
	}
	if k, err := keys.Load(filepath.Join(a.Dir, "device.keys")); err != nil || !bytes.Equal(k.Signer().Public(), a.keys.Signer().Public()) {
		t.Errorf("the keys on disk are not those in use, %v", err)
	}
}

// TestDestroyedHalfway: what a kill left of a destroyed flight goes at the next start.
func TestDestroyedHalfway(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, _ := w.flight(a)
	w.sync(a)
	dir := filepath.Join(a.Dir, "flights", f.A.Flight.String())
	whole := filepath.Join(copyDir(t, a.Dir), "flights", f.A.Flight.String())
	w.pass(58 * time.Hour)
	w.sync(a)
	if exists(dir) {
		t.Fatal("still on disk at the end of the lease")
	}
	if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
		t.Fatal(err)
	}
	w.reopen(a)
	if exists(dir) {
		t.Error("still on disk after a restart")
	}
}
