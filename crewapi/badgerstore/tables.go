package badgerstore

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	badger "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/pb"
	"github.com/dgraph-io/badger/v4/y"
	"google.golang.org/protobuf/proto"
)

// Badger opens its tables in goroutines of its own and panics over a damaged one: the program
// would die at every start. So tables are looked at first. They never change once written: SUMS
// lists the SHA-256 of each, and of itself; it is written when an open or close finds others. A table that
// is not listed yet has at least its footer and index checked.

// ivSize is what an encrypted index ends with, bytes.
const ivSize = 16

// checkTables reports the first table that Badger must not see.
func checkTables(dir string) error {
	live, err := liveTables(dir)
	if err != nil {
		return err
	}
	sums := readSums(dir)
	if live, err = strikeMissing(dir, live, sums); err != nil {
		return err
	}
	for _, name := range live {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		if want, ok := sums[name]; ok {
			if sum := sha256.Sum256(b); want != hex.EncodeToString(sum[:]) {
				return fmt.Errorf("table %s is not what was written", name)
			}
		} else if err := checkFooter(b); err != nil {
			return fmt.Errorf("table %s: %w", name, err)
		}
	}
	return nil
}

// liveTables names the tables that Badger's manifest holds. Others are left from a flush that was cut
// short, perhaps empty; Badger removes them. It also removes those that a damaged
// manifest does not name any more, and says nothing, so that is an error here.
func liveTables(dir string) (names []string, err error) {
	f, err := os.Open(filepath.Join(dir, badger.ManifestFilename))
	if errors.Is(err, fs.ErrNotExist) && len(filesOf(dir, "*.sst")) == 0 {
		return nil, nil // a new store
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, end, err := badger.ReplayManifestFile(f, 0, badger.DefaultOptions(dir).WithLogger(nil))
	if err != nil {
		return nil, err
	}
	if st, err := f.Stat(); err != nil || st.Size() != end {
		return nil, errors.Join(fmt.Errorf("the list of tables is damaged at byte %d", end), err)
	}
	for id := range m.Tables {
		names = append(names, tableName(id))
	}
	return names, nil
}

func tableName(id uint64) string { return fmt.Sprintf("%06d.sst", id) }

// checkFooter reads a table from its end: length of the checksum, checksum, length of the
// index, index.
func checkFooter(b []byte) error {
	take := func(n int) ([]byte, error) {
		if n < 0 || n > len(b) {
			return nil, fmt.Errorf("a footer of %d bytes where %d are left", n, len(b))
		}
		out := b[len(b)-n:]
		b = b[:len(b)-n]
		return out, nil
	}
	length := func() (int, error) {
		l, err := take(4)
		if err != nil {
			return 0, err
		}
		return int(binary.BigEndian.Uint32(l)), nil
	}
	part := func() ([]byte, error) {
		n, err := length()
		if err != nil {
			return nil, err
		}
		return take(n)
	}
	raw, err := part()
	if err != nil {
		return err
	}
	sum := &pb.Checksum{}
	if err := proto.Unmarshal(raw, sum); err != nil {
		return err
	}
	if sum.Algo != pb.Checksum_CRC32C && sum.Algo != pb.Checksum_XXHash64 {
		return fmt.Errorf("checksum of an unknown kind %d", sum.Algo)
	}
	index, err := part()
	if err != nil {
		return err
	}
	if len(index) <= ivSize {
		return fmt.Errorf("an index of %d bytes", len(index))
	}
	return y.VerifyChecksum(index, sum)
}

func readSums(dir string) map[string]string {
	out := map[string]string{}
	b, err := os.ReadFile(filepath.Join(dir, "SUMS"))
	if err != nil {
		return out
	}
	i := bytes.LastIndexByte(bytes.TrimSuffix(b, []byte("\n")), '\n') + 1
	if sum := sha256.Sum256(b[:i]); strings.TrimSpace(string(b[i:])) != hex.EncodeToString(sum[:]) {
		return out
	}
	for line := range strings.Lines(string(b[:i])) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		out[name] = sum
	}
	return out
}

// writeSums lists the live tables as they are. One that is no table of Badger's yet is not listed:
// after a kill Badger writes another under its name.
func writeSums(dir string, live []string) error {
	old := readSums(dir)
	var b []byte
	slices.Sort(live)
	for _, name := range live {
		sum, ok := old[name]
		if !ok {
			content, err := os.ReadFile(filepath.Join(dir, name))
			if os.IsNotExist(err) {
				continue // its name stands in the manifest, and its flush failed
			}
			if err != nil {
				return err
			}
			h := sha256.Sum256(content)
			sum = hex.EncodeToString(h[:])
		}
		b = fmt.Appendf(b, "%s  %s\n", sum, name)
	}
	self := sha256.Sum256(b)
	b = fmt.Appendf(b, "%x\n", self)
	path := filepath.Join(dir, "SUMS")
	if was, err := os.ReadFile(path); err == nil && bytes.Equal(was, b) {
		return nil
	}
	if err := os.WriteFile(path+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// Tables is how many files the store has grown: one for each time that it was closed, or found not
// closed, with something written. Reading looks into all of them.
func (d *DB) Tables() int {
	if d.snapshot != nil {
		return 0
	}
	return len(d.db.Tables())
}
