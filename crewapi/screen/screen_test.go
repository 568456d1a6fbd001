package screen

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

var (
	now   = time.Date(2026, 11, 21, 10, 45, 0, 0, time.UTC)
	kl641 = passenger.FlightKey{Carrier: "KL", Number: 641, Date: "2026-11-21", Departure: "AMS", Attempt: 1}
	kl642 = passenger.FlightKey{Carrier: "KL", Number: 642, Date: "2026-11-22", Departure: "JFK", Attempt: 1}
)

var _ Agent = (*tablet.Agent)(nil)

const host = "127.0.0.1:8090"

// fake is an agent of funcs; one that is not set answers from the fields. It remembers calls.
type fake struct {
	mu      sync.Mutex // a browser asks for several things at once
	rows    []tablet.FlightRow
	page    tablet.FlightPage
	state   tablet.Status
	err     error // of every write
	readErr error
	syncErr error

	seen     []flightsync.Dot
	entries  []tablet.Entry
	voided   []flightsync.Dot
	nonces   [][8]byte
	seats    []passenger.Seat
	moves    []passenger.Movement
	times    []time.Time
	handed   int
	anyway   []passenger.HandInReason
	lan      tablet.Cabin
	invites  []string
	onChange map[int]func(passenger.FlightKey)
	streams  int
	stopped  chan struct{} // one for each stream that ended
}

func (f *fake) Flights(context.Context) ([]tablet.FlightRow, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rows, f.readErr
}

func (f *fake) Flight(_ context.Context, key string) (tablet.FlightPage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if key != f.page.Key.String() {
		return tablet.FlightPage{}, passenger.Errorf(passenger.NotFound, "fake", "no such flight on this tablet")
	}
	page := f.page
	page.Cards = slices.Clone(f.page.Cards)
	for i := range page.Cards {
		page.Cards[i].Heads = slices.Clone(page.Cards[i].Heads)
	}
	return page, f.readErr
}

func (f *fake) Seen(_ context.Context, _ string, d flightsync.Dot) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = append(f.seen, d)
	return f.err
}

func (f *fake) Record(_ context.Context, e tablet.Entry) (tablet.NoteCard, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.entries = append(f.entries, e)
	if f.err != nil {
		return tablet.NoteCard{}, f.err
	}
	for i := range f.page.Cards {
		if c := &f.page.Cards[i]; c.Dot == e.Note {
			fb := e.Feedback
			c.Outcome, c.Mark, c.Disputed, c.Seen = &fb, tablet.MarkSaved, false, true
			c.Heads = []tablet.HeadRow{{Own: true, Feedback: fb, Mark: tablet.MarkSaved}}
			if e.Gesture != "" {
				c.Gestures = append(c.Gestures, flightsync.GestureView{Dot: flightsync.Dot{Author: 4, Seq: 99},
					Gesture: flightsync.Gesture{Code: e.Gesture, Quantity: e.Quantity}})
			}
			return *c, nil
		}
	}
	return tablet.NoteCard{}, nil
}

func (f *fake) VoidGesture(_ context.Context, _ string, g flightsync.Dot, nonce [8]byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.voided, f.nonces = append(f.voided, g), append(f.nonces, nonce)
	return f.err
}

func (f *fake) SeatNow(_ context.Context, _ string, _ passenger.TravellerNo, s passenger.Seat, nonce [8]byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seats, f.nonces = append(f.seats, s), append(f.nonces, nonce)
	return f.err
}

func (f *fake) Movement(_ context.Context, _ string, m passenger.Movement, at time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.moves, f.times = append(f.moves, m), append(f.times, at)
	return f.err
}

func (f *fake) HandIn(context.Context, string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.handed++
	return f.err
}

func (f *fake) HandInAnyway(_ context.Context, _ string, r passenger.HandInReason) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.anyway = append(f.anyway, r)
	return f.err
}

func (f *fake) Cabin(context.Context) (tablet.Cabin, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lan, f.readErr
}

func (f *fake) Connect(_ context.Context, invite string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.invites = append(f.invites, invite)
	return f.err
}

func (f *fake) Sync(context.Context) (tablet.SyncReport, error) {
	return tablet.SyncReport{}, f.syncErr
}

func (f *fake) SetLink(_ context.Context, c uplink.Class) error {
	c, err := uplink.ParseSetting(string(c))
	if err == nil {
		f.state.Link.Setting = c
	}
	return err
}

func (f *fake) Status(context.Context) (tablet.Status, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state, f.readErr
}

func (f *fake) OnChange(fn func(passenger.FlightKey)) func() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.streams++
	n := f.streams
	f.onChange[n] = fn
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.onChange, n)
		f.stopped <- struct{}{}
	}
}

// change tells every stream.
func (f *fake) change(k passenger.FlightKey) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fn := range f.onChange {
		fn(k)
	}
}

func dot(n uint64) flightsync.Dot { return flightsync.Dot{Author: flightsync.Notes, Seq: n} }

func phrase(code passenger.PhraseCode, args ...string) passenger.Phrase {
	return passenger.Phrase{Code: code, Args: args}
}

// noteCard makes one note; its text names are invented.
func noteCard(n uint64, name string, seat passenger.Seat, prio passenger.Priority, m passenger.Moment) tablet.NoteCard {
	return tablet.NoteCard{Dot: dot(n), Note: passenger.Note{Traveller: passenger.TravellerNo(n), Name: name, Seat: seat, Priority: prio, Moment: m,
		Happened: []passenger.Phrase{phrase("h.meal", "KL0642", "2026-05-12")}, Do: []passenger.Phrase{phrase("d.meal_first"), phrase("d.apologise")},
		DoNot: []passenger.Phrase{phrase("n.promise_money")}, Why: []passenger.PhraseCode{"w.next_flight"}, Expires: now.Add(48 * time.Hour)}}
}

// cabin is a flight with a note in every state.
func cabin() *fake {
	lead := tablet.FlightRow{Key: kl641, Arrival: "JFK", STD: now.Add(80 * time.Minute), STA: now.Add(9 * time.Hour), Role: passenger.Lead, Zone: "forward",
		Stage: passenger.Open, Notes: 7, Open: 4, Pending: 2, SyncedAt: now.Add(-3 * time.Minute), Ready: true}
	other := tablet.FlightRow{Key: kl642, Arrival: "AMS", STD: now.Add(26 * time.Hour), STA: now.Add(33 * time.Hour), Role: passenger.Purser,
		Stage: passenger.Planned, Notes: 3, Open: 3, SyncedAt: now.Add(-2 * time.Hour), Ready: true}

	fresh := noteCard(1, "Ms J. Jansen", "14C", passenger.First, passenger.AtMeal)
	fresh.Note.Tier, fresh.Note.Private, fresh.Note.Words = "Platinum", true, "Vegetarian meal was missing"
	fresh.Assistance = []string{"Step-free boarding"}
	moved := noteCard(2, "Mr A. Öztürk", "22A", passenger.Second, passenger.AtBoarding)
	moved.SeatNow, moved.Seen, moved.Claimed = "21F", true, true
	moved.Note.Happened = []passenger.Phrase{phrase("h.seat", "KL0871", "2026-09-03")}
	moved.Note.Do = []passenger.Phrase{phrase("d.check_seat")}
	acted := noteCard(3, "Dr L. de Vries", "3F", passenger.Third, passenger.AtBoarding)
	acted.Seen, acted.Outcome, acted.Mark = true, &passenger.Feedback{Outcome: passenger.Acted, Reaction: passenger.Pleased, Words: "Thanked us"}, tablet.MarkPeer
	acted.Heads = []tablet.HeadRow{{Own: true, Feedback: *acted.Outcome, Mark: tablet.MarkPeer}}
	acted.Gestures = []flightsync.GestureView{{Dot: flightsync.Dot{Author: 4, Seq: 5}, Gesture: flightsync.Gesture{Code: passenger.Drink, Quantity: 2}},
		{Dot: flightsync.Dot{Author: 4, Seq: 6}, Gesture: flightsync.Gesture{Code: "card", Quantity: 1}, Voided: true}}
	acted.Verdict = flightsync.VerdictReceived
	disputed := noteCard(4, "Mrs N. Okafor", "31K", passenger.First, passenger.AtCruise)
	disputed.Seen, disputed.Disputed = true, true
	disputed.Heads = []tablet.HeadRow{
		{Own: true, Role: passenger.Lead, Zone: "forward", Feedback: passenger.Feedback{Outcome: passenger.Acted}, At: now.Add(-9 * time.Minute), Mark: tablet.MarkSaved},
		{Role: passenger.Cabin, Zone: "aft", Feedback: passenger.Feedback{Outcome: passenger.NotPossible, Reason: passenger.Asleep, Words: "Slept since take-off"}, At: now.Add(-4 * time.Minute), Mark: tablet.MarkPeer}}
	gone := noteCard(5, "Mr Secret Gone", "40A", passenger.Third, passenger.AtCruise)
	gone.Retracted = flightsync.RetractConsent
	expired := noteCard(6, "Mr Secret Expired", "41A", passenger.Third, passenger.AtCruise)
	expired.Expired = true
	more := noteCard(7, "Mr T. Later", "44D", passenger.Third, passenger.AtArrival)
	more.More, more.Note.Happened = true, []passenger.Phrase{phrase("h.baggage", "KL0641", "2026-10-30")}
	more.Note.Do = []passenger.Phrase{phrase("d.ask")}
	event := tablet.NoteCard{Dot: dot(8), Seen: true, Note: passenger.Note{Event: true, Cases: 41, Priority: passenger.Second, Moment: passenger.AtBoarding,
		Happened: []passenger.Phrase{phrase("h.event", "KL0641", "2026-11-20")}, Do: []passenger.Phrase{phrase("d.announce")}, Expires: now.Add(48 * time.Hour)}}

	lan := tablet.Cabin{On: true, Addresses: []string{"192.168.1.5:8491", "[fd00::5]:8491"}, Fingerprint: "0123-4567-89AB-CDEF",
		Invite: "cabinloop:192.168.1.5:8491/0123-4567-89AB-CDEF", Others: []tablet.CabinTablet{
			{Key: kl641, Role: passenger.Purser, Zone: "aft", InReach: true, Seen: now, Has: true}, {Key: kl641, Role: passenger.Cabin}}}
	page := tablet.FlightPage{FlightRow: lead, Now: now, IsLead: true, OnlyHere: 1, List: flightsync.ListAge{At: now.Add(-25 * time.Minute), Doubt: "totals"},
		Events: []tablet.NoteCard{event}, Cards: []tablet.NoteCard{acted, moved, fresh, disputed, gone, expired, more},
		Others: []tablet.TravellerRow{
			{TravellerView: flightsync.TravellerView{Traveller: flightsync.Traveller{No: 3, Name: "Dr L. de Vries", Seat: "3F"}}, Notes: []flightsync.Dot{dot(3)}},
			{TravellerView: flightsync.TravellerView{Traveller: flightsync.Traveller{No: 9, Name: "Ms P. Quiet", Seat: "10B", Tier: "Gold"}, SeatNow: "11B"}},
			{TravellerView: flightsync.TravellerView{Traveller: flightsync.Traveller{No: 10, Name: "Mr Offloaded", Seat: "12B"}, Removed: true}}}}
	return &fake{lan: lan, rows: []tablet.FlightRow{lead, other}, page: page, onChange: map[int]func(passenger.FlightKey){}, stopped: make(chan struct{}, 999),
		state: tablet.Status{Ground: "https://ground.example", Enrolled: true, Flights: 2, Pending: 2, Issued: 12, OnGround: 10, LastSync: now.Add(-3 * time.Minute), FreeBytes: 5 << 30,
			Link: tablet.LinkStatus{Setting: uplink.Auto, Class: uplink.Satcom, Flight: "KL0641/2026-11-21/AMS", Purse: 128 << 10, Used: 40_000, Left: 91_072, Gateway: "other"}}}
}

func handler(t testing.TB, f *fake, token string) http.Handler {
	t.Helper()
	h, err := New(Config{Agent: f, Cabin: f, Now: func() time.Time { return now }, Hosts: []string{host}, Token: token, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// do asks for one page; form nil is a GET.
func do(t testing.TB, h http.Handler, path string, form url.Values, set ...func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if form != nil {
		r = httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Host = host
	for _, f := range set {
		f(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// fill gives a form with a nonce.
func fill(pairs ...string) url.Values {
	v := url.Values{"nonce": {"0102030405060708"}}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

const (
	flightURL = "/flight/KL0641-2026-11-21-AMS"
	noteURL   = flightURL + "/note/3.1"
)
