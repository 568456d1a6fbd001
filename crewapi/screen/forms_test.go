package screen

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

var hx = header("HX-Request", "true")

func TestOutcomeFormRecords(t *testing.T) {
	nonce := [8]byte{1, 2, 3, 4, 5, 6, 7, 8}
	for _, tt := range []struct {
		path string
		form url.Values
		want tablet.Entry
	}{
		{"/outcome", fill("do", "acted"), tablet.Entry{Feedback: passenger.Feedback{Outcome: passenger.Acted}}},
		{"/outcome", fill("do", "declined", "reaction", "neutral", "words", " Said\r\nthanks "), tablet.Entry{Feedback: passenger.Feedback{Outcome: passenger.Declined, Reaction: passenger.Neutral, Words: "Said\nthanks"}}},
		{"/outcome", fill("do", "not-possible/asleep"), tablet.Entry{Feedback: passenger.Feedback{Outcome: passenger.NotPossible, Reason: passenger.Asleep}}},
		{"/outcome", fill("do", "acted", "urgent", "1"), tablet.Entry{Feedback: passenger.Feedback{Outcome: passenger.Acted}, Urgent: true}},
		{"/gesture", fill("gesture", "drink"), tablet.Entry{Feedback: passenger.Feedback{Outcome: passenger.Acted}, Gesture: passenger.Drink, Quantity: 1}},
		{"/gesture", fill("gesture", "voucher", "quantity", "2"), tablet.Entry{Feedback: passenger.Feedback{Outcome: passenger.Acted}, Gesture: passenger.Voucher, Quantity: 2}},
	} {
		f := cabin()
		h := handler(t, f, "")
		for range 2 { // a second tap on the same form is the same entry
			w := do(t, h, noteURL+tt.path, tt.form)
			if w.Code != http.StatusSeeOther || w.Header().Get("Location") != noteURL {
				t.Errorf("%s: got %d to %q, want a redirect to the note", tt.path, w.Code, w.Header().Get("Location"))
			}
		}
		tt.want.Flight, tt.want.Note, tt.want.Nonce = kl641, dot(1), nonce
		if d := cmp.Diff([]tablet.Entry{tt.want, tt.want}, f.entries); d != "" {
			t.Errorf("%s %v (-want +got):\n%s", tt.path, tt.form, d)
		}
	}
}

func TestLinkIsChosen(t *testing.T) {
	f := cabin()
	w := do(t, handler(t, f, ""), "/link", url.Values{"link": {"satcom"}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/status" || f.state.Link.Setting != uplink.Satcom {
		t.Errorf("got %d, the setting is %q", w.Code, f.state.Link.Setting)
	}
	if w := do(t, handler(t, f, ""), "/link", url.Values{"link": {"pigeon"}}); w.Code != http.StatusBadRequest || f.state.Link.Setting != uplink.Satcom {
		t.Errorf("a way that is none: got %d, the setting is %q", w.Code, f.state.Link.Setting)
	}
}

func TestGestureKeepsTheOutcomeThatStands(t *testing.T) {
	f := cabin()
	do(t, handler(t, f, ""), flightURL+"/note/3.3/gesture", fill("gesture", "miles"))
	if len(f.entries) != 1 || f.entries[0].Feedback != (passenger.Feedback{Outcome: passenger.Acted, Reaction: passenger.Pleased, Words: "Thanked us"}) {
		t.Errorf("got %+v, want the recorded feedback again", f.entries)
	}
}

func TestOutcomeInPlace(t *testing.T) {
	f := cabin()
	w := do(t, handler(t, f, ""), noteURL+"/outcome", fill("do", "acted"), hx)
	body := w.Body.String()
	if w.Code != 200 || !strings.HasPrefix(body, `<div id="note"`) || strings.Contains(body, "<html") {
		t.Errorf("got %d %.60q, want the note's part only", w.Code, body)
	}
	for _, s := range []string{`data-outcome="acted"`, `data-mark="1"`, "Saved on this tablet", `id="said" hx-swap-oob="innerHTML">Recorded, Saved on this tablet`} {
		if !strings.Contains(body, s) {
			t.Errorf("the part lacks %q", s)
		}
	}
}

func TestAFailedEntryKeepsWordsAndNonce(t *testing.T) {
	for name, set := range map[string][]func(*http.Request){"page": nil, "in place": {hx}} {
		f := cabin()
		f.err = passenger.Errorf(passenger.Unavailable, "x", "the disk of this tablet is full: 1 report is not saved")
		w := do(t, handler(t, f, ""), noteURL+"/outcome", fill("do", "acted", "words", "Kept <words>", "reaction", "pleased"), set...)
		body := w.Body.String()
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: got %d, want 503", name, w.Code)
		}
		for _, s := range []string{"the disk of this tablet is full", "Kept &lt;words&gt;", `name="nonce" value="0102030405060708"`, "checked", "form-problem"} {
			if !strings.Contains(body, s) {
				t.Errorf("%s: the page lacks %q", name, s)
			}
		}
		if strings.Contains(body, `data-test="mark"`) {
			t.Errorf("%s: a mark for an entry that is not saved", name)
		}
	}
}

func TestFormsRefuseWhatDoesNotFit(t *testing.T) {
	long := strings.Repeat("é", passenger.MaxWordsRunes+1)
	for _, tt := range []struct {
		name, path string
		form       url.Values
		status     int
	}{
		{"no outcome", noteURL + "/outcome", fill(), 400},
		{"no such outcome", noteURL + "/outcome", fill("do", "graded"), 400},
		{"no reason", noteURL + "/outcome", fill("do", "not-possible"), 400},
		{"no such reason", noteURL + "/outcome", fill("do", "not-possible/bored"), 400},
		{"a reason for acted", noteURL + "/outcome", fill("do", "acted/asleep"), 400},
		{"no such reaction", noteURL + "/outcome", fill("do", "acted", "reaction", "angry"), 400},
		{"too many words", noteURL + "/outcome", fill("do", "acted", "words", long), 400},
		{"a body too large", noteURL + "/outcome", fill("do", "acted", "words", strings.Repeat("x", maxForm)), 400},
		{"no nonce", noteURL + "/outcome", url.Values{"do": {"acted"}}, 400},
		{"half a nonce", noteURL + "/outcome", url.Values{"do": {"acted"}, "nonce": {"0102"}}, 400},
		{"no such gesture", noteURL + "/gesture", fill("gesture", "upgrade"), 400},
		{"too often", noteURL + "/gesture", fill("gesture", "drink", "quantity", "99"), 400},
		{"no gesture to void", noteURL + "/void", fill("gesture", "x"), 400},
		{"no seat", flightURL + "/seat", fill("traveller", "9", "seat", ""), 400},
		{"a seat that is none", flightURL + "/seat", fill("traveller", "9", "seat", "galley"), 400},
		{"no traveller", flightURL + "/seat", fill("seat", "14C"), 400},
		{"no movement", flightURL + "/movement", fill("movement", "lunch"), 400},
		{"no time", flightURL + "/movement", fill("movement", "off", "at", "25:99"), 400},
		{"no such language", "/look", url.Values{"lang": {"xx"}}, 400},
		{"no such note", flightURL + "/note/3.77/gesture", fill("gesture", "drink"), 404},
		{"no such flight", "/flight/x/hand-in", url.Values{}, 404},
	} {
		f := cabin()
		if w := do(t, handler(t, f, ""), tt.path, tt.form); w.Code != tt.status {
			t.Errorf("%s: got %d, want %d", tt.name, w.Code, tt.status)
		}
		if len(f.entries)+len(f.seats)+len(f.moves)+len(f.voided)+f.handed > 0 {
			t.Errorf("%s: the agent was told", tt.name)
		}
	}
}

func TestOpenRecordsSeen(t *testing.T) {
	f := cabin()
	h := handler(t, f, "")
	if w := do(t, h, noteURL+"/open", url.Values{}); w.Code != 303 || w.Header().Get("Location") != noteURL {
		t.Errorf("got %d to %q", w.Code, w.Header().Get("Location"))
	}
	if w := do(t, h, noteURL+"/open", url.Values{}, hx); w.Code != 204 {
		t.Errorf("got %d in place, want 204", w.Code)
	}
	if d := cmp.Diff([]flightsync.Dot{dot(1), dot(1)}, f.seen); d != "" {
		t.Error(d)
	}
}

func TestResolveTakesTheVersionWithItsWords(t *testing.T) {
	f := cabin()
	w := do(t, handler(t, f, ""), flightURL+"/note/3.4/resolve", fill("do", "not-possible/asleep"), hx)
	if w.Code != 200 || len(f.entries) != 1 {
		t.Fatalf("got %d and %d entries", w.Code, len(f.entries))
	}
	want := passenger.Feedback{Outcome: passenger.NotPossible, Reason: passenger.Asleep, Words: "Slept since take-off"}
	if e := f.entries[0]; !e.Resolve || e.Feedback != want {
		t.Errorf("got %+v, want a resolve with %+v", e, want)
	}
}

func TestAgentRefusals(t *testing.T) {
	for code, status := range statusOf {
		f := cabin()
		f.err = passenger.Errorf(code, "x", "public words")
		w := do(t, handler(t, f, ""), noteURL+"/open", url.Values{}, hx)
		if w.Code != status || w.Header().Get("HX-Retarget") != "#problem" || !strings.Contains(w.Body.String(), "public words") {
			t.Errorf("%s: got %d to %q, want %d in the place for problems", code, w.Code, w.Header().Get("HX-Retarget"), status)
		}
	}
}

func TestSeatVoidMovementHandIn(t *testing.T) {
	f := cabin()
	h := handler(t, f, "")
	for _, tt := range []struct {
		path string
		form url.Values
		to   string
	}{
		{"/seat", fill("traveller", "9", "seat", "14c"), flightURL + "/people#t9"},
		{"/seat", fill("traveller", "1", "seat", "15A", "note", "3.1"), noteURL},
		{"/note/3.3/void", fill("gesture", "4.5"), flightURL + "/note/3.3"},
		{"/movement", fill("movement", "off"), flightURL},
		{"/movement", fill("movement", "doors-closed", "at", "23:50"), flightURL},
		{"/hand-in", url.Values{}, flightURL + "#hand-in"},
	} {
		if w := do(t, h, flightURL+tt.path, tt.form); w.Code != 303 || w.Header().Get("Location") != tt.to {
			t.Errorf("%s: got %d to %q, want %q", tt.path, w.Code, w.Header().Get("Location"), tt.to)
		}
	}
	n := [8]byte{1, 2, 3, 4, 5, 6, 7, 8}
	for _, d := range []string{
		cmp.Diff([]passenger.Seat{"14C", "15A"}, f.seats), cmp.Diff([][8]byte{n, n, n}, f.nonces),
		cmp.Diff([]flightsync.Dot{{Author: 4, Seq: 5}}, f.voided), cmp.Diff([]passenger.Movement{passenger.Off, passenger.DoorsClosed}, f.moves),
		cmp.Diff([]time.Time{now, time.Date(2026, 11, 20, 23, 50, 0, 0, time.UTC)}, f.times), cmp.Diff(1, f.handed),
	} {
		if d != "" {
			t.Error(d)
		}
	}
}

func TestSyncAndLook(t *testing.T) {
	f := cabin()
	h := handler(t, f, "")
	f.syncErr = passenger.Errorf(passenger.Unavailable, "x", "away")
	if w := do(t, h, "/sync", url.Values{}); w.Code != 303 {
		t.Errorf("ground away: got %d, want the status page", w.Code)
	}
	f.syncErr = passenger.Errorf(passenger.SignedOut, "x", "enrol again")
	if w := do(t, h, "/sync", url.Values{}); w.Code != 401 || !strings.Contains(w.Body.String(), "enrol again") {
		t.Errorf("signed out: got %d", w.Code)
	}
	for form, want := range map[string]string{"lang=nl": "lang=nl", "mode=light": "mode=light"} {
		v, _ := url.ParseQuery(form)
		if got := do(t, h, "/look", v).Header().Get("Set-Cookie"); !strings.HasPrefix(got, want+";") || !strings.Contains(got, "HttpOnly; SameSite=Strict") {
			t.Errorf("%s: got cookie %q", form, got)
		}
	}
}
