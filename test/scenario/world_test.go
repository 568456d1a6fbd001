package scenario_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/auth"
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
	start  = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	first  = passenger.FlightKey{Carrier: "KL", Number: 641, Date: "2026-11-21", Departure: "AMS", Attempt: 1}
	second = passenger.FlightKey{Carrier: "KL", Number: 642, Date: "2026-11-22", Departure: "JFK", Attempt: 1}
	agent  = cases.Actor{Name: "agent", Role: "social"}
)

// The travellers that every scenario has.
var (
	eva  = traveller{"C1", "JANSEN", "EVA", "14C", 1}
	piet = traveller{"C2", "DEWIT", "PIETER", "15A", 2}
)

type traveller struct {
	customer, surname, given string
	seat                     passenger.Seat
	n                        int
}

func (x traveller) account() ground.Account {
	return ground.Account{Channel: passenger.X, ID: fmt.Sprint("900000000000000010", x.n)}
}

func (x traveller) row() ground.ManifestRow {
	return ground.ManifestRow{Locator: "QX7K2" + x.customer, Surname: x.surname, Given: x.given, Title: "MX", Order: 1, Cabin: "Y", Seat: x.seat,
		CustomerID: x.customer, Accounts: []ground.Account{x.account()}}
}

// world is a whole ground on a real database behind the real handlers, with a clock, a cabin LAN and
// tablets.
type world struct {
	*testing.T
	ctx    context.Context
	engine string // of ground's database: sqlite, postgres
	kind   string // of the tablets' stores: memory, badger
	url    string
	dir    string
	keys   *keys.Pair // ground's own
	client *http.Client
	lan    lan

	db       *store.DB
	dispatch *dispatch.Service
	cases    *cases.Service
	followup *followup.Service
	subject  *subject.Service
	auth     *auth.Tablets

	mu      sync.Mutex
	passed  time.Duration
	began   time.Time
	handler http.Handler
	log     logged
}

func newWorld(t *testing.T, engine, kind string) *world {
	w := &world{T: t, ctx: t.Context(), engine: engine, kind: kind, dir: t.TempDir(), began: time.Now()}
	w.url = "sqlite:" + filepath.Join(w.dir, "ground.db")
	if engine == "postgres" {
		w.url = testenv.Postgres(t)
	}
	var err error
	w.keys, err = keys.Generate(rand.Reader)
	w.must(err)
	w.client = crewtest.ServeHandler(t, w)
	w.open()
	t.Cleanup(func() { w.db.Close() })
	return w
}

// open starts the ground on its database.
func (w *world) open() {
	w.Helper()
	log := slog.New(slog.NewTextHandler(&w.log, nil))
	db, err := store.Open(w.ctx, w.url, store.Options{Now: w.now, Log: log})
	w.must(err)
	w.must(db.Migrate(w.ctx))
	w.db = db
	w.dispatch = dispatch.New(dispatch.Config{Store: db, Rand: rand.Reader, Log: log, Sign: w.keys.Signer(), Agree: w.keys.Agreer()})
	w.cases = &cases.Service{Store: db, Loops: w.dispatch, Rand: rand.Reader}
	w.followup = &followup.Service{Store: db}
	w.subject = &subject.Service{Store: db, Flights: w.dispatch, Rand: rand.Reader, Scrub: db.Scrub}
	w.auth = &auth.Tablets{Store: db, Rand: rand.Reader, Dispatch: w.dispatch, Ground: passenger.PublicKeys{Sign: w.keys.Signer().Public(), Agree: w.keys.Agreer().Public()}}
	mux := http.NewServeMux()
	mux.Handle(crewapi.NewHandler(struct {
		*auth.Tablets
		*dispatch.Service
	}{w.auth, w.dispatch}, crewapi.Options{Now: w.now, Log: log}))
	w.mu.Lock()
	w.handler = mux
	w.mu.Unlock()
}

// ServeHTTP goes to the ground that runs now.
func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	h := w.handler
	w.mu.Unlock()
	h.ServeHTTP(rw, r)
}

// now runs, and jumps where a scenario says so.
func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return start.Add(w.passed + time.Since(w.began))
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.passed += d
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) read(fn func(ground.Tx) error) { w.Helper(); w.must(w.db.Read(w.ctx, fn)) }

// flight makes a flight that departs in so long with these travellers, or replaces its list.
func (w *world) flight(k passenger.FlightKey, in time.Duration, who ...traveller) {
	w.Helper()
	std := w.now().Add(in).Truncate(time.Minute)
	u := ground.ManifestUpdate{Key: k, Arrival: "JFK", STD: std, STA: std.Add(8 * time.Hour), At: w.now(), Full: true}
	for _, x := range who {
		u.Rows = append(u.Rows, x.row())
	}
	_, err := w.dispatch.ApplyManifest(w.ctx, u)
	w.must(err)
}

// complain lets a traveller complain, and an agent tell the crew of their next flight.
func (w *world) complain(x traveller) passenger.LoopID {
	w.Helper()
	_, err := w.cases.Import(w.ctx, []passenger.Post{{Channel: passenger.X, ExternalID: fmt.Sprint("88000000000000000", x.n), AuthorID: x.account().ID,
		AuthorName: x.given, AuthorHandle: "windmill_fan", Text: "the meal on KL0701 was cold, even the stroopwafel", Lang: "en",
		CreatedAt: w.now().Add(-24 * time.Hour), Raw: []byte(`{"text":"the meal on KL0701 was cold, even the stroopwafel"}`)}}, nil)
	w.must(err)
	var c passenger.CaseID
	var p ground.Person
	w.read(func(tx ground.Tx) error {
		ids, err := tx.CasesOfAccount(w.ctx, x.account())
		if err == nil && len(ids) == 1 {
			c = ids[0]
			p, _, err = tx.PersonByAccount(w.ctx, x.account())
		}
		return err
	})
	w.must(w.cases.SetLink(w.ctx, c, p.ID, ground.Linked, agent))
	w.must(w.cases.SetConsent(w.ctx, c, passenger.ConsentYes, "yes please", agent))
	loop, err := w.cases.Flag(w.ctx, c, ground.Edits{}, agent)
	w.must(err)
	return loop.ID
}

func (w *world) person(x traveller) (p ground.Person) {
	w.Helper()
	w.read(func(tx ground.Tx) (err error) { p, _, err = tx.PersonByAccount(w.ctx, x.account()); return err })
	return p
}

func (w *world) loop(id passenger.LoopID) (l ground.Loop) {
	w.Helper()
	w.read(func(tx ground.Tx) (err error) { l, err = tx.Loop(w.ctx, id); return err })
	return l
}

func (w *world) row(k passenger.FlightKey) (f ground.Flight) {
	w.Helper()
	w.read(func(tx ground.Tx) (err error) { f, err = tx.FlightByKey(w.ctx, k); return err })
	return f
}

func (w *world) report(k passenger.FlightKey) followup.Report {
	w.Helper()
	r, err := w.followup.Report(w.ctx, w.row(k).ID)
	w.must(err)
	return r
}

// view is what ground knows of a flight.
func (w *world) view(k passenger.FlightKey) *flightsync.View {
	w.Helper()
	v, err := w.dispatch.View(w.ctx, w.row(k).ID)
	w.must(err)
	return v
}

func (w *world) move(k passenger.FlightKey, m passenger.Movement) {
	w.Helper()
	w.must(w.dispatch.Move(w.ctx, k, ground.MovementUpdate{Fact: flightsync.MovementFact{Word: m, At: w.now()}}))
}

func (w *world) assign(k passenger.FlightKey, name string, role passenger.Role) {
	w.Helper()
	w.must(w.dispatch.Assign(w.ctx, k, name, role, "", false))
}

// holds reports whether a database file or row of ground holds words: every op body of a flight.
func (w *world) holds(k passenger.FlightKey, words string) (found bool) {
	w.Helper()
	w.read(func(tx ground.Tx) (err error) { found, err = inBodies(tx.Lanes(w.ctx, w.row(k).ID), words); return err })
	return found
}

// want fails unless got is want.
func want[T comparable](w *world, what string, got, want T) {
	w.Helper()
	if got != want {
		w.Errorf("%s: %v, want %v", what, got, want)
	}
}

// booksClose fails unless every sum of the flight closes and ground holds all that was issued.
func (w *world) booksClose(k passenger.FlightKey) followup.Report {
	w.Helper()
	r := w.report(k)
	if !r.SumsClose {
		w.Errorf("the books of %s do not close: %+v", k, r)
	}
	return r
}

// clean fails when the ground's log names anybody.
func (w *world) clean() {
	w.Helper()
	for _, word := range []string{eva.surname, piet.surname, "Jansen", "stroopwafel", "windmill_fan"} {
		if w.log.has(word) {
			w.Errorf("ground's log holds %q", word)
		}
	}
}

func tempFile(t *testing.T, name string) string { return filepath.Join(t.TempDir(), name) }

func exists(path string) bool { _, err := os.Stat(path); return err == nil }
