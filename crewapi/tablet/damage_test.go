package tablet

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
)

// TestDamagedStore damages each file of a store that holds entries ground does not have, in ways
// that keep the store from opening. The flight comes back from ground, the entries go there, each
// once, and a form that is sent again is the same entry.
func TestDamagedStore(t *testing.T) {
	flip := func(part, parts int) func([]byte) []byte {
		return func(b []byte) []byte {
			end := len(strings.TrimRight(string(b), "\x00"))
			b[end*part/parts] ^= 0x40
			return b
		}
	}
	for name, c := range map[string]struct {
		file   string
		killed bool // the entry is in the log, not in a table
		damage func([]byte) []byte
		lost   bool
	}{
		"manifest flipped":    {file: "MANIFEST", damage: flip(1, 2)},
		"manifest cut":        {file: "MANIFEST", damage: func(b []byte) []byte { return b[:9] }},
		"manifest gone":       {file: "MANIFEST"},
		"keys flipped":        {file: "KEYREGISTRY", damage: flip(1, 2)},
		"keys gone":           {file: "KEYREGISTRY"},
		"table's body":        {file: "*.sst", damage: flip(1, 9)},
		"table's index":       {file: "*.sst", damage: flip(95, 100)},
		"table's footer":      {file: "*.sst", damage: func(b []byte) []byte { b[len(b)-2] ^= 1; return b }},
		"value log":           {file: "*.vlog", damage: func(b []byte) []byte { b[3] ^= 1; return b }},
		"log's beginning":     {file: "*.mem", killed: true, damage: func(b []byte) []byte { b[10] ^= 1; return b }},
		"log's first entry":   {file: "*.mem", killed: true, damage: func(b []byte) []byte { b[40] ^= 1; return b }},
		"table without bytes": {file: "*.sst", damage: func([]byte) []byte { return nil }, lost: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			a := w.tablet()
			f, dot := w.flight(a)
			second := f.Note(note(2, "2A"))
			w.sync(a)
			e := w.entry(dot, acted)
			e.Gesture = passenger.Drink
			if c.killed {
				a.Close()
				w.killed(order{Dir: a.Dir, Record: []Entry{e}})
			} else {
				if _, err := a.Record(t.Context(), e); err != nil {
					t.Fatal(err)
				}
				a.Close()
			}
			dir := filepath.Join(a.Dir, "flights", f.A.Flight.String(), "1")
			paths, err := filepath.Glob(filepath.Join(dir, c.file))
			if err != nil || len(paths) == 0 {
				t.Fatalf("no %s: %v", c.file, err)
			}
			for _, path := range paths {
				b, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if c.damage == nil {
					err = os.Remove(path)
				} else {
					err = os.WriteFile(path, c.damage(b), 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			a = w.open(a.Dir)
			w.sync(a)
			if _, err := os.Stat(dir + ".damaged"); err != nil {
				t.Errorf("the damaged store was not set aside: %v", err)
			}
			if !c.lost { // the form comes again
				if _, err := a.Record(t.Context(), e); err != nil {
					t.Errorf("the form sent again: %v", err)
				}
				w.sync(a)
			}
			v := f.View()
			n, _ := v.Note(dot)
			want := 1
			if c.lost {
				want = 0
			}
			if len(n.Heads) != want || len(v.Gestures) != want || len(v.Quarantine) != 0 {
				t.Errorf("ground has %d outcomes and %d gestures, quarantine %v; want %d of each", len(n.Heads), len(v.Gestures), v.Quarantine, want)
			}
			if p := w.page(a); !p.Ready || len(p.Cards) != 2 || p.Pending != 0 {
				t.Fatalf("the flight did not come back: %+v", p)
			}
			w.record(a, second, passenger.Feedback{Outcome: passenger.Declined})
			w.sync(a)
			if n, _ := f.View().Note(second); len(n.Heads) != 1 {
				t.Errorf("ground, after going on: %+v", n.Heads)
			}
		})
	}
}
