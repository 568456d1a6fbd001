package badgerstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cabinloop/cabinloop/passenger"
)

// format is the version of everything in a store's directory: keys, values and their envelopes. A
// program refuses a store of a later one and leaves every byte of it. History: 1, 2026-11: the first.
const format = 1

// formatFile says a store's format, three times: one that a damaged byte changed is none, and a store
// without one is of the first.
const formatFile = "FORMAT"

// checkFormat refuses a store of a later format, before anything in it is touched. Errors: phase.
func checkFormat(dir string) error {
	const op = "badgerstore.Open"
	b, err := os.ReadFile(filepath.Join(dir, formatFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return passenger.Wrap(passenger.Unavailable, op, "the flight's directory cannot be read", err)
	}
	if parseFormat(string(b)) > format {
		return passenger.Errorf(passenger.Phase, op, "a newer version of this app stored this flight; install that version again: nothing here was changed, and everything recorded is kept")
	}
	return nil
}

// parseFormat reads what [formatFile] holds; 0 when it is damaged.
func parseFormat(text string) int {
	var n [3]int
	if _, err := fmt.Sscanf(text, "%d %d %d\n", &n[0], &n[1], &n[2]); err != nil || text != formatText(n[0]) {
		return 0
	}
	return n[0]
}

func formatText(n int) string { return fmt.Sprintf("%d %d %d\n", n, n, n) }

// writeFormat says the format of this program, durably, unless the store says it.
func writeFormat(dir string) error {
	path, want := filepath.Join(dir, formatFile), formatText(format)
	if b, err := os.ReadFile(path); err == nil && string(b) == want {
		return nil
	}
	return writeDurably(path, []byte(want))
}

// writeDurably replaces a file whole or not at all.
func writeDurably(path string, b []byte) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}
