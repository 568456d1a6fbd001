package screen

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/internal/web"
	"github.com/cabinloop/cabinloop/internal/web/webtest"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

func TestPagesShowTheirState(t *testing.T) {
	first := func(f *fake) *tablet.NoteCard { return &f.page.Cards[2] }
	tests := []struct {
		name     string
		path     string
		change   func(*fake)
		status   int
		has, not []string
	}{
		{name: "the right flight is on top", path: "/", status: 200,
			has: []string{`class="flight hero"`, `data-flight="KL0641/2026-11-21/AMS"`, "Departs in 1 h 20 min", "12:05", "<b>4</b> open of 7", "As of 3 min ago", "2 to send", "may be out of date", "22 Nov 12:45"}},
		{name: "no flight", path: "/", change: func(f *fake) { f.rows = nil }, status: 200, has: []string{"No flight on this tablet"}, not: []string{"flight-row"}},
		{name: "a flight not loaded", path: "/", change: func(f *fake) { f.rows[0].Ready, f.rows[0].SyncedAt = false, time.Time{} }, status: 200,
			has: []string{`data-test="not-ready"`, "Never in contact"}},
		{name: "airborne", path: "/", change: func(f *fake) { f.rows[0].Movement = passenger.Off }, status: 200, has: []string{"Arrives in 9 h"}},
		{name: "a word of a newer ground", path: "/", change: func(f *fake) { f.rows[0].Role = "chef" }, status: 200, has: []string{"chef"}, not: []string{"⟦"}},
		{name: "agent away", path: "/", change: func(f *fake) {
			f.readErr = passenger.Errorf(passenger.Unavailable, "x", "the store is being opened")
		}, status: 503, has: []string{"the store is being opened"}},
		{name: "an error that is not ours", path: "/", change: func(f *fake) { f.readErr = http.ErrBodyNotAllowed }, status: 500, not: []string{"request method"}},

		{name: "notes", path: flightURL, status: 200,
			has: []string{"At boarding", "At the meal", "Ms J. Jansen", "Platinum", "Meal not as it should be, KL0642, 12 May", "Offer first choice of meal", "No promise of money or refund",
				"In a quiet moment", `data-seat="21F"`, "Listed at 22A", "A colleague is on it", "Whole flight", "41 cases", "Two tablets disagree", "Also on another tablet", ">✓✓<",
				"List unsure:", "the totals do not add up", `data-test="more"`, "1 more note", "A note was withdrawn on request", "A note has expired", "All passengers (2)", "movement-off"},
			not: []string{"Mr T. Later", "Secret", "40A", "41A", "⟦"}},
		{name: "all notes", path: flightURL + "?all=1", status: 200, has: []string{"Mr T. Later"}, not: []string{`data-test="more"`, "Secret"}},
		{name: "the key in its own form", path: "/flight/KL0641%2F2026-11-21%2FAMS", status: 200, has: []string{"Ms J. Jansen"}},
		{name: "not the lead", path: flightURL, change: func(f *fake) { f.page.IsLead = false }, status: 200, not: []string{"movement-"}},
		{name: "handed in", path: flightURL, change: func(f *fake) { f.page.FinDone, f.page.Pending = true, 0 }, status: 200, has: []string{`data-test="handed-in"`, "Everything is on the ground"}},
		{name: "no notes", path: flightURL, change: func(f *fake) { f.page.Cards, f.page.Events = nil, nil }, status: 200, has: []string{"No notes for this flight"}},
		{name: "no such flight", path: "/flight/KL0999-2026-11-21-AMS", status: 404, has: []string{"no such flight on this tablet"}},
		{name: "no flight key", path: "/flight/nonsense", status: 404},

		{name: "people", path: flightURL + "/people", status: 200, has: []string{"Ms P. Quiet", "Gold", ">11B<", "Listed at 10B", "Now sits at"}, not: []string{"Offloaded"}},

		{name: "a new note", path: noteURL, status: 200,
			has: []string{"Ms J. Jansen", "Vegetarian meal was missing", "Step-free boarding", "outcome-acted", "outcome-declined", "reason-asleep", "gesture-miles", "seen-form", "next-note", "First flight since"},
			not: []string{"data-outcome"}},
		{name: "an outcome", path: flightURL + "/note/3.3", status: 200,
			has: []string{`data-outcome="acted"`, "Also on another tablet", "Thanked us", "2 × Drink", "taken back", "Gesture", "The ground has received it", "Change this"}, not: []string{"seen-form", "⟦"}},
		{name: "a dispute before the lead", path: flightURL + "/note/3.4", status: 200,
			has: []string{"Both are kept", "Not possible: Asleep", "Slept since take-off", "aft", "10:41", "resolve-acted", "resolve-not-possible"}, not: []string{"record-form"}},
		{name: "a dispute before others", path: flightURL + "/note/3.4", change: func(f *fake) { f.page.IsLead = false }, status: 200,
			has: []string{"The acting lead purser decides"}, not: []string{"resolve-"}},
		{name: "an event note", path: flightURL + "/note/3.8", status: 200, has: []string{"Whole flight", "Say sorry to all"}, not: []string{"seat-form"}},
		{name: "withdrawn", path: flightURL + "/note/3.5", status: 200, has: []string{"A note was withdrawn on request"}, not: []string{"Secret", "40A", "outcome-acted", "gesture-"}},
		{name: "expired", path: flightURL + "/note/3.6", status: 200, has: []string{"A note has expired"}, not: []string{"Secret", "41A", "outcome-acted"}},
		{name: "all settled: nothing next", path: noteURL, change: func(f *fake) { f.page.Events, f.page.Cards = nil, f.page.Cards[2:3] }, status: 200, not: []string{"next-note"}},
		{name: "no such note", path: flightURL + "/note/3.77", status: 404},
		{name: "no dot", path: flightURL + "/note/3.x", status: 404},

		{name: "status", path: "/status", status: 200, has: []string{"2 entries are not on the ground yet", "10 of 12", "5.0 GB", "3 min ago", "https://ground.example", "Nederlands", `data-test="mode-light"`,
			"Satellite", "40 KB used, 88 KB left", "Another tablet speaks for the flight", `data-test="link-auto" aria-pressed="true"`, "Contact the ground now"}, not: []string{"purse-empty"}},
		{name: "an empty purse", path: "/status", change: func(f *fake) {
			f.state.Link.Used, f.state.Link.Left, f.state.Link.Empty, f.state.Link.Gateway = 128<<10, 0, true, "this"
		}, status: 200, has: []string{"purse-empty", "Send anyway", "This tablet speaks for the flight"}},
		{name: "at the gate", path: "/status", change: func(f *fake) {
			f.state.Link = tablet.LinkStatus{Setting: uplink.Gate, Class: uplink.Gate, Empty: true}
		}, status: 200, has: []string{"Gate", `data-test="link-gate" aria-pressed="true"`}, not: []string{"purse-empty", `data-test="purse"`}},
		{name: "status in trouble", path: "/status", change: func(f *fake) {
			f.state = tablet.Status{LastError: "ground cannot be reached", FreeBytes: 7 << 20}
		}, status: 200, has: []string{"not-enrolled", "ground cannot be reached", "7 MB", "never", "Everything is on the ground"}},
		{name: "storage that can only be read", path: "/status", change: func(f *fake) { f.state.Storage = tablet.StorageReadOnly }, status: 200,
			has: []string{`data-test="storage"`, "Nothing can be recorded: the storage of this tablet can only be read.", "what you recorded is kept"}},
		{name: "a full storage, on the list", path: "/", change: func(f *fake) { f.state.Storage = tablet.StorageFull }, status: 200,
			has: []string{"Nothing can be recorded: the storage of this tablet is full."}},
		{name: "a full storage, on a flight", path: flightURL, change: func(f *fake) { f.page.Storage = tablet.StorageFull }, status: 200,
			has: []string{"Nothing can be recorded: the storage of this tablet is full."}},
		{name: "a storage that takes writes", path: flightURL, status: 200, not: []string{`data-test="storage"`}},

		{name: "markup in names and words", path: noteURL, change: func(f *fake) {
			first(f).Note.Name = `<script>alert(1)</script>`
			first(f).Note.Words = "a\u202Eb\u2066c\U000E0041d<b>"
			first(f).Note.Tier = strings.Repeat("x", 200)
		}, status: 200, has: []string{`<bdi dir="auto">&lt;script&gt;`, "abcd&lt;b&gt;", strings.Repeat("x", 24) + "…"}, not: []string{"<script>alert", "\u202E", "\u2066", "\U000E0041", "<b>", strings.Repeat("x", 25)}},
		{name: "markup in another tablet's words", path: flightURL + "/note/3.4", change: func(f *fake) {
			f.page.Cards[3].Heads[1].Feedback.Words, f.page.Cards[3].Heads[1].Zone = "<img src=x>\u202E", "<i>\u202E"
		}, status: 200, has: []string{"&lt;img src=x&gt;", "&lt;i&gt;"}, not: []string{"<img", "<i>", "\u202E"}},
		{name: "markup in the list", path: flightURL + "/people", change: func(f *fake) { f.page.Others[1].Name = "<script>\u202E" }, status: 200,
			has: []string{"&lt;script&gt;"}, not: []string{"<script>\u202E", "\u202E"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := cabin()
			if tt.change != nil {
				tt.change(f)
			}
			w := do(t, handler(t, f, ""), tt.path, nil)
			if w.Code != tt.status {
				t.Errorf("got status %d, want %d", w.Code, tt.status)
			}
			body := w.Body.String()
			for _, s := range tt.has {
				if !strings.Contains(body, s) {
					t.Errorf("the page lacks %q", s)
				}
			}
			for _, s := range tt.not {
				if strings.Contains(body, s) {
					t.Errorf("the page has %q", s)
				}
			}
			if n := strings.Count(body, "<h1"); n != 1 {
				t.Errorf("got %d h1, want 1", n)
			}
			if len(f.seen)+len(f.entries)+len(f.moves)+len(f.seats)+f.handed > 0 {
				t.Error("a GET wrote something")
			}
			if t.Failed() {
				t.Log(body)
			}
		})
	}
}

func TestBothLanguagesAreComplete(t *testing.T) {
	words, err := web.NewMessages(sub(messageFiles, "messages"))
	if err != nil {
		t.Fatal(err)
	}
	webtest.CheckMessages(t, words, "en", "nl")
	webtest.CheckTemplates(t, words, templateFiles)
	have := strings.Join(words.IDs("en"), "\n") + "\n"
	need := func(kind, word string) {
		if word == "other" {
			word = "any_other"
		}
		if !strings.Contains(have, kind+"."+word+"\n") {
			t.Errorf("no message %s.%s", kind, word)
		}
	}
	for _, c := range passenger.Codes {
		need("problem", string(c))
		if statusOf[c] == 0 {
			t.Errorf("no status for %s", c)
		}
	}
	for _, r := range passenger.Reasons {
		need("reason", string(r))
	}
	for _, r := range passenger.HandInReasons {
		need("hand_in_reason", string(r))
	}
	for _, m := range passenger.Moments {
		need("moment", string(m))
	}
	for _, m := range byHand {
		need("movement", string(m))
	}
	for _, g := range gifts {
		need("gesture", string(g))
	}
	for _, o := range []passenger.Outcome{passenger.Acted, passenger.Declined, passenger.NotPossible} {
		need("outcome", string(o))
	}
	for _, r := range []flightsync.RetractReason{flightsync.RetractMoved, flightsync.RetractCancelled, flightsync.RetractConsent, flightsync.RetractErased,
		flightsync.RetractExpired, flightsync.RetractRecalled, flightsync.RetractReplaced, flightsync.RetractSettled} {
		need("gone", string(r))
	}
	for _, v := range []flightsync.VerdictCode{flightsync.VerdictReceived, flightsync.VerdictQuestion, flightsync.VerdictLate, flightsync.VerdictErased} {
		need("verdict", string(v))
	}
}

func TestNoPageShowsAMessageKey(t *testing.T) {
	for _, lang := range []string{"en", "nl"} {
		for _, path := range []string{"/", flightURL, flightURL + "?all=1", flightURL + "/people", noteURL, flightURL + "/note/3.3", flightURL + "/note/3.4", flightURL + "/note/3.5", flightURL + "/note/3.8", "/status", "/cabin", "/flight/none"} {
			body := do(t, handler(t, cabin(), ""), path, nil, header("Accept-Language", lang)).Body.String()
			if strings.Contains(body, "⟦") || strings.Contains(body, "no value") {
				t.Errorf("%s in %s shows a key: %.80q", path, lang, body[strings.Index(body, "⟦"):])
			}
			if !strings.Contains(body, `<html lang="`+lang+`" data-mode="dark">`) {
				t.Errorf("%s does not say that it is in %s", path, lang)
			}
		}
	}
	nl := do(t, handler(t, cabin(), ""), noteURL, nil, header("Cookie", "lang=nl; mode=light"), header("Accept-Language", "en")).Body.String()
	for _, s := range []string{"Bied als eerste keus uit de maaltijden aan", "12 mei", `data-mode="light"`, "Wilde niet"} {
		if !strings.Contains(nl, s) {
			t.Errorf("the Dutch page lacks %q", s)
		}
	}
}
