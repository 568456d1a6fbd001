package main

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
)

// openKeys reads ground's keys and makes them for a new database. Tablets trust the keys that they
// learned at enrolment and call whatever others sign forged, so the database remembers which they are.
// Errors: those of [keys.Open]; not_found and forbidden for a file that is missing or of another ground.
func (a *app) openKeys() error {
	const op = "ground.openKeys"
	file := keyFile(a.KeyFile, a.DB)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return passenger.Wrap(passenger.Unavailable, op, "the folder of the key file "+file+" cannot be made", err)
	}
	var kept passenger.PublicKeys
	var known bool
	err := a.db.Read(a.ctx, func(tx ground.Tx) (err error) {
		kept, known, err = tx.GroundKeys(a.ctx)
		return err
	})
	if err != nil {
		return err
	}
	var pair *keys.Pair
	if known && !a.acceptKeys {
		pair, err = keys.Load(file)
	} else {
		pair, err = keys.Open(file, rand.Reader)
	}
	switch {
	case known && passenger.CodeOf(err) == passenger.NotFound:
		return passenger.Wrap(passenger.NotFound, op, "the key file "+file+" of this database is missing; name it with --keys, or put back its copy: tablets trust no other keys", err)
	case err != nil:
		return err
	}
	mine := passenger.PublicKeys{Sign: pair.Signer().Public(), Agree: pair.Agreer().Public()}
	if !known || a.acceptKeys {
		err = a.db.InTx(a.ctx, func(tx ground.Tx) (err error) {
			if a.acceptKeys {
				kept = mine
				return tx.ReplaceGroundKeys(a.ctx, mine)
			}
			kept, err = tx.KeepGroundKeys(a.ctx, mine) // another node may have been first
			return err
		})
	}
	if err == nil && !(bytes.Equal(kept.Sign, mine.Sign) && bytes.Equal(kept.Agree, mine.Agree)) {
		err = passenger.Errorf(passenger.Forbidden, op, "the keys in %s are not those of this database, and tablets would call its notes forged; name the right file with --keys (ground migrate --accept-keys makes these its keys: every tablet must then be enrolled anew)", file)
	}
	a.Keys = pair
	return err
}

// keyFile is where ground's keys are: in the file that was named, else beside the database.
func keyFile(named, database string) string {
	if named != "" {
		return named
	}
	if path, ok := strings.CutPrefix(database, "sqlite:"); ok {
		return strings.TrimSuffix(path, filepath.Ext(path)) + ".keys"
	}
	return filepath.Join("var", "ground.keys")
}
