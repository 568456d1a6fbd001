package scenario_test

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
)

// enrol enrols a device again with a new code.
func (p *purser) enrol(name string) {
	p.Helper()
	code, err := p.auth.Invite(p.ctx, name, "admin")
	p.must(err)
	p.must(p.agent.Enrol(p.ctx, crewtest.URL, code, name))
}

// refused syncs a device that has no access, and wants to be told so.
func (p *purser) refused(access passenger.Access, says string) {
	p.Helper()
	if err := p.Sync(); passenger.CodeOf(err) != passenger.SignedOut || !strings.Contains(passenger.Public(err), says) {
		p.Errorf("a tablet without access is told %v, want %q in it", err, says)
	}
	want(p.world, "access", p.status().Access, access)
}

// waits lists what the report of the first flight waits for, joined.
func (w *world) waits() string {
	w.Helper()
	var out []string
	for _, x := range w.report(first).Waiting {
		out = append(out, x.String())
	}
	return strings.Join(out, "; ")
}

// A tablet that has entries is reported lost. The flight says that it may hold some and is not sealed;
// found, the tablet hands them over, is enrolled again under another name, and goes on. A person lets
// the entries count.
func accessEnded(w *world) {
	_, _, ts := w.crewed("fore", "aft")
	fore, aft := ts[0], ts[1].(*purser)
	aft.Offline(true)
	w.record(aft, first, "14C", passenger.Acted)
	w.must(w.auth.Revoke(w.ctx, "aft", true, "admin"))
	want(w, "waiting", w.waits(), "tablet aft was lost and may hold entries")
	w.over(first, fore)
	want(w, "stage while entries may be on the lost tablet", w.report(first).Stage, "closed")

	aft.Offline(false)
	aft.refused(passenger.AccessLost, "lost")
	want(w, "pending after the hand-over", aft.status().Pending, 0)
	aft.Restart()
	want(w, "access after a restart", aft.status().Access, passenger.AccessLost)
	r := w.report(first)
	want(w, "acted while it is held", r.Acted, 0)
	want(w, "sums close while it is held", r.SumsClose, false)
	held := r.Quarantined

	aft.enrol("spare")
	want(w, "access", aft.status().Access, "")
	w.sync(aft)
	rows, err := aft.agent.Flights(w.ctx)
	w.must(err)
	want(w, "flights of the spare", len(rows), 0)
	want(w, "held still", w.report(first).Quarantined, held)
	if _, err := w.dispatch.Accept(w.ctx, first, "aft", "ops", "the purser confirms it"); err != nil {
		w.Fatal(err)
	}
	r = w.booksClose(first)
	want(w, "acted", r.Acted, 1)
	want(w, "stage", r.Stage, "sealed")
	want(w, "waiting", w.waits(), "")
}

// Another device takes over the name of a tablet that has entries. Switched on again, the old one hands
// them over and they wait; enrolled itself, all that it wrote counts.
func replacedTablet(w *world) {
	_, _, ts := w.crewed("fore", "aft")
	old := ts[1].(*purser)
	old.Offline(true)
	w.record(old, first, "14C", passenger.Acted)
	fresh := &purser{world: w, name: "aft", dir: w.TempDir(), seat: w.lan.seat()}
	fresh.start()
	fresh.enrol("aft")
	w.sync(fresh)
	want(w, "waiting", w.waits(), "tablet aft was replaced by another device and may hold entries")
	old.Offline(false)
	old.refused(passenger.AccessReplaced, "another device")
	want(w, "acted before it is enrolled", w.report(first).Acted, 0)
	w.record(old, first, "15A", passenger.Declined) // and that it has not handed over
	old.enrol("aft-old")
	w.sync(old, fresh, ts[0])
	r := w.report(first)
	want(w, "acted", r.Acted, 1)
	want(w, "declined", r.Declined, 1)
	want(w, "pending on the old device", old.status().Pending, 0)
	w.over(first, ts[0], fresh)
	r = w.booksClose(first)
	want(w, "stage", r.Stage, "sealed")
	want(w, "quarantined", r.Quarantined, 0)
}

// A tablet whose flight key cannot be read, whose device.json is gone or whose store is damaged is
// enrolled again: everything stays, and comes home.
func enrolledDamaged(w *world) {
	_, _, ts := w.crewed("fore", "aft", "mid")
	for _, t := range ts {
		t.Offline(true)
	}
	for i, seat := range []passenger.Seat{"14C", "15A"} {
		w.record(ts[i], first, seat, passenger.Acted)
	}
	w.record(ts[2], first, "14C", passenger.Acted)
	for i, damage := range []func(*purser){
		func(p *purser) { p.damage("flights/*/KEY") },
		func(p *purser) { p.must(os.Remove(filepath.Join(p.dir, "device.json"))) },
		func(p *purser) {
			p.must(os.Remove(filepath.Join(p.dir, "device.json")))
			p.must(os.WriteFile(filepath.Join(p.dir, "device.json.old"), []byte("{"), 0o600))
		},
	} {
		p := ts[i].(*purser)
		p.stop()
		damage(p)
		p.start()
		p.Offline(false)
		p.enrol(p.name)
		w.sync(p)
		st := p.status()
		want(w, "pending", st.Pending+st.Unknown, 0)
	}
	r := w.report(first)
	want(w, "acted", r.Acted, 2)
	want(w, "recorded", r.Recorded, 3)
	w.sync(ts...)
	w.over(first, ts...)
	want(w, "stage", w.booksClose(first).Stage, "sealed")
}

// damage turns over the middle byte of a file.
func (p *purser) damage(pattern string) {
	p.Helper()
	paths, err := filepath.Glob(filepath.Join(p.dir, pattern))
	p.must(err)
	for _, path := range paths {
		b, err := os.ReadFile(path)
		p.must(err)
		b[len(b)/2] ^= 1
		p.must(os.WriteFile(path, b, 0o600))
	}
	if len(paths) == 0 {
		p.Fatalf("no file %s", pattern)
	}
}

// Ground's database comes back from a backup that knows neither one tablet nor the newest token of
// another. Both are told so, enrol again without losing a store, and everything comes home exactly once:
// what ground had acknowledged and lost, and what it never had.
func restoredBeforeEnrolment(w *world) {
	w.flight(first, 4*time.Hour, eva, piet)
	w.complain(eva)
	w.complain(piet)
	fore := newPurser(w, "fore")
	w.assign(first, "fore", passenger.Lead)
	w.sync(fore)
	restore := w.backup()

	fore.enrol("fore") // under newer keys
	aft := newPurser(w, "aft")
	w.assign(first, "aft", passenger.Cabin)
	w.sync(fore, aft, fore)
	w.record(aft, first, "14C", passenger.Acted)
	w.sync(aft, fore)
	w.record(fore, first, "15A", passenger.Acted)
	aft.Offline(true)
	w.record(aft, first, "14C", passenger.Declined) // the purser has thought again
	aft.Offline(false)
	restore()

	for _, p := range []*purser{fore, aft} {
		p.refused(passenger.AccessUnknown, "put back from a backup")
		if st := p.status(); st.Pending == 0 {
			p.Errorf("%s counts nothing as pending", p.name)
		}
		before, err := keys.Load(filepath.Join(p.dir, "device.keys"))
		p.must(err)
		p.enrol(p.name)
		if after, err := keys.Load(filepath.Join(p.dir, "device.keys")); err != nil || string(after.Signer().Public()) == string(before.Signer().Public()) {
			p.Errorf("the keys are not new: %v", err)
		}
	}
	w.assign(first, "aft", passenger.Cabin)
	w.sync(fore, aft, fore, aft)
	for _, p := range []*purser{fore, aft} {
		want(w, p.name+" pending", p.status().Pending, 0)
	}
	r := w.report(first)
	want(w, "acted", r.Acted, 1)
	want(w, "declined", r.Declined, 1)
	want(w, "recorded", r.Recorded, 3)
	want(w, "quarantined", r.Quarantined, 0)
	w.over(first, fore, aft)
	want(w, "stage", w.booksClose(first).Stage, "sealed")
}
