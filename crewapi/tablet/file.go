package tablet

import (
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/cabinloop/cabinloop/passenger"
)

// writeFile replaces a file whole or not at all, durably. keep, when not empty, is the name
// under which the version before stays.
func writeFile(path, keep string, v any) error {
	const op = "tablet.writeFile"
	b, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		return passenger.Wrap(passenger.Internal, op, "the tablet could not save its settings", err)
	}
	if err := replace(path, keep, append(b, '\n')); err != nil {
		return passenger.Wrap(passenger.Unavailable, op, "the tablet could not save "+filepath.Base(path)+"; is the storage full?", err)
	}
	return nil
}

func replace(path, keep string, b []byte) error {
	tmp := path + ".new"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
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
	if keep != "" {
		if err := os.Remove(keep); err != nil && !os.IsNotExist(err) {
			return err
		}
		if err := os.Link(path, keep); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
