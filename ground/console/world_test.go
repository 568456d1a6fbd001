package console_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/auth"
	"github.com/cabinloop/cabinloop/ground/cases"
	"github.com/cabinloop/cabinloop/ground/console"
	"github.com/cabinloop/cabinloop/ground/dispatch"
	"github.com/cabinloop/cabinloop/ground/followup"
	"github.com/cabinloop/cabinloop/ground/store"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

var start = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

const password = "a long enough password"

// world is a console over real services on a real database.
type world struct {
	testing.TB
	ctx       context.Context
	db        *store.DB
	clock     *clock
	dispatch  *dispatch.Service
	cases     *cases.Service
	followups *followup.Service
	users     *auth.Users
	url       string
	log       *bytes.Buffer
	keys      *keys.Pair // ground's own
	ends      time.Time  // of ground's certificate, when that is near
	bad       bool       // what lies in its files cannot be served
}

// clock is read by handlers while a test moves it.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

type syncWriter struct {
	mu sync.Mutex
	b  *bytes.Buffer
}

func (w *syncWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{TB: t, ctx: t.Context(), clock: &clock{t: start}, log: &bytes.Buffer{}}
	log := slog.New(slog.NewTextHandler(&syncWriter{b: w.log}, nil))
	db, err := store.Open(w.ctx, "sqlite:"+filepath.Join(t.TempDir(), "ground.db"), store.Options{Now: w.clock.now, Log: log})
	w.must(err)
	t.Cleanup(func() { db.Close() })
	w.must(db.Migrate(w.ctx))
	w.db = db
	pair, err := keys.Generate(rand.Reader)
	w.must(err)
	w.keys = pair
	w.dispatch = dispatch.New(dispatch.Config{Store: db, Rand: rand.Reader, Log: log, Sign: pair.Signer(), Agree: pair.Agreer()})
	w.cases = &cases.Service{Store: db, Loops: w.dispatch, Rand: rand.Reader}
	w.followups = &followup.Service{Store: db}
	w.users = &auth.Users{Store: db, Rand: rand.Reader}
	h, err := console.New(console.Config{Store: db, Sessions: db.Sessions(), Cases: w.cases, Dispatch: w.dispatch, FollowUps: w.followups,
		Users: w.users, Tablets: &auth.Tablets{Store: db, Rand: rand.Reader, Dispatch: w.dispatch}, Now: w.clock.now, Rand: rand.Reader, Log: log,
		Certificate: func() (time.Time, bool) { return w.ends, w.bad }})
	w.must(err)
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	w.url = s.URL
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) read(fn func(ground.Tx) error) {
	w.Helper()
	w.must(w.db.Read(w.ctx, fn))
}

// browser is one person's browser: it keeps cookies and does not follow redirects.
type browser struct {
	*world
	http *http.Client
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	w.must(err)
	return &browser{w, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// page is an answer, read whole.
type page struct {
	status int
	body   string
	header http.Header
}

func (b *browser) do(r *http.Request) page {
	b.Helper()
	res, err := b.http.Do(r)
	b.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	b.must(err)
	return page{res.StatusCode, string(body), res.Header}
}

func (b *browser) get(path string, header ...string) page {
	b.Helper()
	r, err := http.NewRequestWithContext(b.ctx, http.MethodGet, b.url+path, nil)
	b.must(err)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return b.do(r)
}

func (b *browser) post(path string, form url.Values, header ...string) page {
	b.Helper()
	r, err := http.NewRequestWithContext(b.ctx, http.MethodPost, b.url+path, strings.NewReader(form.Encode()))
	b.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return b.do(r)
}

// done posts a form that must lead somewhere and returns where.
func (b *browser) done(path string, form url.Values) string {
	b.Helper()
	p := b.post(path, form)
	if p.status != http.StatusSeeOther {
		b.Fatalf("POST %s: status %d, want 303:\n%s", path, p.status, p.body)
	}
	return p.header.Get("Location")
}

// user makes an account whose password was changed, and signs it in.
func (w *world) user(name string, roles ...string) *browser {
	w.Helper()
	_, err := w.users.Add(w.ctx, name, roles, "test")
	w.must(err)
	var u ground.User
	w.read(func(tx ground.Tx) (err error) { u, err = tx.UserByName(w.ctx, name); return err })
	w.must(w.users.SetPassword(w.ctx, u.ID, password))
	return w.signIn(name)
}

func (w *world) signIn(name string) *browser {
	w.Helper()
	b := w.browser()
	b.done("/sign-in", url.Values{"name": {name}, "password": {password}})
	return b
}

func key(designator, date, dep string) passenger.FlightKey {
	c, n, s, err := passenger.ParseDesignator(designator)
	if err != nil {
		panic(err)
	}
	return passenger.FlightKey{Carrier: c, Number: n, Suffix: s, Date: date, Departure: dep, Attempt: 1}
}

// person is somebody with a seat, and the post they wrote, when they did.
type person struct {
	customer, surname, given, title, seat, tier string
	handle, lang, text                          string
}

var people = []person{
	{"100", "DE VRIES", "ANNA", "MS", "4C", "Platinum", "annadevries", "en", "My meal on KL0643 was ice cold on 12 November. Really disappointed @airline"},
	{"101", "OKAFOR", "CHIDI", "MR", "14A", "Gold", "chidi_okafor", "en", "Broken seat on KL0887 last week, 10 hours upright. Unacceptable."},
	{"102", "JANSEN", "PIETER", "MR", "21F", "", "pjansen", "nl", "Vlucht KL1234 uren vertraagd op 14 november, aansluiting gemist. Heel slecht."},
	{"103", "MÜLLER", "GRETA", "MRS", "2A", "Platinum", "gretamueller", "de", "Mein Koffer ist seit drei Tagen verschwunden. KL1791, furchtbarer Service."},
	{"104", "SILVA", "MARIA", "MS", "33C", "", "mariasilva", "pt", "Tela quebrada no voo KL0791, 10 horas sem nada para assistir. Horrível!"},
}

var first = key("KL0641", "2026-11-21", "AMS")

// seed gives the world flights, travellers and posts.
func (w *world) seed() {
	w.Helper()
	flight := func(k passenger.FlightKey, to string, std time.Time, doubt string, ps []person) {
		var rows []ground.ManifestRow
		for _, p := range ps {
			rows = append(rows, ground.ManifestRow{Locator: "ABC" + p.customer, Surname: p.surname, Given: p.given, Title: p.title, Order: 1, Cabin: "Y",
				Seat: passenger.Seat(p.seat), Tier: p.tier, CustomerID: p.customer})
		}
		_, err := w.dispatch.ApplyManifest(w.ctx, ground.ManifestUpdate{Key: k, Arrival: to, STD: std, STA: std.Add(8 * time.Hour), At: w.clock.now().Add(-40 * time.Minute), Full: true, Doubt: doubt, Rows: rows})
		w.must(err)
	}
	flight(first, "JFK", start.Add(4*time.Hour), "", people)
	flight(key("KL0605", "2026-11-22", "AMS"), "SFO", start.Add(28*time.Hour), "totals", people[:2])
	flight(key("KL1001", "2026-11-21", "AMS"), "LHR", start.Add(-2*time.Hour), "", people[3:])
	flight(key("KL0868", "2026-11-20", "KIX"), "AMS", start.Add(-20*time.Hour), "", people[3:])
	w.must(w.dispatch.Move(w.ctx, key("KL1001", "2026-11-21", "AMS"), ground.MovementUpdate{Fact: flightsync.MovementFact{Word: passenger.Off, At: start.Add(-time.Hour)}}))
	w.must(w.dispatch.Move(w.ctx, key("KL0868", "2026-11-20", "KIX"), ground.MovementUpdate{Fact: flightsync.MovementFact{Word: passenger.In, At: start.Add(-9 * time.Hour)}}))
	var posts []passenger.Post
	for i, p := range people {
		posts = append(posts, passenger.Post{Channel: passenger.X, ExternalID: "p" + p.customer, AuthorID: "u" + p.customer, AuthorName: p.given + " " + p.surname,
			AuthorHandle: p.handle, Text: p.text, Lang: p.lang, CreatedAt: start.Add(-time.Duration(10-i) * time.Minute), URL: "https://x.example/" + p.handle})
	}
	posts = append(posts,
		passenger.Post{Channel: passenger.Facebook, ExternalID: "f1", AuthorID: "f1", AuthorName: "Sam Lee", Text: "Lovely crew on KL0606, thank you!", Lang: "en", CreatedAt: start.Add(-3 * time.Minute)},
		passenger.Post{Channel: passenger.X, ExternalID: "h1", AuthorID: "h1", AuthorName: "\u202Eevil <b>", AuthorHandle: "<img src=x>",
			Text: "<script>alert(1)</script> terrible delay \u202Egnp.exe\u202C on KL0641 see javascript:alert(1) I am diabetic", Lang: "en", CreatedAt: start.Add(-2 * time.Minute), URL: "javascript:alert(2)"})
	_, err := w.cases.Import(w.ctx, posts, nil)
	w.must(err)
}

// caseOf finds the case of a post.
func (w *world) caseOf(c passenger.Channel, external string) (id passenger.CaseID) {
	w.Helper()
	w.read(func(tx ground.Tx) (err error) {
		var ok bool
		id, ok, err = tx.CaseOfPost(w.ctx, c, external)
		if !ok {
			w.Fatalf("no case of post %s", external)
		}
		return err
	})
	return id
}

// personOf finds the person of a customer number.
func (w *world) personOf(customer string) (p ground.Person) {
	w.Helper()
	w.read(func(tx ground.Tx) (err error) {
		p, _, err = tx.PersonByCustomer(w.ctx, customer)
		return err
	})
	return p
}

func (w *world) flightRow(k passenger.FlightKey) (f ground.Flight) {
	w.Helper()
	w.read(func(tx ground.Tx) (err error) { f, err = tx.FlightByKey(w.ctx, k); return err })
	return f
}

// tablet is a replica that exchanges with ground as the purser's program does.
type tablet struct {
	*world
	id    passenger.TabletID
	keys  *keys.Pair
	store *flightsync.Memory
	rep   *flightsync.Replica
	talk  flightsync.Talk
	nonce byte
}

func (w *world) tablet(name string, k passenger.FlightKey, role passenger.Role) *tablet {
	w.Helper()
	t := &tablet{world: w, id: uuid.New(), store: flightsync.NewMemory()}
	var err error
	t.keys, err = keys.Generate(rand.Reader)
	w.must(err)
	w.must(w.db.InTx(w.ctx, func(tx ground.Tx) error {
		return tx.InsertTablet(w.ctx, ground.Tablet{ID: t.id, Name: name, CreatedAt: tx.Now(), EnrolledAt: tx.Now(),
			SignKey: t.keys.Signer().Public(), AgreeKey: t.keys.Agreer().Public()})
	}))
	w.must(w.dispatch.Assign(w.ctx, k, name, role, "", false))
	var inc flightsync.Incarnation
	copy(inc[:], name)
	w.must(t.store.Apply(flightsync.Create(w.flightRow(k).ID, flightsync.Nobody, inc,
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
		if t.talk.Done(t.rep.State()) {
			return
		}
	}
	t.Fatal("the exchange does not come to an end")
}

func (t *tablet) write(ds ...flightsync.Draft) {
	t.Helper()
	salts := make([][flightsync.SaltSize]byte, len(ds))
	for i := range salts {
		t.nonce++
		salts[i] = [8]byte{t.nonce}
	}
	t.step(flightsync.Write{Author: t.rep.State().Me, Drafts: ds, Salts: salts, Now: t.clock.now()})
}

// record sees the standing notes and records f on each.
func (t *tablet) record(f passenger.Feedback) {
	t.Helper()
	v, err := flightsync.FoldStorage(t.store)
	t.must(err)
	n := 0
	for _, note := range v.Notes {
		if note.Retracted != "" {
			continue
		}
		n++
		t.nonce++
		t.write(flightsync.SeenDraft(note.Dot), flightsync.OutcomeDraft(note.Dot, note.Note.Traveller, f, note.HeadDots(), [8]byte{t.nonce}))
	}
	if n == 0 {
		t.Fatal("the tablet has no standing note")
	}
}
