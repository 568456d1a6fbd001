package screen

import (
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/internal/web"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// modeCookie holds the light of the page: "light", or dark for anything else.
const modeCookie = "mode"

// base is what every page has.
type base struct {
	*web.Words
	Title string
	Mode  string // dark or light
	Path  string // of this page, with its query: what a refresh asks for
	Now   time.Time
	nonce func() (string, error)
	names func(lang string) *web.Words
}

func (s *server) base(r *http.Request) base {
	b := base{Words: s.words.For(r), Mode: "dark", Path: r.URL.RequestURI(), Now: s.Now().UTC(), nonce: func() (string, error) { return s.forms.next(s.Rand) }, names: s.words.In}
	if c, err := r.Cookie(modeCookie); err == nil && c.Value == "light" {
		b.Mode = "light"
	}
	return b
}

// Nonce mints what makes one form one entry.
func (b base) Nonce() (string, error) { return b.nonce() }

func parse(assets *web.Assets) (*template.Template, error) {
	return template.New("").Funcs(assets.Funcs()).Funcs(template.FuncMap{
		"htmxConfig": func() string { return htmxConfig },
		"name":       func(s string) string { return clean(s, maxName) },
		"tier":       func(s string) string { return clean(s, maxTier) },
		"short":      func(s string) string { return clean(s, maxShort) },
		"words":      func(s string) string { return clean(s, maxWords) },
		"head":       func(p *notePage, h tablet.HeadRow) markOf { return markOf{p.base, h.Mark} },
	}).ParseFS(templateFiles, "templates/*.html")
}

// htmxConfig is the shared one, and errors swap as well: they carry a sentence for #problem.
var htmxConfig = strings.TrimSuffix(web.HtmxConfig, "}") +
	`,"responseHandling":[{"code":"204","swap":false},{"code":"[23]..","swap":true},{"code":"[45]..","swap":true,"error":true}]}`

func isHTMX(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

// slug writes a flight key for a path or an event: KL0641-2026-11-21-AMS.
func slug(k passenger.FlightKey) string { return strings.ReplaceAll(k.String(), "/", "-") }

// FlightPath is the path of a flight's notes.
func FlightPath(k passenger.FlightKey) string { return "/flight/" + slug(k) }

// NotePath is the path of one note.
func NotePath(k passenger.FlightKey, note flightsync.Dot) string {
	return FlightPath(k) + "/note/" + note.String()
}

// parseKey reads a flight key from a path. Errors: [passenger.NotFound].
func parseKey(s string) (passenger.FlightKey, error) {
	if p := strings.Split(s, "-"); len(p) == 5 || len(p) == 6 {
		s = p[0] + "/" + strings.Join(p[1:4], "-") + "/" + strings.Join(p[4:], "/")
	}
	k, err := passenger.ParseFlightKey(s)
	if err != nil {
		return k, passenger.Wrap(passenger.NotFound, "screen.parseKey", "no such flight; go back to the list", err)
	}
	return k, nil
}

func parseDot(s string) (flightsync.Dot, error) {
	d, ok := flightsync.ParseDot(s)
	if !ok {
		return d, errNoNote
	}
	return d, nil
}

var errNoNote = passenger.Errorf(passenger.NotFound, "screen.note", "no such note on this flight; go back to the list")

// parseNonce reads a form's nonce. Errors: [passenger.Invalid].
func parseNonce(s string) (n [8]byte, err error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(n) {
		return n, passenger.Errorf(passenger.Invalid, "screen.parseNonce", "the form is not one of this page; open the page again")
	}
	copy(n[:], b)
	return n, nil
}

// Autonym is what a language calls itself.
func (b base) Autonym(lang string) string { return b.names(lang).T("language.name") }

// Gift says a gesture's name; one of a newer policy has a general one.
func (b base) Gift(code passenger.GestureCode) string {
	if slices.Contains(gifts, code) {
		return b.T("gesture." + string(code))
	}
	return b.T("gesture.any_other")
}

// Word says a word of the domain ("role", lead). One of a newer program is shown as it is.
func (b base) Word(kind string, word any) string {
	w := fmt.Sprint(word)
	switch w {
	case "":
		return ""
	case "other": // a plural form to go-i18n, which refuses it in an id
		w = "any_other"
	}
	if s := b.T(kind + "." + w); !strings.HasPrefix(s, "⟦") {
		return s
	}
	return clean(w, maxTier)
}
