package tablet

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// ways are those in which one file is damaged.
var ways = map[string]func(b []byte) []byte{
	"flipped": func(b []byte) []byte { b = bytes.Clone(b); b[len(b)/2] ^= 1; return b },
	"empty":   func([]byte) []byte { return []byte{} },
	"gone":    func([]byte) []byte { return nil },
}

func damage(t *testing.T, path string, way func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if b = way(b); b == nil {
		err = os.Remove(path)
	} else {
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// tabletFiles lists the tablet's own files in a data directory.
func tabletFiles(t *testing.T, dir string) (out []string) {
	t.Helper()
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != "lock" && strings.Count(strings.TrimPrefix(path, dir), "/") < 4 {
			out = append(out, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestOneFileDamaged damages each of the tablet's own files, one at a time, with no ground in reach:
// the notes can be read, the entries are there, the next one is taken, the file is whole again, and
// everything comes to ground once.
func TestOneFileDamaged(t *testing.T) {
	for way, do := range ways {
		t.Run(way, func(t *testing.T) {
			w := newWorld(t)
			a := w.tablet()
			f, dot := w.flight(a)
			second := f.Note(note(2, "2A"))
			w.sync(a)
			w.record(a, dot, acted)
			a.Close()
			whole := a.Dir
			files := tabletFiles(t, whole)
			for _, want := range []string{"device.json", "device.json.old", "device.keys", "device.keys.old", "flights.json", "flights.json.old"} {
				if !slices.Contains(files, want) {
					t.Errorf("there is no %s", want)
				}
			}
			for i, name := range files {
				dir := copyDir(t, whole)
				before, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				damage(t, filepath.Join(dir, name), do)
				a := w.open(dir)
				p := w.page(a)
				if len(p.Cards) != 2 || p.Pending != 1 || p.Cards[0].Outcome == nil && p.Cards[1].Outcome == nil {
					t.Errorf("%s: %d cards, %d pending", name, len(p.Cards), p.Pending)
				}
				if st, err := a.Status(t.Context()); err != nil || st.Unknown != 0 || !st.Enrolled {
					t.Errorf("%s: status %+v, %v", name, st, err)
				}
				if i == 0 { // the copies of one tablet record the same; one of them is enough for ground
					w.record(a, second, acted)
				}
				after, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil || !bytes.Equal(before, after) && name == "device.json" {
					t.Errorf("%s was not repaired: %v", name, err)
				}
				if i == 0 {
					w.sync(a)
					if n, _ := f.View().Note(second); len(n.Heads) != 1 || len(f.View().Quarantine) != 0 {
						t.Errorf("%s: ground has %+v", name, n.Heads)
					}
				}
				a.Close()
			}
		})
	}
}

// TestChangedIndex: flights.json with another number or letter that is good JSON is damage; both
// copies bad, the flights' own directories say which there are, and nothing is deleted.
func TestChangedIndex(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	w.sync(a)
	w.record(a, dot, acted)
	a.Close()
	change := func(path string, fn func(x *index)) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var all map[string]json.RawMessage
		x, err := parseIndex(b)
		if err == nil {
			fn(&x)
			if b, err = json.Marshal(x); err == nil {
				err = json.Unmarshal(b, &all)
			}
		}
		if err == nil {
			all["sum"] = json.RawMessage(`"` + strings.Repeat("0", 64) + `"`)
			if b, err = json.Marshal(all); err == nil {
				err = os.WriteFile(path, b, 0o600)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, fn := range map[string]func(x *index){
		"salt":       func(x *index) { x.Flights[0].Salt[3] ^= 1 },
		"generation": func(x *index) { x.Flights[0].Generation = 5 },
		"no flights": func(x *index) { x.Flights = nil },
		"removed":    func(x *index) { x.Flights[0].Assignment.Removed = true },
		"version":    func(x *index) { x.Version = 3 },
		"purged":     func(x *index) { x.Flights[0].Purged = &FlightRow{} },
	} {
		for _, both := range []bool{false, true} {
			dir := copyDir(t, a.Dir)
			change(filepath.Join(dir, "flights.json"), fn)
			if both {
				change(filepath.Join(dir, "flights.json.old"), fn)
			}
			a := w.open(dir)
			if p := w.page(a); len(p.Cards) != 1 || p.Cards[0].Outcome == nil || p.Pending != 1 {
				t.Errorf("%s, both %v: %d cards, %d pending", name, both, len(p.Cards), p.Pending)
			}
			a.Close()
		}
	}
	w.sync(w.open(a.Dir))
	if n, _ := f.View().Note(dot); len(n.Heads) != 1 {
		t.Errorf("ground: %+v", n.Heads)
	}
}

// TestLostUnsent: what waits sealed for ground goes there although no copy of flights.json is left.
func TestLostUnsent(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	w.sync(a)
	w.record(a, dot, acted)
	w.ground.SetFault(func(flightsync.Request, bool) error { return passenger.Errorf(passenger.Unavailable, "x.Y", "down") })
	w.pass(72 * 3600e9)
	a.Sync(t.Context())
	a.Close()
	if names, _ := filepath.Glob(filepath.Join(a.Dir, "unsent", "*")); len(names) != 2 {
		t.Fatalf("sealed entries: %v", names)
	}
	for _, name := range []string{"flights.json", "flights.json.old", filepath.Join("unsent", f.A.Flight.String()+".json")} {
		if err := os.Remove(filepath.Join(a.Dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	a = w.open(a.Dir)
	if st, err := a.Status(t.Context()); err != nil || st.Pending != 1 {
		t.Errorf("status: %+v, %v", st, err)
	}
	w.ground.SetFault(nil)
	w.sync(a)
	if n, _ := f.View().Note(dot); len(n.Heads) != 1 {
		t.Errorf("ground: %+v", n.Heads)
	}
	if st, err := a.Status(t.Context()); err != nil || st.Pending != 0 {
		t.Errorf("status: %+v, %v", st, err)
	}
}

// TestOldSaltIsNowhere: after an erasure no file of the tablet has the salt of the store that held
// what was erased.
func TestOldSaltIsNowhere(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	w.sync(a)
	fl, err := a.find("test", key)
	if err != nil {
		t.Fatal(err)
	}
	old, err := json.Marshal(fl.record().Salt)
	if err != nil {
		t.Fatal(err)
	}
	f.Write(flightsync.Admin, flightsync.EraseDraft([]flightsync.Dot{dot}))
	w.sync(a)
	if now, _ := json.Marshal(fl.record().Salt); bytes.Equal(now, old) {
		t.Fatal("nothing was erased")
	}
	for _, name := range tabletFiles(t, a.Dir) {
		b, err := os.ReadFile(filepath.Join(a.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, old) {
			t.Errorf("%s has the old salt", name)
		}
	}
}

// TestKeyFileMode: a tool that keeps no modes does not shut the crew out.
func TestKeyFileMode(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	w.flight(a)
	w.sync(a)
	a.Close()
	path := filepath.Join(a.Dir, "device.keys")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	a = w.open(a.Dir)
	if p := w.page(a); len(p.Cards) != 1 {
		t.Errorf("the page: %+v", p)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
}

func TestFutureIndexIsRefused(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	a.Close()
	if err := writeFile(filepath.Join(a.Dir, "flights.json"), index{Version: indexVersion + 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(a.Config); passenger.CodeOf(err) != passenger.Phase {
		t.Errorf("an index of a later program: %v", err)
	}
}
