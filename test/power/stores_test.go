package power

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	badger "github.com/dgraph-io/badger/v4"
	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/crewapi/badgerstore"
	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/store"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

var (
	testKey   = [32]byte{4, 2}
	testGroup = passenger.FlightID{0xf1, 7}
	testNow   = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	testCase  = uuid.MustParse("00000000-0000-4000-8000-000000000001")
)

const lane = flightsync.FirstTablet

// keeper is what is being tested: something that keeps entries 1, 2, 3 … of one lane.
type keeper interface {
	// put adds the entries first … first+n-1 in one durable write.
	put(first uint64, n int) error
	// each yields every entry it holds, as often as it holds it, with its words.
	each(yield func(seq uint64, words string)) error
	Close() error
}

// words are what entry seq says: long and short, and never those of another.
func words(seq uint64) string {
	b := make([]byte, 20+(seq*7919)%400)
	for i := range b {
		b[i] = byte('a' + (seq*31+uint64(i)*seq%17)%26)
	}
	return fmt.Sprintf("%d %s", seq, b)
}

func batch(held flightsync.Vector, first uint64, n int) (flightsync.Batch, error) {
	st := flightsync.State{Group: testGroup, Me: lane, Incarnation: flightsync.Incarnation{1}, Clock: flightsync.Stamp{Ms: first}}
	st.Lanes = []flightsync.Lane{{Author: lane, Incarnation: st.Incarnation, Seq: first + uint64(n) - 1}}
	if held.Of(lane)+1 != first {
		return flightsync.Batch{}, fmt.Errorf("entry %d does not follow %d", first, held.Of(lane))
	}
	b := flightsync.Batch{State: st}
	for i := range n {
		seq := first + uint64(i)
		raw := append([]byte{2, 8, 66, 0}, "saltsalt"...)
		o, err := flightsync.ParseOp(flightsync.Dot{Author: lane, Seq: seq}, append(raw, words(seq)...))
		if err != nil {
			return b, err
		}
		b.Ops = append(b.Ops, o)
	}
	return b, nil
}

func said(o flightsync.Op) string { return string(o.Content()) }

// laneKeeper puts entries into a lane of an engine's store.
type laneKeeper struct {
	flightsync.Storage
	apply func(flightsync.Batch, uint64, int) error
	close func() error
	// roomNow reports that the store was opened on a full disk that has room again.
	roomNow func() bool
}

func (k laneKeeper) put(first uint64, n int) error {
	var held flightsync.Vector
	st, err := k.State()
	switch {
	case err == nil:
		held = st.Vector()
	case passenger.CodeOf(err) != passenger.NotFound:
		return err
	}
	b, err := batch(held, first, n)
	if err != nil {
		return err
	}
	return k.apply(b, first, n)
}

func (k laneKeeper) each(yield func(uint64, string)) error {
	return k.Ops(lane, 1, func(o flightsync.Op) bool { yield(o.Dot.Seq, said(o)); return true })
}

func (k laneKeeper) Close() error { return k.close() }

// openTablet opens the tablet's store. A damaged one is salvaged, as the tablet's agent does.
func openTablet(dir string, opts ...badgerstore.Option) (k keeper, s *badgerstore.Salvaged, why, err error) {
	opts = append([]badgerstore.Option{badgerstore.WithGroup(testGroup)}, opts...)
	db, err := badgerstore.Open(filepath.Join(dir, "flight"), testKey, opts...)
	if passenger.CodeOf(err) == passenger.Corrupt {
		s, salvageErr := badgerstore.Salvage(filepath.Join(dir, "flight"), testKey, testGroup)
		return nil, &s, err, salvageErr
	}
	if err != nil {
		return nil, nil, nil, err
	}
	if db.RolledBack() {
		st, err := db.State()
		db.Close()
		return nil, nil, nil, fmt.Errorf("the store calls itself rolled back, to %v, %v", st.Vector(), err)
	}
	return laneKeeper{db, func(b flightsync.Batch, _ uint64, _ int) error { return db.Apply(b) }, db.Close,
		func() bool { _, now := db.ReadOnly(); return now }}, nil, nil, nil
}

// openGround opens ground's store on SQLite, and makes the flight and the case at the first time.
// Each write is a post and an op in one transaction.
func openGround(dir string) (keeper, error) {
	ctx := context.Background()
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, "ground.db"), store.Options{Now: func() time.Time { return testNow }})
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx); err != nil {
		return nil, err
	}
	err = db.InTx(ctx, func(tx ground.Tx) error {
		if _, err := tx.Flight(ctx, testGroup); err == nil || passenger.CodeOf(err) != passenger.NotFound {
			return err
		}
		if err := tx.InsertFlight(ctx, ground.Flight{ID: testGroup, Key: passenger.FlightKey{Carrier: "KL", Number: 641, Date: "2026-11-21", Departure: "AMS", Attempt: 1},
			Arrival: "JFK", STD: testNow, STA: testNow.Add(8 * time.Hour), Stage: passenger.Planned}); err != nil {
			return err
		}
		return tx.InsertCase(ctx, ground.Case{ID: testCase, Channel: passenger.X, AccountID: "1785461234567890999", Topic: passenger.TopicMeal,
			Severity: passenger.Mild, Lang: "en", Status: ground.CaseOpen, OpenedAt: testNow, LastPostAt: testNow, Posts: 1})
	})
	if err != nil {
		return nil, err
	}
	return groundKeeper{db}, nil
}

type groundKeeper struct{ db *store.DB }

func (k groundKeeper) put(first uint64, n int) error {
	ctx := context.Background()
	return k.db.InTx(ctx, func(tx ground.Tx) error {
		if _, err := tx.LockFlight(ctx, testGroup); err != nil {
			return err
		}
		in := tx.Lanes(ctx, testGroup)
		return laneKeeper{Storage: in, apply: func(b flightsync.Batch, first uint64, n int) error {
			for i := range n {
				seq := first + uint64(i)
				fresh, err := tx.InsertPost(ctx, ground.StoredPost{Case: testCase, ArrivedAt: testNow, Post: passenger.Post{Channel: passenger.X,
					ExternalID: fmt.Sprint(uint64(1e18) + seq), AuthorID: "1785461234567890999", Text: words(seq), CreatedAt: testNow}})
				if err != nil || !fresh {
					return errors.Join(err, fmt.Errorf("post %d is new: %v", seq, fresh))
				}
			}
			return in.Apply(b)
		}}.put(first, n)
	})
}

// each fails when posts and ops are not the same entries: they were written together.
func (k groundKeeper) each(yield func(uint64, string)) error {
	ctx := context.Background()
	return k.db.Read(ctx, func(tx ground.Tx) error {
		posts := map[string]int{}
		list, err := tx.CasePosts(ctx, testCase)
		if err != nil {
			return err
		}
		for _, p := range list {
			posts[p.Text]++
		}
		n := 0
		err = laneKeeper{Storage: tx.Lanes(ctx, testGroup)}.each(func(seq uint64, words string) {
			if posts[words] != 1 {
				err = fmt.Errorf("entry %d stands in %d posts", seq, posts[words])
			}
			n++
			yield(seq, words)
		})
		if err == nil && n != len(list) {
			err = fmt.Errorf("%d posts, %d ops", len(list), n)
		}
		return err
	})
}

func (k groundKeeper) Close() error { return k.db.Close() }

// The stores that must lose: the same engines, set as many programs set them.

// openLooseSQLite is SQLite with a write-ahead log that is not flushed at every commit.
func openLooseSQLite(dir string) (keeper, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "loose.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE IF NOT EXISTS entries (seq INTEGER PRIMARY KEY, words TEXT)"); err != nil {
		return nil, err
	}
	return looseSQLite{db}, nil
}

type looseSQLite struct{ db *sql.DB }

func (k looseSQLite) put(first uint64, n int) error {
	tx, err := k.db.Begin()
	if err != nil {
		return err
	}
	for i := range n {
		if _, err := tx.Exec("INSERT INTO entries VALUES (?, ?)", first+uint64(i), words(first+uint64(i))); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

func (k looseSQLite) each(yield func(uint64, string)) error {
	rows, err := k.db.Query("SELECT seq, words FROM entries ORDER BY seq")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var seq uint64
		var words string
		if err := rows.Scan(&seq, &words); err != nil {
			return err
		}
		yield(seq, words)
	}
	return rows.Err()
}

func (k looseSQLite) Close() error { return k.db.Close() }

// openLooseBadger is Badger as it comes: SyncWrites is off.
func openLooseBadger(dir string) (keeper, error) {
	db, err := badger.Open(badger.DefaultOptions(filepath.Join(dir, "loose")).WithLogger(nil).WithMemTableSize(4 << 20).WithValueLogFileSize(8 << 20).WithValueThreshold(128 << 10))
	return looseBadger{db}, err
}

// openMergingBadger is Badger that flushes every write and merges its tables itself.
func openMergingBadger(dir string) (keeper, error) {
	db, err := badger.Open(badger.DefaultOptions(filepath.Join(dir, "merging")).WithLogger(nil).WithMemTableSize(4 << 20).WithValueLogFileSize(8 << 20).WithValueThreshold(128 << 10).
		WithSyncWrites(true).WithNumCompactors(2).WithNumLevelZeroTables(5))
	return looseBadger{db}, err
}

type looseBadger struct{ db *badger.DB }

func (k looseBadger) put(first uint64, n int) error {
	return k.db.Update(func(txn *badger.Txn) error {
		for i := range n {
			seq := first + uint64(i)
			if err := txn.Set(binary.BigEndian.AppendUint64(nil, seq), []byte(words(seq))); err != nil {
				return err
			}
		}
		return nil
	})
}

func (k looseBadger) each(yield func(uint64, string)) error {
	return k.db.View(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.DefaultIteratorOptions)
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			v, err := it.Item().ValueCopy(nil)
			if err != nil {
				return err
			}
			yield(binary.BigEndian.Uint64(it.Item().Key()), string(v))
		}
		return nil
	})
}

func (k looseBadger) Close() error { return k.db.Close() }

func short(words string) string { return hex.EncodeToString([]byte(words))[:min(40, 2*len(words))] }
