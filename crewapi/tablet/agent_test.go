package tablet

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

var t0 = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

const key = "KL0641/2026-11-21/AMS"

// world is a ground, a clock and tablets.
type world struct {
	*testing.T
	ground *crewtest.Ground
	http   *http.Client
	log    syncBuffer

	mu  sync.Mutex
	now time.Time
	up  time.Duration // since the machine started
	run string        // which start that was
	off time.Duration // of the tablets' own clocks
	n   uint64
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string { s.mu.Lock(); defer s.mu.Unlock(); return s.b.String() }

func newWorld(t *testing.T) *world {
	w := &world{T: t, now: t0}
	w.ground = crewtest.New(t, w.clock)
	w.http = crewtest.Serve(t, w.ground)
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now, w.up = w.now.Add(d), w.up+d
}

// wrong sets the tablets' own clocks off by d; ground's stays.
func (w *world) wrong(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.off = d
}

func (w *world) wall() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now.Add(w.off)
}

// reboot starts the machine of the tablets again.
func (w *world) reboot() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.run, w.up = w.run+"'", 0
}

func (w *world) boot() (string, time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.run, w.up
}

func (w *world) nonce() (n [8]byte) {
	w.n++
	binary.BigEndian.PutUint64(n[:], w.n)
	return n
}

func (w *world) open(dir string) *Agent {
	w.Helper()
	a, err := Open(Config{Dir: dir, Now: w.wall, Boot: w.boot, Rand: rand.Reader, HTTP: w.http,
		Log: slog.New(slog.NewTextHandler(io.MultiWriter(&w.log, w.Output()), &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { a.Close() })
	return a
}

// tablet enrols a new tablet.
func (w *world) tablet() *Agent {
	w.Helper()
	a := w.open(w.TempDir())
	code := fmt.Sprintf("code-%d", w.nonce())
	w.ground.Code(code)
	if err := a.Enrol(w.Context(), crewtest.URL, code, "galley"); err != nil {
		w.Fatal(err)
	}
	return a
}

func (w *world) sync(a *Agent) SyncReport {
	w.Helper()
	rep, err := a.Sync(w.Context())
	if err != nil || len(rep.Problems) > 0 {
		w.Fatalf("sync: %+v, %v", rep, err)
	}
	return rep
}

func (w *world) page(a *Agent) FlightPage {
	w.Helper()
	p, err := a.Flight(w.Context(), key)
	if err != nil {
		w.Fatal(err)
	}
	return p
}

func (w *world) record(a *Agent, note flightsync.Dot, fb passenger.Feedback) NoteCard {
	w.Helper()
	card, err := a.Record(w.Context(), w.entry(note, fb))
	if err != nil {
		w.Fatal(err)
	}
	return card
}

func (w *world) entry(note flightsync.Dot, fb passenger.Feedback) Entry {
	k, err := passenger.ParseFlightKey(key)
	if err != nil {
		w.Fatal(err)
	}
	return Entry{Flight: k, Note: note, Nonce: w.nonce(), Feedback: fb}
}

// reopen ends the agent and opens its directory again. For an agent that is killed, see killed.
func (w *world) reopen(a *Agent) *Agent {
	w.Helper()
	if err := a.Close(); err != nil {
		w.Fatal(err)
	}
	return w.open(a.Dir)
}

// reopenFull starts the program again on a disk that is full.
func (w *world) reopenFull(a *Agent) *Agent {
	w.Helper()
	if err := a.Close(); err != nil {
		w.Fatal(err)
	}
	c := a.Config
	c.Floor = 1 << 60
	full, err := Open(c)
	if err != nil {
		w.Fatal(err)
	}
	return full
}

var acted = passenger.Feedback{Outcome: passenger.Acted}

func note(no passenger.TravellerNo, seat passenger.Seat) passenger.Note {
	return passenger.Note{Traveller: no, Name: "Ms J. Jansen", Seat: seat, Priority: passenger.Second, Moment: passenger.AtMeal,
		Happened: []passenger.Phrase{{Code: "h.meal", Args: []string{"KL0641", "2026-05-12"}}}, Words: "cold soup twice",
		Do: []passenger.Phrase{{Code: "d.apologise"}}, Expires: t0.Add(72 * time.Hour)}
}

// flight makes a flight in two hours with three travellers and one note for the first.
func (w *world) flight(tablets ...*Agent) (*crewtest.Flight, flightsync.Dot) {
	f := w.ground.Flight(key, t0.Add(2*time.Hour))
	roles := []passenger.Role{passenger.Lead, passenger.Purser, passenger.Cabin}
	for i, a := range tablets {
		f.Assign(a.tablet(), roles[i])
	}
	f.Write(flightsync.Manifest, flightsync.PageDrafts([]flightsync.Traveller{{No: 1, Name: "Ms J. Jansen", Seat: "14C", Tier: "Gold"},
		{No: 2, Name: "Mr P. de Vries", Seat: "2A"}, {No: 3, Name: "Mx K. Quill", Seat: "31F"}})...)
	return f, f.Note(note(1, "14C"))
}

func TestOneNoteThereAndBack(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	if rep := w.sync(a); rep.Flights != 1 || rep.Received == 0 || rep.Pending != 0 {
		t.Errorf("first sync: %+v", rep)
	}
	w.http.Transport = dead{} // the rest happens in the air
	p := w.page(a)
	if len(p.Cards) != 1 || p.Cards[0].Dot != dot || p.Cards[0].Note.Name != "Ms J. Jansen" || p.Cards[0].Note.Tier != "Gold" || !p.IsLead || !p.Ready || p.Open != 1 {
		t.Fatalf("the page: %+v", p)
	}
	if err := a.Seen(t.Context(), "KL641", dot); err != nil {
		t.Fatal(err)
	}
	card := w.record(a, dot, acted)
	if card.Mark != MarkSaved || card.Outcome == nil || !card.Seen {
		t.Errorf("the card after recording: %+v", card)
	}
	if _, err := a.Sync(t.Context()); passenger.CodeOf(err) != passenger.Unavailable {
		t.Errorf("sync without a network: %v", err)
	}
	st, err := a.Status(t.Context())
	if err != nil || st.Pending != 2 || st.Issued != 3 || st.OnGround != 1 || st.LastError == "" {
		t.Errorf("status in the air: %+v, %v", st, err)
	}
	w.http.Transport = crewtest.Serve(t, w.ground).Transport
	if rep := w.sync(a); rep.Sent != 2 || rep.Pending != 0 {
		t.Errorf("sync after landing: %+v", rep)
	}
	if got := w.page(a).Cards[0].Mark; got != MarkGround {
		t.Errorf("mark = %v, want on ground", got)
	}
	if s := f.View().Sums(); s.Acted != 1 || s.Delivered != 1 || s.Seen != 1 || !s.Close() {
		t.Errorf("sums on ground: %+v", s)
	}
}

type dead struct{}

func (dead) RoundTrip(*http.Request) (*http.Response, error) { return nil, context.DeadlineExceeded }
