package scenario_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// bytesIn reads every file below a directory.
func (w *world) bytesIn(dir string) map[string]string {
	w.Helper()
	out := map[string]string{}
	w.must(filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == "lock" {
			return err
		}
		b, err := os.ReadFile(path)
		out[path] = string(b)
		return err
	}))
	return out
}

var sum = regexp.MustCompile(`,\s*"sum": "[0-9a-f]*"`)

// An older program comes upon what a newer one stored: it refuses, says what to do, and not a byte is
// changed; with the newer program again everything that was recorded goes to ground.
func downgrade(w *world) {
	_, _, ts := w.crewed("fore")
	p := ts[0].(*purser)
	p.Offline(true)
	w.record(p, first, "14C", passenger.Acted)
	p.stop()
	set := func(file, from, to string) {
		b, err := os.ReadFile(file)
		w.must(err)
		if !strings.Contains(string(b), from) {
			w.Fatalf("%s lacks %q", filepath.Base(file), from)
		}
		w.must(os.WriteFile(file, []byte(strings.Replace(string(b), from, to, 1)), 0o600))
	}
	told := func(err error) {
		w.Helper()
		if passenger.CodeOf(err) != passenger.Phase || !strings.Contains(passenger.Public(err), "newer version") || !strings.Contains(passenger.Public(err), "install that version") {
			w.Errorf("the crew is told %v", err)
		}
	}

	index := filepath.Join(p.dir, "flights.json")
	was, err := os.ReadFile(index)
	w.must(err)
	w.must(os.WriteFile(index, sum.ReplaceAll(was, nil), 0o600)) // the sum is another with another version
	set(index, `"version": 1`, `"version": 2`)
	before := w.bytesIn(p.dir)
	_, err = p.open()
	told(err)
	want(w, "the data directory is as it was", maps.Equal(before, w.bytesIn(p.dir)), true)
	w.must(os.WriteFile(index, was, 0o600))

	s := p.stored(first)
	dir := filepath.Join(p.dir, "flights", s.Assignment.Flight.String())
	mark := filepath.Join(dir, strconv.Itoa(s.Generation), "FORMAT")
	set(mark, "1 1 1", "2 2 2")
	before = w.bytesIn(dir)
	p.Offline(false)
	p.start()
	_, err = p.agent.Flight(w.ctx, first.String())
	told(err)
	if err := p.Sync(); err == nil || !strings.Contains(err.Error(), "install that version") {
		w.Errorf("syncing says %v", err)
	}
	w.pass(passenger.NoteLifeAfterSTA + 24*time.Hour)
	if err := p.Sync(); err == nil {
		w.Error("syncing says nothing")
	}
	p.stop()
	want(w, "the flight's directory is as it was", maps.Equal(before, w.bytesIn(dir)), true)
	want(w, "outcomes on ground", w.report(first).Acted, 0)

	set(mark, "2 2 2", "1 1 1")
	p.start()
	w.sync(p)
	want(w, "outcomes on ground", w.report(first).Acted, 1)
	w.booksClose(first)
}
