package webtest

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cabinloop/cabinloop/internal/web"
)

// recorder notes failures instead of failing.
type recorder struct {
	testing.TB
	said []string
}

func (r *recorder) Helper()                   {}
func (r *recorder) Error(args ...any)         { r.said = append(r.said, fmt.Sprint(args...)) }
func (r *recorder) Errorf(f string, a ...any) { r.said = append(r.said, fmt.Sprintf(f, a...)) }

func TestChecks(t *testing.T) {
	m, err := web.NewMessages(fstest.MapFS{
		"active.en.toml": {Data: []byte("a = 'A'\nb = 'B'\n")}, "active.nl.toml": {Data: []byte("a = 'A'\nc = 'C'\n")}})
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{TB: t}
	CheckMessages(r, m, "en", "nl", "fr")
	CheckTemplates(r, m, fstest.MapFS{"x/page.html": {Data: []byte(`{{.T "a"}} {{$.T "d" "Count" 1}} {{(.Words.T "e")}}`)}})
	CheckTemplates(r, m, fstest.MapFS{})
	said := strings.Join(r.said, "\n")
	for _, want := range []string{`no messages in "fr"`, `"b" is there in en and not in nl`, `"c" is there in nl and not in en`,
		`message "d"`, `message "e"`, "no template found"} {
		if !strings.Contains(said, want) {
			t.Errorf("not found: %s", want)
		}
	}
	if len(r.said) != 6 {
		t.Errorf("got %d complaints, want 6:\n%s", len(r.said), said)
	}
	good, err := web.NewMessages(fstest.MapFS{"active.en.toml": {Data: []byte("a = 'A'")}, "active.nl.toml": {Data: []byte("a = 'A'")}})
	if err != nil {
		t.Fatal(err)
	}
	CheckMessages(t, good, "en", "nl")
	CheckTemplates(t, good, fstest.MapFS{"page.html": {Data: []byte(`{{.T "a"}}`)}})
}
