package dispatch_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/dispatch"
	"github.com/cabinloop/cabinloop/ground/followup"
	"github.com/cabinloop/cabinloop/ground/store"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/internal/testenv"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

var start = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

// world is a ground on a real database, with tablets that are bare replicas.
type world struct {
	testing.TB
	ctx      context.Context
	db       *store.DB
	now      time.Time
	dispatch *dispatch.Service
	followup *followup.Service
	log      *bytes.Buffer
	keys     *keys.Pair // ground's own
}

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, fn func(w *world)) {
	t.Run("sqlite", func(t *testing.T) { fn(newWorld(t, "sqlite:"+filepath.Join(t.TempDir(), "ground.db"))) })
	t.Run("postgres", func(t *testing.T) { fn(newWorld(t, testenv.Postgres(t))) })
}

func newWorld(t testing.TB, url string) *world {
	w := &world{TB: t, ctx: t.Context(), now: start, log: &bytes.Buffer{}}
	log := slog.New(slog.NewTextHandler(w.log, nil))
	var err error
	if w.db, err = store.Open(w.ctx, url, store.Options{Now: func() time.Time { return w.now }, Log: log}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.db.Close() })
	w.must(w.db.Migrate(w.ctx))
	w.keys, err = keys.Generate(rand.Reader)
	w.must(err)
	w.dispatch = dispatch.New(dispatch.Config{Store: w.db, Rand: rand.Reader, Log: log, Sign: w.keys.Signer(), Agree: w.keys.Agreer()})
	w.followup = &followup.Service{Store: w.db}
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) tx(fn func(ground.Tx) error) {
	w.Helper()
	w.must(w.db.InTx(w.ctx, fn))
}

func key(designator string, date, dep string) passenger.FlightKey {
	c, n, s, err := passenger.ParseDesignator(designator)
	if err != nil {
		panic(err)
	}
	return passenger.FlightKey{Carrier: c, Number: n, Suffix: s, Date: date, Departure: dep, Attempt: 1}
}

var (
	first  = key("KL0641", "2026-11-21", "AMS")
	second = key("KL0605", "2026-11-22", "AMS")
)

func row(customer, surname, seat string) ground.ManifestRow {
	return ground.ManifestRow{Locator: "ABC" + customer, Surname: surname, Given: "JO", Title: "MS", Order: 1, Cabin: "Y", Seat: passenger.Seat(seat), CustomerID: customer}
}

// flight makes or changes a flight with these travellers.
func (w *world) flight(k passenger.FlightKey, std time.Time, full bool, rows ...ground.ManifestRow) ground.ManifestResult {
	w.Helper()
	res, err := w.dispatch.ApplyManifest(w.ctx, ground.ManifestUpdate{Key: k, Arrival: "JFK", STD: std, STA: std.Add(8 * time.Hour), At: w.now, Full: full, Rows: rows})
	w.must(err)
	return res
}

// loop flags a case about a person who said yes.
func (w *world) loop(customer string, topic passenger.Topic) ground.Loop {
	w.Helper()
	l := w.loopWaits(customer, topic)
	w.must(w.dispatch.Evaluate(w.ctx, l.ID))
	return w.read(l.ID)
}

// loopWaits is loop before anything looks at it.
func (w *world) loopWaits(customer string, topic passenger.Topic) ground.Loop {
	w.Helper()
	c := ground.Case{ID: uuid.New(), Channel: passenger.X, AccountID: customer, Topic: topic, Severity: passenger.Serious, Lang: "en", Negative: true,
		Status: ground.CaseOpen, OpenedAt: w.now, LastPostAt: w.now, DueAt: w.now, Posts: 1, Flight: "KL0701", Day: "2026-11-12"}
	l := ground.Loop{ID: uuid.New(), Case: c.ID, State: ground.LoopWaiting, FlaggedBy: "agent", FlaggedAt: w.now, ExpiresAt: w.now.Add(passenger.LoopLife)}
	w.tx(func(tx ground.Tx) error {
		p, ok, err := tx.PersonByCustomer(w.ctx, customer)
		if err != nil || !ok {
			w.Fatalf("person of customer %s: %v %v", customer, ok, err)
		}
		if err := tx.InsertCase(w.ctx, c); err != nil {
			return err
		}
		if err := tx.SetLink(w.ctx, ground.Link{Case: c.ID, Person: p.ID, Score: 1, State: ground.Linked, At: w.now}); err != nil {
			return err
		}
		if err := tx.SetConsent(w.ctx, ground.ConsentRecord{Person: p.ID, Answer: passenger.ConsentYes, At: w.now}); err != nil {
			return err
		}
		if err := tx.InsertLoop(w.ctx, l); err != nil {
			return err
		}
		return tx.AddTransition(w.ctx, ground.Transition{Loop: l.ID, Role: "social", To: "flagged", Evidence: "case x"})
	})
	return l
}

func (w *world) read(id passenger.LoopID) (l ground.Loop) {
	w.Helper()
	w.must(w.db.Read(w.ctx, func(tx ground.Tx) (err error) { l, err = tx.Loop(w.ctx, id); return err }))
	return l
}

func (w *world) flightRow(k passenger.FlightKey) (f ground.Flight) {
	w.Helper()
	w.must(w.db.Read(w.ctx, func(tx ground.Tx) (err error) { f, err = tx.FlightByKey(w.ctx, k); return err }))
	return f
}

func (w *world) report(k passenger.FlightKey) followup.Report {
	w.Helper()
	r, err := w.followup.Report(w.ctx, w.flightRow(k).ID)
	w.must(err)
	return r
}

func (w *world) move(k passenger.FlightKey, m passenger.Movement) {
	w.Helper()
	w.must(w.dispatch.Move(w.ctx, k, ground.MovementUpdate{Fact: flightsync.MovementFact{Word: m, At: w.now}}))
}

// tablet is a replica that exchanges with ground as the purser's program does.
type tablet struct {
	*world
	id    passenger.TabletID
	keys  *keys.Pair
	key   passenger.FlightKey
	store *flightsync.Memory
	rep   *flightsync.Replica
	talk  flightsync.Talk
	nonce byte
	// entries counts what [tablet.outcomes] recorded.
	entries int
}

func (w *world) tablet(name string, k passenger.FlightKey, role passenger.Role) *tablet {
	w.Helper()
	t := &tablet{world: w, id: uuid.New(), key: k, store: flightsync.NewMemory()}
	var err error
	t.keys, err = keys.Generate(rand.Reader)
	w.must(err)
	w.tx(func(tx ground.Tx) error {
		return tx.InsertTablet(w.ctx, ground.Tablet{ID: t.id, Name: name, CreatedAt: w.now, EnrolledAt: w.now,
			SignKey: t.keys.Signer().Public(), AgreeKey: t.keys.Agreer().Public()})
	})
	w.must(w.dispatch.Assign(w.ctx, k, name, role, "", false))
	var inc flightsync.Incarnation
	copy(inc[:], name)
	w.must(t.store.Apply(flightsync.Create(w.flightRow(k).ID, flightsync.Nobody, inc,
		flightsync.PublicKey{Alg: flightsync.ES256, Bytes: string(w.keys.Signer().Public())})))
	t.reload()
	return t
}

func (t *tablet) reload() {
	t.Helper()
	var err error
	t.rep, err = flightsync.Load(t.store, func(_ flightsync.Algorithm, public, msg, sig []byte) bool { return keys.Verify(public, msg, sig) })
	t.must(err)
}

func (t *tablet) step(ev flightsync.Event) flightsync.Ready {
	t.Helper()
	ready, err := t.rep.Step(ev)
	t.must(err)
	t.must(t.rep.Sign(&ready, t.keys.Signer().Sign))
	t.must(t.store.Apply(ready.Batch))
	return ready
}

// sync exchanges until nothing is left to say.
func (t *tablet) sync() {
	t.Helper()
	for range 10 {
		req := t.step(t.talk.Ask(0, 0)).Request
		res, err := t.dispatch.Exchange(t.ctx, t.id, *req)
		t.must(err)
		t.heard(res)
		if t.talk.Done(t.rep.State()) {
			return
		}
	}
	t.Fatal("the exchange does not come to an end")
}

// heard takes ground's answer.
func (t *tablet) heard(res flightsync.Response) {
	t.Helper()
	ready := t.step(flightsync.Receive{Runs: res.Runs, Receipts: res.Receipts, Peer: res.Have, Have: true, Salt: [8]byte{1, t.nonce}})
	t.talk.Heard(res, ready, t.rep.State())
}

func (t *tablet) write(ds ...flightsync.Draft) []flightsync.Dot {
	t.Helper()
	salts := make([][flightsync.SaltSize]byte, len(ds))
	for i := range salts {
		t.nonce++
		salts[i] = [8]byte{t.nonce}
	}
	return t.step(flightsync.Write{Author: t.rep.State().Me, Drafts: ds, Salts: salts, Now: t.now}).Changed
}

func (t *tablet) view() *flightsync.View {
	t.Helper()
	v, err := flightsync.FoldStorage(t.store)
	t.must(err)
	return v
}

// record taps an outcome on the only standing note of a traveller's seat.
func (t *tablet) record(seat passenger.Seat, f passenger.Feedback) {
	t.Helper()
	for _, n := range t.view().Notes {
		if n.Note.Seat == seat && n.Retracted == "" {
			t.write(flightsync.SeenDraft(n.Dot), flightsync.OutcomeDraft(n.Dot, n.Note.Traveller, f, n.HeadDots(), [8]byte{t.nonce + 1}))
			return
		}
	}
	t.Fatalf("no standing note at %s", seat)
}
