package scenario_test

import (
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/internal/testenv"
	"github.com/cabinloop/cabinloop/passenger"
)

// backup copies ground's database as of now, and returns what puts the copy in its place.
func (w *world) backup() (restore func()) {
	w.Helper()
	w.must(w.db.Close())
	url := ""
	if w.engine == "postgres" {
		url = testenv.CopyPostgres(w.T, w.url)
		w.open()
	} else {
		w.open()
		file := tempFile(w.T, "backup.db")
		w.must(w.db.Backup(w.ctx, file))
		url = "sqlite:" + file
	}
	return func() {
		w.Helper()
		w.must(w.db.Close())
		w.url = url
		w.open()
		w.must(w.dispatch.Restored(w.ctx))
	}
}

// Ground's database comes back from a backup taken before a note, a diversion and what the crew
// recorded. The tablets bring all of it back; nothing is written twice and the books close.
func groundRestored(w *world) {
	w.flight(first, 4*time.Hour, eva, piet)
	one := w.complain(eva)
	fore, aft := w.tablet("fore"), w.tablet("aft")
	w.assign(first, "fore", passenger.Lead)
	w.assign(first, "aft", passenger.Cabin)
	w.sync(fore, aft)
	restore := w.backup()

	w.move(first, passenger.Off)
	w.must(w.dispatch.Move(w.ctx, first, ground.MovementUpdate{Arrival: "BOS", ETA: w.row(first).STA.Add(time.Hour)}))
	w.sync(fore, aft)
	w.record(fore, first, "14C", passenger.Acted)
	w.sync(fore, aft)
	before, sta := w.view(first), w.row(first).STA
	want(w, "outcomes before the restore", w.report(first).Acted, 1)

	restore()
	want(w, "outcomes after the restore", w.report(first).Acted, 0)
	w.sync(fore)
	want(w, "ground holds everything after one exchange", w.view(first).Vector.CoversAll(before.Vector), true)
	want(w, "outcomes", w.report(first).Acted, 1)
	want(w, "arrival", w.row(first).Arrival, "BOS")
	want(w, "schedule", w.row(first).STA.Equal(sta), true)
	w.sync(aft, fore)
	w.over(first, fore, aft)
	r := w.booksClose(first)
	want(w, "stage", r.Stage, "sealed")
	want(w, "notes", r.Compiled, 1)
	want(w, "loop", w.loop(one).State, ground.LoopReconciled)
}
