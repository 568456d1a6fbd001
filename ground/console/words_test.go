package console

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/auth"
	"github.com/cabinloop/cabinloop/ground/followup"
	"github.com/cabinloop/cabinloop/internal/web"
	"github.com/cabinloop/cabinloop/internal/web/webtest"
	"github.com/cabinloop/cabinloop/passenger"
	"github.com/cabinloop/cabinloop/passenger/privacy"
)

func messages(t *testing.T) *web.Messages {
	t.Helper()
	m, err := web.NewMessages(sub(messageFiles, "messages"))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestEveryWordIsThere(t *testing.T) {
	t.Parallel()
	m := messages(t)
	webtest.CheckMessages(t, m, "en", "nl")
	webtest.CheckTemplates(t, m, sub(templateFiles, "templates"))
	want := map[string][]string{"severity": {"1", "2", "3"}, "priority": {"1", "2", "3"}, "queue": queues, "tab": tabs, "role": append([]string{"crew", "rule"}, auth.Roles...),
		"end": append([]string{"replied", "recalled", "expired", "erased", "desk-refused", "consent-no", "no-reach", "nothing-to-do", "crew-topic"}, followup.NoneReasons...),
		"why": {"account", "locator", "name", "handle", "flight", "date", "seat", "person"}, "step": stations, "doubt": {"totals", "aircraft", "gap"},
		"missing":   {"identity", "consent", "consent-not-asked", "consent-no", "sensitive", "minor-possible", "identity-unsure", "crew-topic", "nothing-to-do", "no-reach", "invalid", "erased"},
		"bucket":    {"compiled", "delivered", "never-delivered", "withdrawn", "seen", "not-seen", "acted", "declined", "not-possible", "disputed", "no-outcome"},
		"retracted": {"moved", "cancelled", "consent", "erased", "expired", "recalled", "replaced", "settled"}, "recalled": {"removed", "not-yet-reached", "already-seen"},
		"cause": {"reply", "disputed", "displeased", "second-gesture", "question", "no-outcome", "late-outcome", "held-entries"}, "tablet-state": {"invited", "enrolled", "revoked", "lost"},
		"hand_in": {"lost", "revoked", "replaced"}, "flight.gone": {"lost", "revoked", "replaced"}, "contradiction": followup.Contradictions, "mark": {"handed-in", "in-contact", "never", "holds", "waiting"}, "consent": {"yes", "no", "not-asked"}, "lang": append([]string{"und"}, languages...),
		"outcome": {"acted", "declined", "not-possible", "disputed"}, "reaction": {"pleased", "neutral", "displeased"}, "gesture": {"apology", "drink", "voucher", "miles"},
		"crew": {"lead", "purser", "cabin"}, "stage": {"planned", "open", "closed", "sealed", "purged"}}
	add := func(kind string, word any) {
		id := strings.ReplaceAll(fmt.Sprint(word), " ", "-")
		if id == "other" {
			id = "rest"
		}
		want[kind] = append(want[kind], id)
	}
	for _, x := range passenger.Topics {
		add("topic", x)
	}
	for _, x := range passenger.Channels {
		add("channel", x)
	}
	for _, x := range passenger.Moments {
		add("moment", x)
	}
	for _, x := range passenger.Movements {
		add("movement", x)
	}
	for _, x := range passenger.Reasons {
		add("reason", x)
	}
	for _, x := range passenger.HandInReasons {
		add("hand_in", x)
	}
	for _, x := range passenger.Codes {
		add("problem", x)
	}
	for _, x := range privacyWords {
		add("held", x)
	}
	for _, x := range []ground.LoopState{ground.LoopDesk, ground.LoopWaiting, ground.LoopCompiled, ground.LoopReconciled, ground.LoopClosed, ground.LoopEnded} {
		add("loop", x)
		add("to", x)
	}
	for _, x := range []string{"flagged", "delivered", "seen", "acted", "declined", "not-possible", "disputed"} {
		add("to", x)
	}
	have := m.IDs("en")
	for kind, words := range want {
		for _, x := range words {
			if id := kind + "." + x; !slices.Contains(have, id) {
				t.Errorf("no message %s", id)
			}
		}
	}
	if len(privacyWords) != len(privacy.Categories)+1 {
		t.Errorf("privacy words %v", privacyWords)
	}
	// What the program itself says by a literal id.
	said := regexp.MustCompile(`(?:\.T\(|say\(r, |done\(w, r, |said(?: :)?= |base\(r, |page\(r, "[a-z]*", )"([a-z_.-]+)"`)
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		text, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range said.FindAllSubmatch(text, -1) {
			n++
			id := string(x[1])
			if !slices.Contains(have, id) && !slices.Contains(have, id+".one") && !strings.HasSuffix(id, ".") && !strings.HasSuffix(id, "_") {
				t.Errorf("%s says %s, which does not exist", f.Name(), id)
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d sayings found in the program", n)
	}
}

func TestStatusOfEveryCode(t *testing.T) {
	t.Parallel()
	want := map[passenger.Code]int{passenger.Invalid: 400, passenger.NotFound: 404, passenger.Exists: 409, passenger.Phase: 409, passenger.Raced: 409,
		passenger.SignedOut: 401, passenger.Forbidden: 403, passenger.TooMuch: 429, passenger.Unavailable: 503, passenger.Corrupt: 500, passenger.Internal: 500}
	for _, c := range passenger.Codes {
		if statusOf[c] != want[c] || want[c] == 0 {
			t.Errorf("%s: status %d, want %d", c, statusOf[c], want[c])
		}
	}
	if len(statusOf) != len(passenger.Codes) {
		t.Errorf("%d codes have a status, there are %d", len(statusOf), len(passenger.Codes))
	}
}

func TestBackOff(t *testing.T) {
	t.Parallel()
	b, now := newBackOffs(), time.Unix(1e9, 0)
	r := &http.Request{RemoteAddr: "10.0.0.1:5"}
	k := backOffFor(r, "Nora ")
	if k != backOffFor(&http.Request{RemoteAddr: "10.0.0.1:9"}, "nora") || k == backOffFor(&http.Request{RemoteAddr: "10.0.0.2:5"}, "nora") {
		t.Error("a name from a source is not one key")
	}
	wait := backOffFirst
	for range 20 {
		if err := b.begin(k, now); err != nil {
			t.Fatal(err)
		}
		if err := b.begin(k, now.Add(wait-time.Millisecond)); passenger.CodeOf(err) != passenger.TooMuch {
			t.Fatalf("not made to wait %s", wait)
		}
		now = now.Add(wait)
		wait = min(2*wait, backOffMost)
	}
	if wait != backOffMost {
		t.Errorf("grows to %s", wait)
	}
	b.clear(k)
	if err := b.begin(k, now); err != nil {
		t.Errorf("after a success: %v", err)
	}
	for i := range maxBackOffs + 10 {
		if err := b.begin(backOffFor(r, fmt.Sprint(i)), now.Add(time.Duration(i))); err != nil {
			t.Fatal(err)
		}
		if i%4000 == 0 && len(b.m) > maxBackOffs {
			t.Fatalf("%d kept", len(b.m))
		}
	}
	if len(b.m) > maxBackOffs {
		t.Errorf("%d kept, at most %d", len(b.m), maxBackOffs)
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"a\u202Eb\u2066c\U000E0041d": "abcd", "a\nb\tc": "a b c", "\x00\x07x": "x", "می\u200cخواهم": "می\u200cخواهم", strings.Repeat("é", 20): strings.Repeat("é", 10) + "…", "a" + strings.Repeat("\u0301", 50): "a" + strings.Repeat("\u0301", 4), "a\xffb": "a�b"} {
		if got := clean(in, 10, false); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
	if got := clean("a\nb", 10, true); got != "a\nb" {
		t.Errorf("lines are lost: %q", got)
	}
	for in, want := range map[string]string{"/x?y": "/x?y", "//evil": "/", "https://evil": "/", "/\\evil": "/", "": "/", "/a\nb": "/"} {
		if got := localPath(in); got != want {
			t.Errorf("localPath(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestEventsShowOnlyWhatTheRoleMay(t *testing.T) {
	t.Parallel()
	changes := []ground.Change{{Topic: "case", Ref: "c1"}, {Topic: "case"}, {Topic: "case", Ref: "c1"}, {Topic: "flight", Ref: "f1"}, {Topic: "followup", Ref: "l1"}, {Topic: "secret", Ref: "x"}}
	for role, want := range map[string]string{"social": "case case-c1 flight flight-f1 followup", "ground": "flight flight-f1 followup", "admin": "flight flight-f1"} {
		if got := strings.Join(eventNames(ground.User{Roles: []string{role}}, changes), " "); got != want {
			t.Errorf("%s hears %q, want %q", role, got, want)
		}
	}
}
