package badgerstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"

	badger "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/pb"
	"github.com/dgraph-io/badger/v4/y"
	"google.golang.org/protobuf/proto"
)

// strikeMissing strikes tables out of Badger's manifest that never came to be: when the flush of a
// manifest fails, the table that it was to name is removed, the name stays, and the same entries
// go into another table. So it is, and no damage, where the table was never listed in SUMS and no
// other stands beside the manifest (then a compaction failed, and what it replaced would be
// deleted). What the store then holds is checked as ever. It returns the tables that are left.
func strikeMissing(dir string, live []string, sums map[string]string) ([]string, error) {
	there := filesOf(dir, "*.sst")
	var missing, left []string
	for _, name := range live {
		if slices.Contains(there, filepath.Join(dir, name)) {
			left = append(left, name)
		} else if _, listed := sums[name]; !listed {
			missing = append(missing, name)
		} else {
			return live, nil
		}
	}
	if len(missing) == 0 || len(left) != len(there) {
		return live, nil
	}
	changes := &pb.ManifestChangeSet{}
	for _, name := range missing {
		var id uint64
		if _, err := fmt.Sscanf(name, "%06d.sst", &id); err != nil {
			return live, err
		}
		changes.Changes = append(changes.Changes, &pb.ManifestChange{Id: id, Op: pb.ManifestChange_DELETE})
	}
	return left, changeManifest(dir, changes)
}

// changeManifest adds a record to Badger's manifest, in a new file under its name:
// len(4) CRC32C(4) changes.
func changeManifest(dir string, changes *pb.ManifestChangeSet) error {
	path := filepath.Join(dir, badger.ManifestFilename)
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	record, err := proto.Marshal(changes)
	if err != nil {
		return err
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(record)))
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(record, y.CastagnoliCrcTable))
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, record...))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncDir(dir)
}
