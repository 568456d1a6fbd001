package screen

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/internal/web"
	"github.com/cabinloop/cabinloop/passenger"
)

// Every key that an error of the wire carries is among the messages, and none there is left over.
func TestTheWiresTextsAreThere(t *testing.T) {
	words, err := web.NewMessages(sub(messageFiles, "messages"))
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, dir := range []string{"..", "../tablet"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`"(wire\.[a-z_]+)"`).FindAllSubmatch(b, -1) {
				used[string(m[1])] = true
			}
		}
	}
	ids := words.IDs("en")
	for key := range used {
		if !slices.Contains(ids, key) {
			t.Errorf("no message %s", key)
		}
	}
	for _, id := range ids {
		if strings.HasPrefix(id, "wire.") && !used[id] {
			t.Errorf("nothing says %s", id)
		}
	}
	if len(used) < 10 {
		t.Errorf("only %d keys were found", len(used))
	}
}

func inDutch(r *http.Request) { r.AddCookie(&http.Cookie{Name: web.LanguageCookie, Value: "nl"}) }

func TestTroubleIsSaidInTheReadersLanguage(t *testing.T) {
	portal := passenger.Errorf(passenger.Unavailable, "a.B", "english").Keyed("wire.wifi", "Status", 511)
	for name, tt := range map[string]struct {
		state   tablet.Status
		en, nl  []string
		without string
	}{
		"a Wi-Fi's log-in": {tablet.Status{LastError: "english", Cause: portal},
			[]string{"something on the way answered (511), perhaps a Wi-Fi that wants you to log in."}, []string{"iets onderweg antwoordde (511), misschien een wifi"}, `data-test="certificate"`},
		"on one flight": {tablet.Status{LastError: "english", Cause: portal, CauseOn: "KL0641/2026-11-21/AMS"},
			[]string{"KL0641/2026-11-21/AMS: Not the ground"}, []string{"KL0641/2026-11-21/AMS: Niet de grond"}, "english"},
		"without a key":            {tablet.Status{LastError: "words", Cause: passenger.Errorf(passenger.Invalid, "a.B", "words")}, []string{"words"}, []string{"words"}, `data-test="certificate"`},
		"a certificate for a year": {tablet.Status{CertificateEnds: now.AddDate(1, 0, 0)}, nil, nil, `data-test="certificate"`},
		"one that ends soon": {tablet.Status{CertificateEnds: now.Add(13 * 24 * time.Hour)},
			[]string{`data-test="certificate"`, "certificate ends on " + now.Add(13*24*time.Hour).Format(time.DateOnly), "tell the administrator"}, []string{"loopt af op"}, "ended"},
		"one that has ended": {tablet.Status{CertificateEnds: now.Add(-time.Hour)}, []string{"certificate ended on"}, []string{"afgelopen. Tot het vernieuwd is"}, "certificate ends"},
	} {
		f := cabin()
		f.state = tt.state
		en, nl := do(t, handler(t, f, ""), "/status", nil).Body.String(), do(t, handler(t, f, ""), "/status", nil, inDutch).Body.String()
		for _, want := range tt.en {
			if !strings.Contains(en, strings.ReplaceAll(want, "'", "&#39;")) {
				t.Errorf("%s: the English page lacks %q", name, want)
			}
		}
		for _, want := range tt.nl {
			if !strings.Contains(nl, want) {
				t.Errorf("%s: the Dutch page lacks %q", name, want)
			}
		}
		if strings.Contains(en, tt.without) {
			t.Errorf("%s: the page has %q", name, tt.without)
		}
	}
}
