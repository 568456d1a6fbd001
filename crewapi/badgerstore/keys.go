package badgerstore

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	badger "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/pb"
)

// registryCopy is the folder of the second copy of Badger's registry of keys: without its random
// data keys not a byte of the other files can be read, whatever the flight's key.
const registryCopy = "keys"

func registryKeys(dir string, outer []byte) (out []*pb.DataKey, err error) {
	if _, err := os.Stat(filepath.Join(dir, badger.KeyRegistryFileName)); err != nil {
		return nil, err
	}
	kr, err := badger.OpenKeyRegistry(badger.KeyRegistryOptions{Dir: dir, ReadOnly: true, EncryptionKey: outer})
	if err != nil {
		return nil, err
	}
	for id := uint64(1); ; id++ {
		k, err := kr.DataKey(id)
		if err != nil {
			return out, nil
		}
		out = append(out, k)
	}
}

// checkKeys reports that the keys of the files are not those of the registry: Badger makes a new
// one where it is missing, and its goroutines panic over what they then decrypt.
func checkKeys(dir string, outer []byte) error {
	if len(filesOf(dir, "*.sst")) == 0 && len(filesOf(dir, "*.mem")) == 0 {
		return nil // a new store
	}
	keys, err := registryKeys(dir, outer)
	if err != nil {
		return err
	}
	spare, err := registryKeys(filepath.Join(dir, registryCopy), outer)
	if err != nil {
		return nil // the copy is written again
	}
	for i, k := range spare {
		if i >= len(keys) || !bytes.Equal(keys[i].Data, k.Data) {
			return fmt.Errorf("key %d of the files is not in the registry", k.KeyId)
		}
	}
	return nil
}

// copyRegistry brings the copy up to date, durably.
func copyRegistry(dir string) error {
	b, err := os.ReadFile(filepath.Join(dir, badger.KeyRegistryFileName))
	if err != nil {
		return err
	}
	to := filepath.Join(dir, registryCopy)
	path := filepath.Join(to, badger.KeyRegistryFileName)
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, b) {
		return nil
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	return writeDurably(path, b)
}
