package tablet

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cabinloop/cabinloop/passenger"
)

// A file of the tablet's own stands twice, NAME and NAME.old, and each copy ends with the SHA-256 of
// what stands before it. NAME is replaced and durable before NAME.old is touched, so one of them is
// whole at any moment; a damaged one is written again from the other. An older program reads NAME and
// writes it without the sum: without one it counts as it is.
const (
	spare    = ".old"
	sumField = ",\n\t\"sum\": \""
)

var errSum = errors.New("what it says is not what was written")

// summed is v as JSON with its sum.
func summed(v any) ([]byte, error) {
	b, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		return nil, err
	}
	b = bytes.TrimSuffix(b, []byte("\n}"))
	return fmt.Appendf(b, "%s%x\"\n}\n", sumField, sha256.Sum256(b)), nil
}

// checkSum reports bytes that are not what [summed] wrote; those of an older program have no sum.
func checkSum(b []byte) error {
	var has struct {
		Sum *string `json:"sum"`
	}
	if err := json.Unmarshal(b, &has); err != nil || has.Sum == nil {
		return err
	}
	i := bytes.LastIndex(b, []byte(sumField))
	if i < 0 {
		return errSum
	}
	want := sha256.Sum256(b[:i])
	if got, err := hex.DecodeString(*has.Sum); err != nil || !bytes.Equal(got, want[:]) {
		return errSum
	}
	return nil
}

// writeFile replaces both copies of a file, durably. Errors: unavailable.
func writeFile(path string, v any) error {
	const op = "tablet.writeFile"
	b, err := summed(v)
	if err != nil {
		return passenger.Wrap(passenger.Internal, op, "the tablet could not save its settings", err)
	}
	for _, path := range []string{path, path + spare} {
		if err := replace(path, b); err != nil {
			return passenger.Wrap(passenger.Unavailable, op, "the tablet could not save "+filepath.Base(path)+"; is the storage full?", err)
		}
	}
	return nil
}

// readFile reads a file by take, from the first of its copies that is whole and that take accepts,
// and repairs the other. Errors: [fs.ErrNotExist] when there is none, phase of take at once, else
// that of the first copy that is there.
func readFile(path string, take func(b []byte) error) error {
	var bad error = fs.ErrNotExist
	for i, from := range []string{path, path + spare} {
		b, err := os.ReadFile(from)
		if err == nil {
			err = checkSum(b)
		}
		if err == nil {
			err = take(b)
		}
		switch {
		case err == nil:
			repair([]string{path + spare, path}[i], b)
			return nil
		case passenger.CodeOf(err) == passenger.Phase:
			return err
		case errors.Is(bad, fs.ErrNotExist):
			bad = err
		}
	}
	return bad
}

// repair makes a copy what the other one is. On a disk that takes nothing it stays as it is.
func repair(path string, b []byte) {
	if old, err := os.ReadFile(path); err != nil || !bytes.Equal(old, b) {
		_ = replace(path, b)
	}
}

// removeFile removes both copies, durably; that one of them is missing is no error.
func removeFile(path string) error {
	for _, path := range []string{path + spare, path} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := syncDir(filepath.Dir(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// replace replaces a file whole or not at all, durably.
func replace(path string, b []byte) error {
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
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		os.Remove(tmp)
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
