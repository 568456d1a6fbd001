package subject

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// Journal is the append-only file of erasures; see the package comment for its lines. One
// process at a time writes it.
type Journal struct{ Path string }

// line is one line of the journal.
type line struct {
	Kind   string    `json:"kind"`
	Hash   string    `json:"hash"`
	Flight string    `json:"flight,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

const keyLine = "key"

// entries is what a journal says.
type entries struct {
	key    ground.LedgerKey
	hasKey bool
	erased []ground.Erasure
	stones []ground.Tombstone
}

// read reads the journal; an empty one when there is no file. Errors: corrupt with the number of
// a line that cannot be read.
func (j *Journal) read() (e entries, err error) {
	const op = "subject.Journal.read"
	b, err := os.ReadFile(j.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return e, nil
	}
	if err != nil {
		return e, passenger.Wrap(passenger.Unavailable, op, "the journal of erasures cannot be read", err)
	}
	return parseJournal(b)
}

// parseJournal reads whole lines; what a crash left of a last one is none.
func parseJournal(b []byte) (e entries, err error) {
	const op = "subject.parseJournal"
	b = b[:bytes.LastIndexByte(b, '\n')+1]
	sc := bufio.NewScanner(bytes.NewReader(b))
	for n := 1; sc.Scan(); n++ {
		if err := e.add(sc.Bytes()); err != nil {
			return e, passenger.Wrap(passenger.Corrupt, op, fmt.Sprintf("line %d of the journal of erasures cannot be read; restore the journal from a copy", n), err)
		}
	}
	if err := sc.Err(); err != nil {
		return e, passenger.Wrap(passenger.Corrupt, op, "the journal of erasures cannot be read; restore it from a copy", err)
	}
	return e, nil
}

func (e *entries) add(b []byte) error {
	var l line
	if err := json.Unmarshal(b, &l); err != nil {
		return err
	}
	raw, err := hex.DecodeString(l.Hash)
	if err != nil {
		return err
	}
	var h ground.LedgerHash
	if l.Kind == keyLine {
		if len(raw) != len(e.key) || e.hasKey {
			return errors.New("not the one key of a journal")
		}
		copy(e.key[:], raw)
		e.hasKey = true
		return nil
	}
	if len(raw) != len(h) || !e.hasKey {
		return errors.New("not a hash, or no key before it")
	}
	copy(h[:], raw)
	switch l.Kind {
	case string(ground.ErasedPerson), string(ground.ErasedAccount):
		e.erased = append(e.erased, ground.Erasure{Hash: h, Kind: ground.ErasureKind(l.Kind), At: l.At})
	case string(ground.PostStone), string(ground.TravellerStone), string(ground.OpStone):
		t := ground.Tombstone{Kind: ground.TombstoneKind(l.Kind), Hash: h}
		if l.Flight != "" {
			if t.Flight, err = passenger.ParseFlightID(l.Flight); err != nil {
				return err
			}
		}
		e.stones = append(e.stones, t)
	default:
		return errors.New("unknown kind")
	}
	return nil
}

// Sync appends what the ledger of the database holds and the journal does not, durably. Errors:
// corrupt for a journal that cannot be read or belongs to another ground, unavailable.
func (j *Journal) Sync(ctx context.Context, store ground.Store) error {
	const op = "subject.Journal.Sync"
	have, err := j.read()
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, x := range have.erased {
		known[erasedKey(x)] = true
	}
	for _, t := range have.stones {
		known[string(t.Kind)+string(t.Hash[:])] = true
	}
	var fresh []line
	if err := store.Read(ctx, func(tx ground.Tx) error {
		fresh = nil
		key, ok, err := tx.LedgerKey(ctx)
		switch {
		case err != nil || !ok && !have.hasKey:
			return err
		case have.hasKey && key != have.key:
			return passenger.Errorf(passenger.Corrupt, op, "the journal of erasures belongs to another ground, or this database was restored without it: run ground erase --replay on a restored one, else name the right file")
		case !have.hasKey:
			fresh = append(fresh, line{Kind: keyLine, Hash: hex.EncodeToString(key[:])})
		}
		es, err := tx.Erasures(ctx)
		if err != nil {
			return err
		}
		for _, x := range es {
			if !known[erasedKey(x)] {
				fresh = append(fresh, line{Kind: string(x.Kind), Hash: hex.EncodeToString(x.Hash[:]), At: x.At})
			}
		}
		ts, err := tx.Tombstones(ctx, nil)
		for _, t := range ts {
			if known[string(t.Kind)+string(t.Hash[:])] {
				continue
			}
			l := line{Kind: string(t.Kind), Hash: hex.EncodeToString(t.Hash[:])}
			if t.Flight != (passenger.FlightID{}) {
				l.Flight = t.Flight.String()
			}
			fresh = append(fresh, l)
		}
		return err
	}); err != nil || len(fresh) == 0 {
		return err
	}
	if err := j.append(fresh); err != nil {
		return passenger.Wrap(passenger.Unavailable, op, "what was erased is erased, but the journal of erasures could not be written; make room and order it again", err)
	}
	return nil
}

// erasedKey tells two orders about one account apart: the later one is news.
func erasedKey(e ground.Erasure) string {
	return string(e.Hash[:]) + e.At.UTC().Format(time.RFC3339Nano)
}

// append writes lines behind the last whole one and flushes them to the disk.
func (j *Journal) append(lines []line) (err error) {
	f, err := os.OpenFile(j.Path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b, err := os.ReadFile(j.Path)
	if err != nil {
		return err
	}
	whole := int64(bytes.LastIndexByte(b, '\n') + 1)
	if err := f.Truncate(whole); err != nil {
		return err
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	for _, l := range lines {
		if err := enc.Encode(l); err != nil {
			return err
		}
	}
	if _, err := f.WriteAt(out.Bytes(), whole); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(j.Path))
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
