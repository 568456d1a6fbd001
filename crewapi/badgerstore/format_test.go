package badgerstore

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// A store of a later program is refused with what to do, and not a byte of it changes; the program
// that wrote it goes on with it. A damaged mark is none.
func TestLaterFormatIsRefused(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	fill(t, d, 3)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	mark := filepath.Join(dir, formatFile)
	set := func(text string) {
		t.Helper()
		if err := os.WriteFile(mark, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set(formatText(format + 1))
	before := files(t, dir)
	for range 2 {
		d, err := Open(dir, testKey)
		if passenger.CodeOf(err) != passenger.Phase || !strings.Contains(passenger.Public(err), "install that version") {
			t.Fatalf("opened as %v: %v", d, err)
		}
	}
	after := files(t, dir)
	if len(after) != len(before) {
		t.Errorf("%d files, were %d", len(after), len(before))
	}
	for name, b := range before {
		if string(after[name]) != string(b) {
			t.Errorf("%s changed", name)
		}
	}
	for _, text := range []string{formatText(format), "", "3 1 1\n", "x"} {
		set(text)
		d := open(t, dir)
		if st, err := d.State(); err != nil || st.Vector().Of(flightsync.Notes) != 3 {
			t.Errorf("mark %q: %v, %v", text, st.Vector(), err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(mark); err != nil || string(b) != formatText(format) {
			t.Errorf("mark %q became %q, %v", text, b, err)
		}
	}
}

func FuzzFormat(f *testing.F) {
	for _, text := range []string{formatText(format), formatText(2), "2 2 1\n", "2 2 2", "-1 -1 -1\n", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if n := parseFormat(text); n != 0 && text != formatText(n) {
			t.Errorf("%q is read as %d", text, n)
		}
	})
}
