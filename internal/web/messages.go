package web

import (
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"slices"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// LanguageCookie is the name of the cookie that holds a person's choice of language.
const LanguageCookie = "lang"

// messageFiles is what a file of messages is called: active.en.toml.
const messageFiles = "active.*.toml"

// Messages holds the words of all pages in all languages. English is the language that others
// fall back to. Safe for concurrent use.
type Messages struct {
	bundle  *i18n.Bundle
	matcher language.Matcher
	tags    []language.Tag
	ids     map[language.Tag]map[string]bool
}

// NewMessages reads every active.*.toml in the roots of fsys, in the form that go-i18n reads (the
// part of TOML that [readTOML] knows). A message id given twice for one language is an error, and
// so is a set without English.
func NewMessages(fsys ...fs.FS) (*Messages, error) {
	m := &Messages{bundle: i18n.NewBundle(language.English), ids: map[language.Tag]map[string]bool{}}
	m.bundle.RegisterUnmarshalFunc("toml", unmarshalTOML)
	for _, tree := range fsys {
		names, err := fs.Glob(tree, messageFiles)
		if err != nil {
			return nil, fmt.Errorf("web.NewMessages: %w", err)
		}
		for _, name := range names {
			if err := m.load(tree, name); err != nil {
				return nil, fmt.Errorf("web.NewMessages: %s: %w", name, err)
			}
		}
	}
	if len(m.ids[language.English]) == 0 {
		return nil, fmt.Errorf("web.NewMessages: no message in English, the language that the others fall back to")
	}
	m.tags = slices.SortedFunc(maps.Keys(m.ids), func(a, b language.Tag) int {
		return slices.Index(m.bundle.LanguageTags(), a) - slices.Index(m.bundle.LanguageTags(), b)
	})
	m.matcher = language.NewMatcher(m.tags)
	return m, nil
}

func (m *Messages) load(tree fs.FS, name string) error {
	f, err := m.bundle.LoadMessageFileFS(tree, name)
	if err != nil {
		return err
	}
	if f.Tag == language.Und {
		return fmt.Errorf("its name says no language")
	}
	if m.ids[f.Tag] == nil {
		m.ids[f.Tag] = map[string]bool{}
	}
	for _, msg := range f.Messages {
		if m.ids[f.Tag][msg.ID] {
			return fmt.Errorf("message %q was given before", msg.ID)
		}
		m.ids[f.Tag][msg.ID] = true
	}
	return nil
}

// Languages returns the languages there are, English first, as BCP 47 tags.
func (m *Messages) Languages() []string {
	var out []string
	for _, t := range m.tags {
		out = append(out, t.String())
	}
	return out
}

// IDs returns the ids of all messages of one language, sorted.
func (m *Messages) IDs(lang string) []string {
	return slices.Sorted(maps.Keys(m.ids[language.Make(lang)]))
}

// For returns the words for a request: in the language of its cookie [LanguageCookie] if there
// are messages in it, else in the best one for Accept-Language, else in English.
func (m *Messages) For(r *http.Request) *Words {
	chosen := ""
	if c, err := r.Cookie(LanguageCookie); err == nil {
		chosen = c.Value
	}
	tag, _ := language.MatchStrings(m.matcher, chosen, r.Header.Get("Accept-Language"))
	return m.In(tag.String())
}

// In returns the words in the language nearest to lang, a BCP 47 tag.
func (m *Messages) In(lang string) *Words {
	_, i, _ := m.matcher.Match(language.Make(lang))
	return &Words{tag: m.tags[i], localizer: i18n.NewLocalizer(m.bundle, m.tags[i].String())}
}

// Words says things in one language. A page struct embeds it. Safe for concurrent use.
type Words struct {
	tag       language.Tag
	localizer *i18n.Localizer
}

// Lang returns the language, for <html lang>.
func (w *Words) Lang() string { return w.tag.String() }

// T returns the message with the given id. args are pairs of name and value for its {{.Name}}
// places; the value of "Count", an integer, also picks the plural form. A message that lacks a
// translation is said in English. One that does not exist, or pairs that are none, give the id in
// double brackets, which no test and no reader overlooks.
func (w *Words) T(id string, args ...any) string {
	data, ok := pairs(args)
	if !ok {
		return unknown(id)
	}
	config := &i18n.LocalizeConfig{MessageID: id, TemplateData: data}
	if n, counted := data["Count"]; counted {
		config.PluralCount = n
	}
	// The error of a message that fell back to English comes with its text.
	text, _ := w.localizer.Localize(config)
	if text == "" {
		return unknown(id)
	}
	return text
}

func unknown(id string) string { return "⟦" + id + "⟧" }

func pairs(args []any) (map[string]any, bool) {
	if len(args)%2 != 0 {
		return nil, false
	}
	data := make(map[string]any, len(args)/2)
	for i := 0; i < len(args); i += 2 {
		name, ok := args[i].(string)
		if !ok {
			return nil, false
		}
		data[name] = args[i+1]
	}
	return data, true
}
