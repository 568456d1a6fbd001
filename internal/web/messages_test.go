package web

import (
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

const (
	english = `# words of a test
hello = "Hello, {{.Name}}"
only.english = 'said in "English"'

[seats]
one = "{{.Count}} seat" # a plural form
other = "{{.Count}} seats"
`
	dutch = `hello = "Dag {{.Name}}"
[seats]
one = "{{.Count}} stoel"
other = "{{.Count}} stoelen"
`
)

func messages(t *testing.T) *Messages {
	t.Helper()
	m, err := NewMessages(fstest.MapFS{"active.en.toml": {Data: []byte(english)}, "active.nl.toml": {Data: []byte(dutch)}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestT(t *testing.T) {
	m := messages(t)
	if got := m.Languages(); !slices.Equal(got, []string{"en", "nl"}) {
		t.Fatalf("got languages %v, want en, nl", got)
	}
	for _, tc := range []struct {
		lang, id string
		args     []any
		want     string
	}{
		{"en", "hello", []any{"Name", "Ada"}, "Hello, Ada"},
		{"nl", "hello", []any{"Name", "Ada"}, "Dag Ada"},
		{"nl-BE", "seats", []any{"Count", 1}, "1 stoel"},
		{"nl", "seats", []any{"Count", 2}, "2 stoelen"},
		{"en", "seats", []any{"Count", 0}, "0 seats"},
		{"nl", "only.english", nil, `said in "English"`},
		{"xx", "hello", []any{"Name", "Ada"}, "Hello, Ada"},
		{"en", "no.such", nil, "⟦no.such⟧"},
		{"en", "hello", []any{"Name"}, "⟦hello⟧"},
		{"en", "hello", []any{1, 2}, "⟦hello⟧"},
		{"en", "seats", []any{"Count", "many"}, "⟦seats⟧"},
	} {
		if got := m.In(tc.lang).T(tc.id, tc.args...); got != tc.want {
			t.Errorf("%s %s %v: got %q, want %q", tc.lang, tc.id, tc.args, got, tc.want)
		}
	}
}

func TestForPicksTheLanguage(t *testing.T) {
	m := messages(t)
	for _, tc := range []struct{ cookie, accept, want string }{
		{"", "", "en"},
		{"nl", "", "nl"},
		{"nl", "en", "nl"},
		{"", "de, nl;q=0.8, en;q=0.5", "nl"},
		{"", "nl-NL,nl;q=0.9,en;q=0.8", "nl"},
		{"", "fr", "en"},
		{"no language at all", "nl", "nl"},
		{"fr", "nl", "nl"},
		{"", "\x00;;,", "en"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		if tc.cookie != "" {
			r.Header.Set("Cookie", LanguageCookie+"="+tc.cookie)
		}
		r.Header.Set("Accept-Language", tc.accept)
		if got := m.For(r).Lang(); got != tc.want {
			t.Errorf("cookie %q, accept %q: got %s, want %s", tc.cookie, tc.accept, got, tc.want)
		}
	}
}

func TestWordsAreSafeForConcurrentUse(t *testing.T) {
	w := messages(t).In("nl")
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			if got := w.T("seats", "Count", n+2); !strings.HasSuffix(got, " stoelen") {
				t.Errorf("got %q", got)
			}
		})
	}
	wg.Wait()
}

func TestNewMessagesRefuses(t *testing.T) {
	for name, trees := range map[string]fstest.MapFS{
		"no English":           {"active.nl.toml": {Data: []byte(dutch)}},
		"no language in names": {"active.en.toml": {Data: []byte(english)}, "active.!!.toml": {Data: []byte(dutch)}},
		"broken file":          {"active.en.toml": {Data: []byte("hello = world")}},
	} {
		if _, err := NewMessages(trees); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	one := fstest.MapFS{"active.en.toml": {Data: []byte(english)}}
	if _, err := NewMessages(one, one); err == nil || !strings.Contains(err.Error(), "was given before") {
		t.Errorf("an id given twice: got %v", err)
	}
}
