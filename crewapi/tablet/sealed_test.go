package tablet

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

var down = passenger.Errorf(passenger.Unavailable, "x.Y", "down")

func (w *world) cut() {
	w.ground.SetFault(func(flightsync.Request, bool) error { return down })
}

// sealedDots opens every sealed op of a flight with ground's key.
func (w *world) sealedDots(a *Agent, f *crewtest.Flight) map[flightsync.Dot]bool {
	w.Helper()
	fl, err := a.find("test", key)
	if err != nil {
		w.Fatal(err)
	}
	fl.mu.Lock()
	defer fl.mu.Unlock()
	if err := fl.use(); err != nil {
		w.Fatal(err)
	}
	out := map[flightsync.Dot]bool{}
	if err := fl.db.Metas(metaSealed, func(name string, value []byte) bool {
		d, ok := parseSealedName(name)
		inc := flightsync.Incarnation(value[1:9])
		raw, err := w.ground.Keys.Agreer().Open([]byte(flightsync.SealedInfo), flightsync.SealedAAD(f.A.Flight, d, inc), value[9:])
		if err != nil || !ok {
			w.Errorf("op %s: %v", d, err)
		}
		if o, ok := fl.stored(d); !ok || !bytes.Equal(o.Raw(), raw) {
			w.Errorf("op %s is sealed as something else", d)
		}
		out[d] = true
		return true
	}); err != nil {
		w.Fatal(err)
	}
	return out
}

// TestSealedUntilGroundSigns: the crew's ops are sealed to ground until it has signed that it holds them,
// which the last exchange of a flight brings; its vector alone takes none of them away.
func TestSealedUntilGroundSigns(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	w.sync(a)
	if got := w.sealedDots(a, f); len(got) != 1 { // that the note is here
		t.Errorf("everything is on ground, unsigned, and %v are sealed", got)
	}
	restore := f.Snapshot()
	w.record(a, dot, acted)
	a = w.reopen(a)
	w.record(a, dot, passenger.Feedback{Outcome: passenger.Declined})
	if got := w.sealedDots(a, f); len(got) != 3 {
		t.Errorf("two entries and %v are sealed", got)
	}
	w.ground.SetFault(func(_ flightsync.Request, after bool) error { // taken, and the answer is lost
		if after {
			return down
		}
		return nil
	})
	a.Sync(t.Context())
	if got := w.sealedDots(a, f); len(got) != 3 {
		t.Errorf("no acknowledgement and %v are sealed", got)
	}
	w.ground.SetFault(nil)
	w.sync(a)
	if got := w.sealedDots(a, f); len(got) != 3 {
		t.Errorf("all acknowledged, unsigned, and %v are sealed", got)
	}
	w.pass(13 * time.Hour)
	f.Move(passenger.In, w.clock())
	w.sync(a) // it hands in
	if got := w.sealedDots(a, f); len(got) != 0 {
		t.Errorf("all is signed for and %v are sealed", got)
	}
	restore() // ground comes back from a backup of before
	w.ground.SetFault(func(req flightsync.Request, after bool) error {
		if len(req.Runs) > 0 {
			return down // it says what it holds, and takes nothing yet
		}
		return nil
	})
	a.Sync(t.Context())
	if got := w.sealedDots(a, f); len(got) != 3 {
		t.Errorf("ground lost two entries and the hand-in and %v are sealed", got)
	}
}

// TestSendOnly: the lease ends without ground. No key and no plaintext of the flight is left,
// what ground lacks is, also through kills, lost answers and repeats; and it arrives once.
func TestSendOnly(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	second := f.Note(note(2, "2A"))
	w.sync(a)
	w.cut()
	e := w.entry(dot, passenger.Feedback{Outcome: passenger.Declined, Words: "slept like a stone"})
	e.Gesture = passenger.Drink
	if _, err := a.Record(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	w.record(a, second, acted)
	before := a.Dir
	keyFile, err := os.ReadFile(filepath.Join(before, "flights", f.A.Flight.String(), "KEY"))
	if err != nil {
		t.Fatal(err)
	}
	var wrap wrapped
	if err := json.Unmarshal(keyFile, &wrap); err != nil {
		t.Fatal(err)
	}
	w.pass(58 * time.Hour)
	a.Sync(t.Context())
	a.Close()
	if exists(filepath.Join(before, "flights", f.A.Flight.String())) {
		t.Error("the flight is still on disk")
	}
	secrets := map[string][]byte{"name": []byte("Jansen"), "seat": []byte("14C"), "words": []byte("slept like"), "note": []byte("cold soup"),
		"flight key": f.Key, "wrapped key": wrap.Key, "wrapped key as text": []byte(base64.StdEncoding.EncodeToString(wrap.Key))}
	if err := filepath.WalkDir(before, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		for what, s := range secrets {
			if bytes.Contains(b, s) {
				t.Errorf("%s holds the %s", d.Name(), what)
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	a = w.open(before)
	st, err := a.Status(t.Context())
	if err != nil || st.Pending != 3 || st.Issued != st.OnGround+3 {
		t.Errorf("status: %+v, %v", st, err)
	}
	w.pass(10 * 24 * time.Hour) // the line of a flight leaves the list after a week, but not with entries
	a.Sync(t.Context())
	w.ground.SetFault(func(_ flightsync.Request, after bool) error {
		if after {
			return down // taken, and the answer is lost
		}
		return nil
	})
	a.Sync(t.Context())
	a = w.reopen(a)
	w.ground.SetFault(nil)
	if rep := w.sync(a); rep.Sent != 4 || rep.Pending != 0 {
		t.Errorf("delivery: %+v", rep)
	}
	v := f.View()
	n1, _ := v.Note(dot)
	n2, _ := v.Note(second)
	if len(n1.Heads) != 1 || n1.Heads[0].Feedback.Words != "slept like a stone" || len(n2.Heads) != 1 || len(v.Gestures) != 1 || len(v.Quarantine) != 0 {
		t.Errorf("ground: %+v, %+v, gestures %+v, quarantine %v", n1.Heads, n2.Heads, v.Gestures, v.Quarantine)
	}
	if st, err := a.Status(t.Context()); err != nil || st.Pending != 0 || st.Issued != st.OnGround || exists(a.unsentPath(f.A.Flight)) {
		t.Errorf("status after delivery: %+v, %v", st, err)
	}
}

// TestKilledAtTheEndOfTheLease: the program dies after each step of the destruction and starts
// again; what ground lacks arrives, once, whatever was done already.
func TestKilledAtTheEndOfTheLease(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	w.sync(a)
	w.cut()
	w.record(a, dot, acted)
	w.pass(58 * time.Hour)
	a.Close()
	open := copyDir(t, a.Dir) // nothing done yet
	a = w.open(a.Dir)
	a.Sync(t.Context())
	a.Close()
	done := a.Dir
	id := f.A.Flight.String()
	mix := func(parts map[string]string) string { // path → from which directory
		dir := copyDir(t, open)
		for path, from := range parts {
			to := filepath.Join(dir, path)
			if err := os.RemoveAll(to); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(filepath.Join(from, path))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err == nil {
				err = os.MkdirAll(filepath.Dir(to), 0o700)
			}
			if err == nil {
				err = os.WriteFile(to, b, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	sealed, index := filepath.Join("unsent", id+".json"), "flights.json"
	dirs := map[string]string{"nothing": open, "sealed entries written": mix(map[string]string{sealed: done}),
		"index written": mix(map[string]string{sealed: done, index: done}),
		"key removed":   mix(map[string]string{sealed: done, index: done, filepath.Join("flights", id, "KEY"): done})}
	restore := f.Snapshot()
	for name, dir := range dirs {
		t.Run(name, func(t *testing.T) {
			restore()
			w.ground.SetFault(nil)
			a := w.open(dir)
			w.sync(a)
			w.sync(a)
			if n, _ := f.View().Note(dot); len(n.Heads) != 1 {
				t.Errorf("ground: %+v", n.Heads)
			}
			st, err := a.Status(t.Context())
			if err != nil || st.Pending != 0 || st.Issued != st.OnGround || exists(filepath.Join(dir, "flights", id)) || exists(filepath.Join(dir, sealed)) {
				t.Errorf("status: %+v, %v; files of the flight %v, sealed %v", st, err, exists(filepath.Join(dir, "flights", id)), exists(filepath.Join(dir, sealed)))
			}
		})
	}
}

// TestOthersEntriesSealed: what another tablet recorded and ground lacks comes to ground from here,
// after the end of the lease, when that tablet is lost.
func TestOthersEntriesSealed(t *testing.T) {
	w := newWorld(t)
	o := newOnboard(t, w)
	a, b := w.tablet(), w.tablet()
	f, dot := w.flight(a, b)
	for range 2 {
		w.sync(a)
		w.sync(b)
	}
	w.cut()
	w.record(b, dot, acted)
	sa, sb := o.join(a, 50*time.Millisecond), o.join(b, 50*time.Millisecond)
	deadline := time.Now().Add(20 * time.Second)
	for len(w.page(a).Cards[0].Heads) == 0 {
		if time.Now().After(deadline) {
			t.Fatal("the entry did not get to the other tablet")
		}
		time.Sleep(10 * time.Millisecond)
	}
	sa.stop()
	sb.stop()
	b.Close() // lost
	w.pass(58 * time.Hour)
	a.Now = w.clock
	a.Sync(t.Context())
	if st, err := a.Status(t.Context()); err != nil || !exists(a.unsentPath(f.A.Flight)) {
		t.Fatalf("what is left: %+v, %v", st, err)
	}
	w.ground.SetFault(nil)
	w.sync(a)
	if n, _ := f.View().Note(dot); len(n.Heads) != 1 || exists(a.unsentPath(f.A.Flight)) {
		t.Errorf("ground: %+v; still on disk: %v", n.Heads, exists(a.unsentPath(f.A.Flight)))
	}
}

// TestDamagedAtTheEndOfTheLease: a store was replaced, and the lease ends before ground is in reach
// again. The entries arrive, each once.
func TestDamagedAtTheEndOfTheLease(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	w.sync(a)
	w.cut()
	e := w.entry(dot, acted)
	e.Gesture = passenger.Miles
	if _, err := a.Record(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	a.Close()
	if err := os.Remove(filepath.Join(a.Dir, "flights", f.A.Flight.String(), "1", "MANIFEST")); err != nil {
		t.Fatal(err)
	}
	a = w.open(a.Dir)
	a.Flight(t.Context(), key) // replaces the store
	w.pass(58*time.Hour + 1)
	a.Sync(t.Context())
	if exists(filepath.Join(a.Dir, "flights", f.A.Flight.String())) {
		t.Error("the flight is still on disk")
	}
	w.ground.SetFault(nil)
	w.sync(a)
	v := f.View()
	if n, _ := v.Note(dot); len(n.Heads) != 1 || len(v.Gestures) != 1 || len(v.Quarantine) != 0 {
		t.Errorf("ground: %+v, gestures %+v, quarantine %v", n.Heads, v.Gestures, v.Quarantine)
	}
	if st, err := a.Status(t.Context()); err != nil || st.Pending != 0 || st.Issued != st.OnGround {
		t.Errorf("status: %+v, %v", st, err)
	}
}

func FuzzUnsent(f *testing.F) {
	good, err := json.Marshal(unsent{Runs: []unsentRun{{true, 0, flightsync.SealedRun{Author: 4, First: 2, Ops: [][]byte{{1}}, Sig: []byte{2}}}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"runs":[{"First":0}]}`))
	f.Add([]byte(fmt.Sprintf(`{"runs":[{"First":%d,"Ops":["AA=="]}]}`, uint64(1)<<63)))
	f.Fuzz(func(t *testing.T, b []byte) {
		u, err := parseUnsent(b)
		if err != nil {
			if passenger.CodeOf(err) != passenger.Corrupt {
				t.Errorf("refused with %v", err)
			}
			return
		}
		if own, all := u.count(); own > all || all < len(u.Runs) {
			t.Errorf("%d of %d entries in %d runs", own, all, len(u.Runs))
		}
		again, err := json.Marshal(u)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseUnsent(again); err != nil {
			t.Errorf("what was read cannot be read again: %v", err)
		}
	})
}
