// Package webtest checks what package web serves: that every message is there in every language
// and that templates ask for messages and assets that exist.
package webtest

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cabinloop/cabinloop/internal/web"
)

// used finds the ids that a template asks for: {{.T "id"}}, {{$.T "id" "Count" .N}}, (.Words.T "id").
var used = regexp.MustCompile(`\.T\s+"([^"]+)"`)

// CheckMessages fails t for each message that one of the wanted languages lacks and another has,
// and for each wanted language that has none.
func CheckMessages(t testing.TB, m *web.Messages, wanted ...string) {
	t.Helper()
	for _, lang := range wanted {
		if !slices.Contains(m.Languages(), lang) {
			t.Errorf("no messages in %q; there are %v", lang, m.Languages())
		}
	}
	for _, from := range m.Languages() {
		for _, to := range m.Languages() {
			have := m.IDs(to)
			for _, id := range m.IDs(from) {
				if !slices.Contains(have, id) {
					t.Errorf("message %q is there in %s and not in %s", id, from, to)
				}
			}
		}
	}
}

// CheckTemplates fails t for each message that a template (every *.html and *.tmpl of fsys) asks
// for by a literal id and that does not exist in English.
func CheckTemplates(t testing.TB, m *web.Messages, fsys fs.FS) {
	t.Helper()
	have, seen := m.IDs("en"), 0
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".html") && !strings.HasSuffix(name, ".tmpl") {
			return err
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		seen++
		for _, match := range used.FindAllSubmatch(text, -1) {
			if id := string(match[1]); !slices.Contains(have, id) {
				t.Errorf("%s asks for message %q, which does not exist", name, id)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen == 0 {
		t.Error("no template found: nothing was checked")
	}
}
