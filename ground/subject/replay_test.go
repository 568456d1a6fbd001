package subject_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/store"
	"github.com/cabinloop/cabinloop/ground/subject"
	"github.com/cabinloop/cabinloop/passenger"
)

// A backup of before an erasure is restored: everybody is erased again.
func TestRestoreErasesAgain(t *testing.T) {
	w := newWorld(t, t.TempDir(), "sqlite:"+filepath.Join(t.TempDir(), "live.db"))
	her, his, tab := w.story()
	w.over(tab)
	backup, target := filepath.Join(t.TempDir(), "backup"), filepath.Join(w.dir, "ground.db")
	w.must(w.db.Backup(w.ctx, backup))
	w.now = w.now.Add(time.Hour)
	_, err := w.subject.Erase(w.ctx, subject.Subject{Person: her}, "officer")
	w.must(err)
	_, err = w.subject.Erase(w.ctx, subject.Subject{Account: piet}, "officer")
	w.must(err)
	opts := store.Options{Now: func() time.Time { return w.now }}
	var did subject.Replayed
	w.must(store.Restore(w.ctx, backup, "sqlite:"+target, opts, false, func(db *store.DB) error {
		w.use(db)
		w.must(w.subject.Hold(w.ctx, her, "a hold of before the erasure", "officer"))
		did, err = w.subject.Replay(w.ctx, "officer")
		return err
	}))
	if did.Repeated != 2 || did.Journal != 2 || did.Tombstones == 0 {
		t.Errorf("replay: %+v", did)
	}
	db, err := store.Open(w.ctx, "sqlite:"+target, opts)
	w.must(err)
	t.Cleanup(func() { db.Close() })
	w.use(db)
	if again, err := w.subject.Replay(w.ctx, "officer"); err != nil || again.Repeated != 0 || again.Tombstones != 0 {
		t.Errorf("a second replay: %+v, %v", again, err)
	}
	w.nowhere([]string{"Jansen", "JANSEN", "QX7K2M", "stroopwafel", "smiled"})
	w.tx(func(tx ground.Tx) error {
		p, err := tx.Person(w.ctx, her)
		if p.ErasedAt.IsZero() {
			t.Error("she is back")
		}
		q, err2 := tx.Person(w.ctx, his)
		if q.Surname == "" || len(q.Accounts) > 0 || err2 != nil {
			t.Errorf("he is a passenger without an account: %+v, %v", q, err2)
		}
		return err
	})
	if taken := w.post(eva, 1); taken.New != 0 {
		t.Error("an erased post comes again after the restore")
	}
	if r := w.report(); !r.SumsClose {
		t.Errorf("report: %+v", r)
	}
	back, err := w.subject.Returning(w.ctx)
	if err != nil || len(back) != 0 {
		t.Errorf("a sealed flight must regain nothing: %+v, %v", back, err)
	}
}

func TestJournalFile(t *testing.T) {
	w := newWorld(t, t.TempDir(), "sqlite:"+filepath.Join(t.TempDir(), "live.db"))
	her, his, _ := w.story()
	if back, err := w.subject.Returning(w.ctx); err != nil || len(back) != 1 || back[0].Tablets[0] != "t1" {
		t.Errorf("flights that must regain entries: %+v, %v", back, err)
	}
	path := w.subject.Journal.Path
	erase := func(id passenger.PersonID) {
		t.Helper()
		_, err := w.subject.Erase(w.ctx, subject.Subject{Person: id}, "officer")
		w.must(err)
	}
	erase(her)
	whole, err := os.ReadFile(path)
	w.must(err)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode: %v, %v", info.Mode(), err)
	}
	w.must(os.WriteFile(path, whole[:len(whole)-30], 0o600)) // a crash cut the last line
	erase(his)
	after, err := os.ReadFile(path)
	w.must(err)
	for _, l := range bytes.SplitAfter(bytes.TrimSpace(whole), []byte("\n")) {
		if !bytes.Contains(after, bytes.TrimSpace(l)) {
			t.Errorf("a line is lost: %s", l)
		}
	}
	if n := strings.Count(string(after), `"key"`); n != 1 {
		t.Errorf("%d keys", n)
	}
	for what, bad := range map[string]string{"words": "words\n", "no key": strings.SplitAfterN(string(after), "\n", 2)[1], "another kind": string(after) + `{"kind":"x","hash":"00"}` + "\n"} {
		w.must(os.WriteFile(path, []byte(bad), 0o600))
		if err := w.subject.Journal.Sync(w.ctx, w.db); passenger.CodeOf(err) != passenger.Corrupt {
			t.Errorf("%s: %v, want corrupt", what, err)
		}
		if _, err := w.subject.Replay(w.ctx, "officer"); passenger.CodeOf(err) != passenger.Corrupt {
			t.Errorf("replay of %s: %v, want corrupt", what, err)
		}
	}
	other := `{"kind":"key","hash":"` + strings.Repeat("07", 32) + `"}` + "\n"
	w.must(os.WriteFile(path, []byte(other), 0o600))
	if err := w.subject.Journal.Sync(w.ctx, w.db); passenger.CodeOf(err) != passenger.Corrupt {
		t.Errorf("the journal of another ground: %v", err)
	}
}
