package tablet

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// files says of every file of a tablet how long it is and when it was written.
func (w *world) files(a *Agent) map[string]string {
	w.Helper()
	out := map[string]string{}
	if err := filepath.WalkDir(a.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		st, err := d.Info()
		if err == nil && !d.IsDir() && !strings.HasPrefix(d.Name(), "time.json") { // written every ten minutes
			out[path] = fmt.Sprint(st.Size(), st.ModTime())
		}
		return err
	}); err != nil {
		w.Fatal(err)
	}
	return out
}

// TestQuietRounds: a round without news opens no store, writes nothing, and leaves every file as it
// is, with more flights than stores may be open. News of one flight is taken all the same.
func TestQuietRounds(t *testing.T) {
	for _, n := range []int{8, 40} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			w := newWorld(t)
			a := w.tablet()
			flights := w.flights(a, n, func(i int) time.Time { return t0.Add(time.Duration(i+1) * time.Minute) })
			for _, f := range flights {
				f.Note(note(1, "14C"))
			}
			round := func() {
				t.Helper()
				if rep, err := a.syncNow(t.Context(), job{list: true}); err != nil || len(rep.Problems) > 0 || rep.Pending > 0 {
					t.Fatalf("%+v, %v", rep, err)
				}
				a.Status(t.Context())
				if rows, err := a.Flights(t.Context()); err != nil || len(rows) != n {
					t.Fatal(len(rows), err)
				}
				w.pass(time.Minute)
			}
			for range 3 {
				round()
			}
			before, asked := w.files(a), w.ground.Exchanges()
			for range 10 {
				round()
			}
			if after := w.files(a); !maps.Equal(before, after) {
				for name, was := range before {
					if after[name] != was {
						t.Errorf("%s: %s, was %s", name, after[name], was)
					}
				}
				t.Errorf("quiet rounds touched files")
			}
			if got := w.ground.Exchanges() - asked; got != 10*n {
				t.Errorf("%d exchanges in ten rounds of %d flights", got, n)
			}
			if rows, _ := a.Flights(t.Context()); w.clock().Sub(rows[0].SyncedAt) > time.Minute {
				t.Errorf("last contact is said to be %v", rows[0].SyncedAt)
			}
			// A note for one flight, and an entry on another.
			first := flights[0]
			dot := first.Note(note(2, "2A"))
			round()
			p, err := a.Flight(t.Context(), first.A.Key.String())
			if err != nil || len(p.Cards) != 2 {
				t.Fatalf("%d cards, %v", len(p.Cards), err)
			}
			e := w.entry(dot, acted)
			e.Flight = first.A.Key
			if _, err := a.Record(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			round()
			if v, _ := first.View().Note(dot); len(v.Heads) != 1 {
				t.Error("the entry is not on ground")
			}
		})
	}
}

// manyTables gives the open store of a flight that many tables and more, as a tablet does that shuts
// and opens it again with something new each time.
func (w *world) manyTables(f *flight, many int) {
	w.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		if err := f.use(); err != nil {
			w.Fatal(err)
		}
		if f.db.Tables() >= many {
			return
		}
		if err := f.db.SetMeta("n", fmt.Append(nil, f.db.Tables())); err != nil {
			w.Fatal(err)
		}
		if err := f.shut(); err != nil {
			w.Fatal(err)
		}
	}
}

// merged reports the tables of the flight's store, its generation, and which are on disk.
func (f *flight) merged() (tables, generation int, there []int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.use() == nil {
		tables = f.db.Tables()
	}
	return tables, f.record().Generation, f.generations(func(int) bool { return true })
}

// TestManyTablesAreMerged: a round copies a store that has many tables into a new generation; nothing
// is missing in it, and the old one is gone.
func TestManyTablesAreMerged(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	w.sync(a)
	w.record(a, dot, acted)
	fl := a.list()[0]
	before := fl.record().Salt
	w.manyTables(fl, manyTables)
	if err := func() error { fl.mu.Lock(); defer fl.mu.Unlock(); return fl.db.SetMeta("nobody thought of", []byte{7}) }(); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprint(w.opsOf(a))
	a.sweepAll()
	tables, generation, there := fl.merged()
	if tables > 2 || generation != 2 || fmt.Sprint(there) != "[2]" || string(before) == string(fl.record().Salt) {
		t.Fatalf("%d tables in generation %d of %v", tables, generation, there)
	}
	if got := fmt.Sprint(w.opsOf(a)); got != want {
		t.Error("ops are others")
	}
	a = w.reopen(a)
	fl = a.list()[0]
	if _, generation, _ := fl.merged(); generation != 2 {
		t.Errorf("started again with generation %d", generation)
	}
	if v, err := fl.db.Meta("nobody thought of"); err != nil || len(v) != 1 {
		t.Errorf("a value of the agent: %x, %v", v, err)
	}
	w.sync(a)
	if n, _ := f.View().Note(dot); len(n.Heads) != 1 {
		t.Error("the entry is not on ground")
	}
}

// TestMergeOnce: a merge that fails leaves the store as it is, is not tried again at once, and is
// later. Too many tables do not wait for a round.
func TestMergeOnce(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	w.flight(a)
	w.sync(a)
	fl := a.list()[0]
	w.manyTables(fl, manyTables)
	a.Floor = 1 << 60 // no room for a second store
	a.sweepAll()
	a.Floor = 0
	if tables, generation, there := fl.merged(); tables < manyTables || generation != 1 || fmt.Sprint(there) != "[1]" {
		t.Fatalf("after a failure: %d tables in generation %d of %v", tables, generation, there)
	}
	w.pass(mergeAgain / 2)
	a.sweepAll()
	if _, generation, _ := fl.merged(); generation != 1 {
		t.Error("tried again at once")
	}
	w.pass(mergeAgain)
	a.sweepAll()
	if tables, generation, _ := fl.merged(); tables > 2 || generation != 2 {
		t.Errorf("not tried again: %d tables", tables)
	}
}

// TestIndexFailsAtMerge: the new generation's record is on disk and the index cannot be saved. What
// the disk names is not sure then, so no entry is taken until it is.
func TestIndexFailsAtMerge(t *testing.T) {
	for _, file := range []string{"flights.json", "flights.json.old"} {
		t.Run(file, func(t *testing.T) {
			w := newWorld(t)
			a := w.tablet()
			f, dot := w.flight(a)
			w.sync(a)
			w.record(a, dot, acted)
			fl := a.list()[0]
			w.manyTables(fl, manyTables)
			block := a.path(file + ".new")
			if err := os.MkdirAll(filepath.Join(block, "x"), 0o700); err != nil {
				t.Fatal(err)
			}
			a.sweepAll()
			if _, generation, there := fl.merged(); generation != 1 || len(there) != 2 {
				t.Fatalf("generation %d of %v", generation, there)
			}
			e := w.entry(dot, passenger.Feedback{Outcome: passenger.Declined})
			if _, err := a.Record(t.Context(), e); passenger.CodeOf(err) != passenger.Unavailable {
				t.Fatalf("an entry while it is not sure which store counts: %v", err)
			}
			killed := w.open(copyDir(t, a.Dir))
			if got := w.page(killed).Cards[0].Outcome; got == nil || got.Outcome != passenger.Acted {
				t.Errorf("after a kill then: %+v", got)
			}
			if err := os.RemoveAll(block); err != nil {
				t.Fatal(err)
			}
			if _, err := a.Record(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			if _, generation, there := fl.merged(); generation != 1 || fmt.Sprint(there) != "[1]" {
				t.Errorf("generation %d of %v", generation, there)
			}
			killed = w.open(copyDir(t, a.Dir))
			if got := w.page(killed).Cards[0].Outcome; got == nil || got.Outcome != passenger.Declined {
				t.Errorf("after a kill behind the entry: %+v", got)
			}
			a = w.reopen(a)
			w.sync(a)
			if n, _ := f.View().Note(dot); len(n.Heads) != 1 {
				t.Error("the entry is not on ground")
			}
		})
	}
}

// TestCommandsMerge: a tablet that is only ever used by commands, each a program of its own that
// comes to no round, does not gather tables either.
func TestCommandsMerge(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	_, dot := w.flight(a)
	w.sync(a)
	most := 0
	for i := range manyTables + 4 {
		a = w.reopen(a)
		fb := acted
		if i%2 == 0 {
			fb.Outcome = passenger.Declined
		}
		w.record(a, dot, fb)
		names, _ := filepath.Glob(filepath.Join(a.Dir, "flights", "*", "*", "*.sst"))
		most = max(most, len(names))
	}
	if most < manyTables/2 || most > manyTables+1 {
		t.Errorf("%d tables at most; want some %d", most, manyTables)
	}
	if names, _ := filepath.Glob(filepath.Join(a.Dir, "flights", "*", "*", "*.sst")); len(names) > 10 {
		t.Errorf("%d tables at the end", len(names))
	}
}
