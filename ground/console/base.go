package console

import (
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/auth"
	"github.com/cabinloop/cabinloop/ground/cases"
	"github.com/cabinloop/cabinloop/internal/web"
)

// base is what every page has.
type base struct {
	*web.Words
	Title    string
	Path     string // of this page with its query: where a form of the frame comes back to
	Section  string // of the navigation
	Now      time.Time
	User     ground.User
	SignedIn bool
	Keys     bool // shortcuts of a single key are on
	Said     string
	all      *web.Messages
}

// base makes the frame of a page; title is a message.
func (s *server) base(r *http.Request, title string) base {
	b := base{Words: s.words.For(r), Path: "/", Now: s.Now().UTC(), Keys: true, all: s.words}
	if r.Method == http.MethodGet && !isHTMX(r) {
		b.Path = r.URL.RequestURI()
	}
	if title != "" {
		b.Title = b.T(title)
	}
	b.User, b.SignedIn = userOf(r)
	if c, err := r.Cookie(keysCookie); err == nil && c.Value == "off" {
		b.Keys = false
	}
	if b.SignedIn && r.Method == http.MethodGet && !isHTMX(r) {
		if id := s.sessions.PopString(r.Context(), keySaid); id != "" {
			b.Said = b.T(id)
		}
	}
	return b
}

// say keeps a message for the next page.
func (s *server) say(r *http.Request, id string) { s.sessions.Put(r.Context(), keySaid, id) }

// done answers a form: say what it did and go to path.
func (s *server) done(w http.ResponseWriter, r *http.Request, said, path string) error {
	s.say(r, said)
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

// actor is who decides, in the role that allows act.
func actor(r *http.Request, act string) cases.Actor {
	u, _ := userOf(r)
	for _, role := range u.Roles {
		if auth.May(ground.User{Roles: []string{role}}, act) {
			return cases.Actor{Name: u.Name, Role: role}
		}
	}
	return cases.Actor{Name: u.Name}
}

// May reports whether the signed-in user may do act.
func (b base) May(act string) bool { return b.SignedIn && auth.May(b.User, act) }

// Home is the first page of the signed-in user.
func (b base) Home() string {
	switch {
	case !b.SignedIn:
		return "/sign-in"
	case b.May("cases"):
		return "/"
	}
	return "/flights"
}

// Languages lists the languages of the pages.
func (b base) Languages() []string { return b.all.Languages() }

// Autonym is what a language calls itself.
func (b base) Autonym(lang string) string { return b.all.In(lang).T("language.name") }

// Word says a word of the domain ("topic", meal). One that this program does not know is shown
// as it is.
func (b base) Word(kind string, word any) string {
	w := fmt.Sprint(word)
	if w == "" {
		return ""
	}
	id := strings.ReplaceAll(w, " ", "-")
	if id == "other" { // a plural form in files of messages
		id = "rest"
	}
	if s := b.T(kind + "." + id); !strings.HasPrefix(s, "⟦") {
		return s
	}
	return clean(w, maxName, false)
}

// Clock writes a time of today as 12:05, of another day as 22 Nov 12:05, always UTC.
func (b base) Clock(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	t = t.UTC()
	if t.Format(time.DateOnly) == b.Now.Format(time.DateOnly) {
		return t.Format("15:04")
	}
	return b.Day(t) + " " + t.Format("15:04")
}

// Day writes a day as 22 Nov, with the year when it is another.
func (b base) Day(t time.Time) string {
	months := strings.Fields(b.T("time.months"))
	s := fmt.Sprintf("%d %s", t.Day(), months[t.Month()-1])
	if t.Year() != b.Now.Year() {
		s += t.Format(" 2006")
	}
	return s
}

// Stamp is a time for machines.
func (b base) Stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Ago writes how long ago t was, or in how long it will be.
func (b base) Ago(t time.Time) string {
	if t.IsZero() {
		return b.T("time.never")
	}
	d := b.Now.Sub(t)
	switch {
	case d < -time.Minute/2:
		return b.T("time.in", "D", b.Span(-d))
	case d < time.Minute:
		return b.T("time.now")
	}
	return b.T("time.ago", "D", b.Span(d))
}

// Span writes a length of time in its two largest units.
func (b base) Span(d time.Duration) string {
	d = d.Round(time.Minute)
	h, m := int(d.Hours()), int(d.Minutes())%60
	switch {
	case h >= 48:
		return b.T("time.days", "Count", h/24)
	case h >= 1 && m > 0:
		return b.T("time.hours_minutes", "H", h, "M", m)
	case h >= 1:
		return b.T("time.hours", "H", h)
	}
	return b.T("time.minutes", "M", max(m, 1))
}

// Due is a deadline: how far it is, and how pressing.
type Due struct {
	Words string
	Level string // "", soon, over
	At    time.Time
}

// Due says how far a deadline is; soon is how long before it is pressing.
func (b base) Due(t time.Time, soon time.Duration) Due {
	if t.IsZero() {
		return Due{Words: b.T("due.none")}
	}
	left := t.Sub(b.Now)
	switch {
	case left < 0:
		return Due{b.T("due.over", "D", b.Span(-left)), "over", t}
	case left < soon:
		return Due{b.T("due.left", "D", b.Span(left)), "soon", t}
	}
	return Due{b.T("due.left", "D", b.Span(left)), "", t}
}

func (s *server) page(r *http.Request, section, title string) base {
	b := s.base(r, title)
	b.Section = section
	return b
}

type assetURLs interface{ Funcs() template.FuncMap }

func parse(assets assetURLs) (*template.Template, error) {
	return template.New("").Funcs(assets.Funcs()).Funcs(template.FuncMap{
		"htmxConfig": func() string { return htmxConfig },
		"line":       func(s string) string { return clean(s, maxLine, false) },
		"name":       func(s string) string { return clean(s, maxName, false) },
		"text":       func(s string) string { return clean(s, maxPostShow, true) },
	}).ParseFS(templateFiles, "templates/*.html")
}

// htmxConfig is the shared one, and errors swap as well: they carry a sentence for #problem.
var htmxConfig = strings.TrimSuffix(web.HtmxConfig, "}") +
	`,"responseHandling":[{"code":"204","swap":false},{"code":"[23]..","swap":true},{"code":"[45]..","swap":true,"error":true}]}`
