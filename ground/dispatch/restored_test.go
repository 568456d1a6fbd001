package dispatch_test

import (
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/dispatch"
	"github.com/cabinloop/cabinloop/ground/followup"
	"github.com/cabinloop/cabinloop/ground/store"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// restore puts the world on a copy of the database as it was when backup was taken.
func (w *world) restore(backup string) {
	w.Helper()
	log := slog.New(slog.NewTextHandler(w.log, nil))
	db, err := store.Open(w.ctx, "sqlite:"+backup, store.Options{Now: func() time.Time { return w.now }, Log: log})
	w.must(err)
	w.Cleanup(func() { db.Close() })
	w.db = db
	w.dispatch = dispatch.New(dispatch.Config{Store: db, Rand: rand.Reader, Log: log, Sign: w.keys.Signer(), Agree: w.keys.Agreer()})
	w.followup = &followup.Service{Store: db}
}

// Ground's database comes back from a backup taken before a note was written, a tablet bound and
// an outcome recorded. The tablets bring all of it back, with and without ground having written
// on; the loop finds its note again, no second one is written, and the books close.
func TestGroundRestoredFromBackup(t *testing.T) {
	for name, writesOn := range map[string]bool{"at once": false, "after it wrote on": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "sqlite:"+filepath.Join(t.TempDir(), "ground.db"))
			w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"), row("C2", "SMITH", "15A"))
			lead, aft := w.tablet("t1", first, passenger.Lead), w.tablet("t2", first, passenger.Cabin)
			one := w.loop("C1", passenger.TopicMeal)
			lead.sync()
			var two ground.Loop
			backup := filepath.Join(t.TempDir(), "backup.db")
			two = w.loopWaits("C2", passenger.TopicDelay)
			w.must(w.db.Backup(w.ctx, backup))

			w.must(w.dispatch.Evaluate(w.ctx, two.ID))
			if l := w.read(two.ID); l.State != ground.LoopCompiled {
				t.Fatalf("the second loop is %s", l.State)
			}
			w.move(first, passenger.OffBlock)
			aft.sync() // bound after the backup
			lead.sync()
			w.now = w.now.Add(6 * time.Hour)
			lead.record("14C", passenger.Feedback{Outcome: passenger.Acted})
			aft.record("15A", passenger.Feedback{Outcome: passenger.Declined})
			lead.sync()
			aft.sync()

			w.restore(backup)
			if writesOn {
				w.move(first, passenger.DoorsClosed)
			}
			for range 3 {
				lead.sync()
				aft.sync()
			}
			w.must(w.dispatch.Sweep(w.ctx, w.now))
			for id, want := range map[passenger.LoopID]passenger.Outcome{one.ID: passenger.Acted, two.ID: passenger.Declined} {
				if l := w.read(id); l.State != ground.LoopCompiled {
					t.Errorf("loop about %s is %s, want compiled", want, l.State)
				}
			}
			w.now = w.now.Add(6 * time.Hour)
			w.move(first, passenger.In)
			for _, tab := range []*tablet{lead, aft} {
				tab.sync()
				tab.write(flightsync.FinDraft())
				tab.sync()
			}
			r := w.report(first)
			if r.Stage != "sealed" || r.Compiled != 2 || r.Acted != 1 || r.Declined != 1 || !r.SumsClose || r.OpsIssued != r.OpsOnGround {
				t.Errorf("after the seal: %+v", r)
			}
			for _, id := range []passenger.LoopID{one.ID, two.ID} {
				if l := w.read(id); l.State != ground.LoopReconciled {
					t.Errorf("a loop is %s after the seal", l.State)
				}
			}
		})
	}
}

// What was lost had given an author index to a tablet. The restored ground gives it to nobody
// else: not to a tablet that is new on the flight, nor to another store of a known one.
func TestLostIndexIsGivenToNobody(t *testing.T) {
	w := newWorld(t, "sqlite:"+filepath.Join(t.TempDir(), "ground.db"))
	w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"), row("C2", "SMITH", "15A"))
	lead := w.tablet("t1", first, passenger.Lead) // bound before the backup
	w.loop("C1", passenger.TopicMeal)
	w.loop("C2", passenger.TopicDelay)
	lead.sync()
	w.now = w.now.Add(6 * time.Hour)
	lost := func(name string) *tablet { // bound after it, and knows something that nobody else knows
		tab := w.tablet(name, first, passenger.Cabin)
		tab.sync()
		return tab
	}
	var tabs []*tablet
	given := map[flightsync.Author]string{}
	give := func(name string, tab *tablet) {
		t.Helper()
		me := tab.rep.State().Me
		if was, ok := given[me]; ok || me >= flightsync.MaxAuthors {
			t.Fatalf("%s gets index %d, which is %q's", name, me, was)
		}
		given[me] = name
		tabs = append(tabs, tab)
	}
	give("t1", lead)
	for _, round := range []string{"a", "b", "c"} { // the third finds no room for the whole gap
		backup := filepath.Join(t.TempDir(), round)
		w.must(w.db.Backup(w.ctx, backup))
		one := lost("lost" + round)
		give("lost"+round, one)
		w.restore(backup)
		w.must(w.dispatch.Restored(w.ctx))
		fresh := w.tablet("new"+round, first, passenger.Cabin)
		fresh.sync()
		give("new"+round, fresh)
		w.tx(func(tx ground.Tx) error { // the feed of the crew says it again
			return tx.InsertTablet(w.ctx, ground.Tablet{ID: one.id, Name: "lost" + round, CreatedAt: w.now, EnrolledAt: w.now,
				SignKey: one.keys.Signer().Public(), AgreeKey: one.keys.Agreer().Public()})
		})
		w.must(w.dispatch.Assign(w.ctx, first, "lost"+round, passenger.Cabin, "", false))
		one.record("14C", passenger.Feedback{Outcome: passenger.Acted})
		one.sync()
		two := lost("after" + round)
		give("after"+round, two)
		if gap := two.rep.State().Me - fresh.rep.State().Me; gap > 4 { // one reserved for the tablet that came back, one a branch of ground
			t.Errorf("the flight skips %d indexes again without another restore", gap)
		}
	}
	for range 2 {
		for _, tab := range tabs {
			tab.sync()
		}
	}
	w.now = w.now.Add(6 * time.Hour)
	w.move(first, passenger.In)
	for _, tab := range tabs {
		tab.sync()
		tab.write(flightsync.FinDraft())
		tab.sync()
	}
	if r := w.report(first); r.OpsIssued != r.OpsOnGround || r.Quarantined != 0 || !r.SumsClose || r.Acted != 1 {
		t.Errorf("after the seal: %+v", r)
	}
}

// The backup shows an index as reserved for a tablet; what was lost had given it to a store of that
// tablet. The restored ground gives it to no other store, also when that one comes first, and what
// the lost store wrote comes back by another tablet.
func TestReservedIndexIsGivenToNobodyElse(t *testing.T) {
	w := newWorld(t, "sqlite:"+filepath.Join(t.TempDir(), "ground.db"))
	w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"))
	lead, aft := w.tablet("t1", first, passenger.Lead), w.tablet("t2", first, passenger.Cabin)
	w.loop("C1", passenger.TopicMeal)
	lead.sync()
	backup := filepath.Join(t.TempDir(), "backup.db")
	w.must(w.db.Backup(w.ctx, backup))
	aft.sync()
	w.now = w.now.Add(6 * time.Hour)
	aft.record("14C", passenger.Feedback{Outcome: passenger.Acted})
	aft.sync()
	lead.sync()
	lost := aft.rep.State().Me

	w.restore(backup)
	w.must(w.dispatch.Restored(w.ctx))
	fresh := *aft // the device was set up anew
	fresh.store, fresh.talk = flightsync.NewMemory(), flightsync.Talk{}
	w.must(fresh.store.Apply(flightsync.Create(w.flightRow(first).ID, flightsync.Nobody, flightsync.Incarnation{77}, w.dispatchRoot())))
	fresh.reload()
	fresh.sync()
	if me := fresh.rep.State().Me; me == lost || me == flightsync.Nobody {
		t.Fatalf("the new store gets index %d, the lost one had %d", me, lost)
	}
	for range 2 {
		lead.sync()
		fresh.sync()
	}
	fresh.record("14C", passenger.Feedback{Outcome: passenger.Acted, Reaction: passenger.Pleased})
	fresh.sync()
	w.now = w.now.Add(6 * time.Hour)
	w.move(first, passenger.In)
	for _, tab := range []*tablet{lead, &fresh} {
		tab.sync()
		tab.write(flightsync.FinDraft())
		tab.sync()
	}
	r := w.report(first)
	if r.Stage != "sealed" || r.Recorded != 2 || r.Acted != 1 || r.OpsIssued != r.OpsOnGround || !r.SumsClose || r.Quarantined != 0 {
		t.Errorf("after the seal: %+v", r)
	}
}

// A reservation that nobody took before the restore leaves no line of a tablet that never came, and
// a tablet whose index ground made after it keeps that one.
func TestReservedBeforeAndAfterARestore(t *testing.T) {
	w := newWorld(t, "sqlite:"+filepath.Join(t.TempDir(), "ground.db"))
	w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"))
	before := w.tablet("t1", first, passenger.Lead)
	backup := filepath.Join(t.TempDir(), "backup.db")
	w.must(w.db.Backup(w.ctx, backup))
	w.restore(backup)
	w.must(w.dispatch.Restored(w.ctx))
	before.sync()
	after := w.tablet("t2", first, passenger.Cabin)
	reserved := w.report(first).Tablets
	after.sync()
	lines := w.report(first).Tablets
	if len(reserved) != 2 || len(lines) != 2 || lines[0].Name != "t1" || lines[0].LastAt == "" || lines[1].LastAt == "" {
		t.Errorf("tablets of the flight: %+v, then %+v", reserved, lines)
	}
	if gap := after.rep.State().Me - before.rep.State().Me; gap != 1 {
		t.Errorf("a reservation of after the restore is skipped: %d", gap)
	}
}

// A tablet's directory was copied and both copies wrote on: ground keeps both histories, asks a
// question about the second, and what each of them issued is on ground.
func TestClonedTablet(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"))
		tab := w.tablet("t1", first, passenger.Lead)
		w.loop("C1", passenger.TopicMeal)
		tab.sync()
		twin := *tab
		twin.store = tab.store.Clone()
		twin.talk = flightsync.Talk{}
		twin.nonce = 100
		twin.reload()
		tab.record("14C", passenger.Feedback{Outcome: passenger.Acted})
		twin.record("14C", passenger.Feedback{Outcome: passenger.Declined})
		tab.sync()
		twin.sync()
		tab.sync()
		v := tab.view()
		if len(v.Notes) != 1 || len(v.Notes[0].Heads) != 2 || !v.Notes[0].Disputed() {
			t.Errorf("the note after both came: %+v", v.Notes)
		}
		question := false
		for _, x := range v.Verdicts {
			question = question || x.Code == flightsync.VerdictQuestion
		}
		if !question {
			t.Errorf("verdicts %+v: nobody is asked about the second history", v.Verdicts)
		}
		twin.write(flightsync.SeenDraft(v.Notes[0].Dot))
		twin.sync()
		if r := w.report(first); r.OpsIssued != r.OpsOnGround || !r.SumsClose {
			t.Errorf("report: %+v", r)
		}
	})
}
