package badgerstore

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// image is a store as a killed process leaves it: some ops in a table, some in the log.
func image(t *testing.T) (map[string][]byte, map[flightsync.Dot]flightsync.Op) {
	t.Helper()
	dir := t.TempDir()
	d := open(t, dir)
	admin := func(n int) []flightsync.Op {
		return writeAs(t, d, n, flightsync.Admin, func(int) flightsync.Draft {
			return flightsync.MovementFact{Word: passenger.Boarding, At: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)}.Draft()
		})
	}
	ops := append(fill(t, d, 40), admin(6)...)
	d.Close()
	d = open(t, dir)
	ops = append(append(ops, write(t, d, 12)...), admin(6)...)
	out := files(t, dir)
	for name, b := range out {
		out[name] = bytes.TrimRight(b, "\x00") // sparse files of megabytes
	}
	d.Close()
	byDot := map[flightsync.Dot]flightsync.Op{}
	for _, o := range ops {
		byDot[o.Dot] = o
	}
	return out, byDot
}

const flipsOfAFile = 6 // the whole sweep is make power's

// TestSalvageReadsWhatIsThere flips bytes all over the files: what is salvaged is what was written,
// and one damaged byte costs at most one op.
func TestSalvageReadsWhatIsThere(t *testing.T) {
	whole, want := image(t)
	var tried, kept int
	for name, b := range whole {
		for at := 0; at < len(b); at += 1 + len(b)/flipsOfAFile {
			damaged := maps.Clone(whole)
			damaged[name] = bytes.Clone(b)
			damaged[name][at] ^= 0x24
			s, err := Salvage(put(t, damaged), testKey, passenger.FlightID{})
			if err != nil {
				t.Fatalf("%s byte %d: %v", name, at, err)
			}
			for _, o := range s.Ops {
				if !bytes.Equal(o.Raw(), want[o.Dot].Raw()) {
					t.Errorf("%s byte %d: op %s is not what was written", name, at, o.Dot)
				}
			}
			if len(s.Ops) < len(want)-1 || len(s.Ops)+len(s.Damaged) != len(want) {
				t.Errorf("%s byte %d of %d: %d of %d ops, damaged %v", name, at, len(b), len(s.Ops), len(want), s.Damaged)
			}
			if slices.ContainsFunc(s.Damaged, func(d flightsync.Dot) bool { return d.Author == flightsync.Admin }) {
				t.Errorf("%s byte %d of %d: ground's admin lane stands twice, and lost %v", name, at, len(b), s.Damaged)
			}
			tried, kept = tried+1, kept+len(s.Ops)
		}
	}
	if tried < 3*flipsOfAFile {
		t.Errorf("only %d flips", tried)
	}
	t.Logf("%d flips, %d of %d ops kept", tried, kept, tried*len(want))
}

// TestSalvageWithoutAFile takes each file away: the others are still read.
func TestSalvageWithoutAFile(t *testing.T) {
	whole, want := image(t)
	for name := range whole {
		damaged := maps.Clone(whole)
		delete(damaged, name)
		s, err := Salvage(put(t, damaged), testKey, passenger.FlightID{})
		if err != nil || len(s.Ops) < 12 || len(s.Ops) > len(want) {
			t.Errorf("without %s: %d ops, %v", name, len(s.Ops), err)
		}
	}
	damaged := maps.Clone(whole)
	for _, name := range []string{"KEYREGISTRY", "keys/KEYREGISTRY"} {
		damaged[name] = []byte("none")
	}
	if s, err := Salvage(put(t, damaged), testKey, passenger.FlightID{}); passenger.CodeOf(err) != passenger.Corrupt {
		t.Errorf("without any key: %d ops, %v", len(s.Ops), err)
	}
}

// TestDamagedLogIsNotCut: Badger cuts a log at the first bad byte, with every op behind it. The
// store must not open then, so that its owner salvages first.
func TestDamagedLogIsNotCut(t *testing.T) {
	whole, _ := image(t)
	for name, b := range whole {
		if name[len(name)-4:] != ".mem" {
			continue
		}
		end := len(bytes.TrimRight(b, "\x00"))
		dir := put(t, whole)
		outer, _ := derive(testKey, "files")
		inner, _ := derive(testKey, "values")
		env, _ := newEnvelope(inner, passenger.FlightID{})
		for at := range end {
			damaged := bytes.Clone(b)
			damaged[at] ^= 1
			if err := os.WriteFile(filepath.Join(dir, name), damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := checkLogs(dir, outer, env); err == nil {
				t.Errorf("byte %d of %d is changed, and Badger may open the log", at, end)
			}
		}
		for _, at := range []int{2, 20, 60, end / 2, end - 200} {
			damaged := maps.Clone(whole)
			damaged[name] = bytes.Clone(b)
			damaged[name][at] ^= 1
			if d, err := Open(put(t, damaged), testKey); passenger.CodeOf(err) != passenger.Corrupt {
				t.Errorf("byte %d of %d: opened with %v", at, end, err)
				d.Close()
			}
		}
		// A write that was cut short is no damage.
		damaged := maps.Clone(whole)
		damaged[name] = append(bytes.Clone(b[:end-3]), make([]byte, 100)...)
		d, err := Open(put(t, damaged), testKey)
		if err == nil {
			d.Close()
		} else if passenger.CodeOf(err) != passenger.Corrupt {
			t.Errorf("a torn log: %v", err)
		}
	}
}
