package subject_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/cases"
	"github.com/cabinloop/cabinloop/ground/dispatch"
	"github.com/cabinloop/cabinloop/ground/followup"
	"github.com/cabinloop/cabinloop/ground/store"
	"github.com/cabinloop/cabinloop/ground/subject"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/internal/testenv"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

var (
	start = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	key   = passenger.FlightKey{Carrier: "KL", Number: 641, Date: "2026-11-21", Departure: "AMS", Attempt: 1}
	eva   = ground.Account{Channel: passenger.X, ID: "9000000000000000101"}
	piet  = ground.Account{Channel: passenger.X, ID: "9000000000000000102"}
)

// world is a ground on a real database, with all its parts.
type world struct {
	*testing.T
	ctx      context.Context
	dir      string
	db       *store.DB
	now      time.Time
	log      bytes.Buffer
	dispatch *dispatch.Service
	cases    *cases.Service
	subject  *subject.Service
	followup *followup.Service
	keys     *keys.Pair // ground's own
}

func onBoth(t *testing.T, fn func(w *world)) {
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		fn(newWorld(t, dir, "sqlite:"+filepath.Join(dir, "ground.db")))
	})
	t.Run("postgres", func(t *testing.T) { fn(newWorld(t, t.TempDir(), testenv.Postgres(t))) })
}

func newWorld(t *testing.T, dir, url string) *world {
	w := &world{T: t, ctx: t.Context(), dir: dir, now: start}
	log := slog.New(slog.NewTextHandler(&w.log, nil))
	db, err := store.Open(w.ctx, url, store.Options{Now: func() time.Time { return w.now }, Log: log})
	w.must(err)
	t.Cleanup(func() { db.Close() })
	w.must(db.Migrate(w.ctx))
	w.use(db)
	return w
}

// use wires the parts over a database.
func (w *world) use(db *store.DB) {
	w.db = db
	if w.keys == nil { // one ground, whatever database it is given
		var err error
		w.keys, err = keys.Generate(rand.Reader)
		w.must(err)
	}
	w.dispatch = dispatch.New(dispatch.Config{Store: db, Rand: rand.Reader, Sign: w.keys.Signer(), Agree: w.keys.Agreer(), Log: slog.New(slog.NewTextHandler(&w.log, nil))})
	w.cases = &cases.Service{Store: db, Loops: w.dispatch, Rand: rand.Reader}
	w.followup = &followup.Service{Store: db}
	w.subject = &subject.Service{Store: db, Flights: w.dispatch, Rand: rand.Reader, Scrub: db.Scrub,
		Journal: &subject.Journal{Path: filepath.Join(w.dir, "ground.db.erasures")}}
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) tx(fn func(ground.Tx) error) { w.Helper(); w.must(w.db.InTx(w.ctx, fn)) }

// story lets Eva Jansen and Pieter de Wit book, complain and be flagged, and a tablet take the
// notes. It returns the two persons and the tablet.
func (w *world) story() (passenger.PersonID, passenger.PersonID, *tablet) {
	w.Helper()
	rows := []ground.ManifestRow{
		{Locator: "QX7K2M", Surname: "JANSEN", Given: "EVA", Title: "MS", Order: 1, Cabin: "Y", Seat: "14C", Tier: "gold", CustomerID: "C1", Accounts: []ground.Account{eva}},
		{Locator: "QX7K2N", Surname: "DEWIT", Given: "PIETER", Title: "MR", Order: 1, Cabin: "Y", Seat: "15A", CustomerID: "C2", Accounts: []ground.Account{piet}}}
	_, err := w.dispatch.ApplyManifest(w.ctx, ground.ManifestUpdate{Key: key, Arrival: "JFK", STD: start.Add(4 * time.Hour), STA: start.Add(12 * time.Hour), At: w.now, Full: true, Rows: rows})
	w.must(err)
	t := w.tablet("t1")
	var who [2]passenger.PersonID
	for i, a := range []ground.Account{eva, piet} {
		w.post(a, i+1)
		c := w.caseOf(a)
		w.tx(func(tx ground.Tx) error {
			p, _, err := tx.PersonByAccount(w.ctx, a)
			who[i] = p.ID
			return err
		})
		by := cases.Actor{Name: "agent", Role: "social"}
		w.must(w.cases.SetLink(w.ctx, c, who[i], ground.Linked, by))
		w.must(w.cases.SetConsent(w.ctx, c, passenger.ConsentYes, "yes please, says Eva or Pieter", by))
		loop, err := w.cases.Flag(w.ctx, c, ground.Edits{Words: "window seat promised"}, by)
		w.must(err)
		if loop.State != ground.LoopCompiled {
			w.Fatalf("loop is %s", loop.State)
		}
	}
	t.sync()
	return who[0], who[1], t
}

func (w *world) post(a ground.Account, n int) cases.Taken {
	w.Helper()
	taken, err := w.cases.Import(w.ctx, []passenger.Post{{Channel: a.Channel, ExternalID: fmt.Sprint("880000000000000000", n), AuthorID: a.ID,
		AuthorName: "Eva or Pieter", AuthorHandle: "windmill_fan", Text: "terrible service, the meal on KL0701 was cold, even the stroopwafel", Lang: "en",
		CreatedAt: start.Add(-24 * time.Hour), Raw: []byte(`{"text":"terrible service, the meal on KL0701 was cold, even the stroopwafel"}`)}}, nil)
	w.must(err)
	return taken
}

func (w *world) caseOf(a ground.Account) (id passenger.CaseID) {
	w.Helper()
	w.tx(func(tx ground.Tx) error {
		ids, err := tx.CasesOfAccount(w.ctx, a)
		if len(ids) != 1 {
			w.Fatalf("%d cases of the account", len(ids))
		}
		id = ids[0]
		return err
	})
	return id
}

func (w *world) flight() (f ground.Flight) {
	w.Helper()
	w.must(w.db.Read(w.ctx, func(tx ground.Tx) (err error) { f, err = tx.FlightByKey(w.ctx, key); return err }))
	return f
}

func (w *world) report() followup.Report {
	w.Helper()
	r, err := w.followup.Report(w.ctx, w.flight().ID)
	w.must(err)
	return r
}

// groundHolds reports whether an op of the flight holds words.
func (w *world) groundHolds(words string) (found bool) {
	w.Helper()
	w.must(w.db.Read(w.ctx, func(tx ground.Tx) error {
		st, err := tx.Lanes(w.ctx, w.flight().ID).State()
		if err != nil {
			return err
		}
		for a := range st.Vector() {
			if err := tx.Lanes(w.ctx, w.flight().ID).Ops(flightsync.Author(a), 1, func(o flightsync.Op) bool {
				found = found || bytes.Contains(o.Body, []byte(words))
				return true
			}); err != nil {
				return err
			}
		}
		return nil
	}))
	return found
}

// tablet is a replica that exchanges with ground and obeys erase ops as the purser's program does.
type tablet struct {
	*world
	id    passenger.TabletID
	keys  *keys.Pair
	store *flightsync.Memory
	rep   *flightsync.Replica
	talk  flightsync.Talk
	nonce byte
}

func (w *world) tablet(name string) *tablet {
	w.Helper()
	t := &tablet{world: w, id: uuid.New(), store: flightsync.NewMemory()}
	var err error
	t.keys, err = keys.Generate(rand.Reader)
	w.must(err)
	w.tx(func(tx ground.Tx) error {
		return tx.InsertTablet(w.ctx, ground.Tablet{ID: t.id, Name: name, CreatedAt: w.now, EnrolledAt: w.now,
			SignKey: t.keys.Signer().Public(), AgreeKey: t.keys.Agreer().Public()})
	})
	w.must(w.dispatch.Assign(w.ctx, key, name, passenger.Lead, "", false))
	w.must(t.store.Apply(flightsync.Create(w.flight().ID, flightsync.Nobody, flightsync.Incarnation{1, name[1]},
		flightsync.PublicKey{Alg: flightsync.ES256, Bytes: string(w.keys.Signer().Public())})))
	t.rep, err = flightsync.Load(t.store, func(_ flightsync.Algorithm, public, msg, sig []byte) bool { return keys.Verify(public, msg, sig) })
	w.must(err)
	return t
}

func (t *tablet) step(ev flightsync.Event) flightsync.Ready {
	t.Helper()
	ready, err := t.rep.Step(ev)
	t.must(err)
	t.must(t.rep.Sign(&ready, t.keys.Signer().Sign))
	t.must(t.store.Apply(ready.Batch))
	return ready
}

func (t *tablet) sync() {
	t.Helper()
	for range 10 {
		req := t.step(t.talk.Ask(0, 0)).Request
		res, err := t.dispatch.Exchange(t.ctx, t.id, *req)
		t.must(err)
		ready := t.step(flightsync.Receive{Runs: res.Runs, Receipts: res.Receipts, Peer: res.Have, Have: true, Salt: [8]byte{1, t.nonce}})
		t.talk.Heard(res, ready, t.rep.State())
		var dots []flightsync.Dot
		t.must(t.store.Ops(flightsync.Admin, 1, func(o flightsync.Op) bool {
			if o.Header.Kind == flightsync.KindErase {
				dots = append(dots, o.Header.Over...)
			}
			return true
		}))
		t.step(flightsync.EraseBodies{Dots: dots})
		if t.talk.Done(t.rep.State()) {
			return
		}
	}
	t.Fatal("the exchange does not come to an end")
}

// record taps an outcome on the note of a seat.
func (t *tablet) record(seat passenger.Seat, f passenger.Feedback) {
	t.Helper()
	v, err := flightsync.FoldStorage(t.store)
	t.must(err)
	for _, n := range v.Notes {
		if n.Note.Seat == seat && n.Retracted == "" {
			t.nonce++
			t.step(flightsync.Write{Author: t.rep.State().Me, Salts: make([][8]byte, 2), Now: t.now, Drafts: []flightsync.Draft{
				flightsync.SeenDraft(n.Dot), flightsync.OutcomeDraft(n.Dot, n.Note.Traveller, f, n.HeadDots(), [8]byte{t.nonce})}})
			return
		}
	}
	t.Fatalf("no standing note at %s", seat)
}
