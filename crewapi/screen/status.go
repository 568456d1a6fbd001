package screen

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/internal/web"
	"github.com/cabinloop/cabinloop/passenger"
)

type statusPage struct {
	base
	S         tablet.Status
	Languages []string
	HasCabin  bool
}

func (s *server) status(w http.ResponseWriter, r *http.Request) error {
	st, err := s.Agent.Status(r.Context())
	if err != nil {
		return err
	}
	p := statusPage{base: s.base(r), S: st, Languages: s.words.Languages(), HasCabin: s.Cabin != nil}
	p.Title = p.T("status.title")
	return web.Render(w, s.tmpl, "status", p)
}

// Trouble says why the last contact failed; "" when it did not.
func (p statusPage) Trouble() string {
	if p.S.Cause == nil {
		return p.S.LastError
	}
	text := say(p.Words, p.S.Cause)
	if p.S.CauseOn != "" {
		text = p.S.CauseOn + ": " + text
	}
	return text
}

// Certificate says that ground's certificate ends soon or has ended; "" when it does neither.
func (p statusPage) Certificate() string {
	switch end := p.S.CertificateEnds; {
	case !p.S.CertificateSoon(p.Now):
		return ""
	case p.Now.Before(end):
		return p.T("status.certificate_soon", "Day", end.Format(time.DateOnly))
	default:
		return p.T("status.certificate_over", "Day", end.Format(time.DateOnly))
	}
}

// Free says how much room the disk has.
func (p statusPage) Free() string {
	const mib = 1 << 20
	if p.S.FreeBytes >= 1<<30 {
		return fmt.Sprintf("%.1f GB", float64(p.S.FreeBytes)/(1<<30))
	}
	return fmt.Sprintf("%d MB", p.S.FreeBytes/mib)
}

// Satcom reports whether bytes are counted now.
func (p statusPage) Satcom() bool { return p.S.Link.Class == uplink.Satcom }

// Links lists what the way to ground may be set to.
func (p statusPage) Links() []uplink.Class { return uplink.Settings }

// Used and Left are in KB, rounded up and down: what is left is not promised.
func (p statusPage) Used() int64 { return (p.S.Link.Used + 1023) >> 10 }

// Left is what may still be spent.
func (p statusPage) Left() int64 { return p.S.Link.Left >> 10 }

// link chooses how the way to ground is used.
func (s *server) link(w http.ResponseWriter, r *http.Request) error {
	if err := s.Agent.SetLink(r.Context(), uplink.Class(r.PostFormValue("link"))); err != nil {
		return err
	}
	http.Redirect(w, r, "/status", http.StatusSeeOther)
	return nil
}

// sync exchanges now. A ground out of reach is no failure of the page: the status says so.
func (s *server) sync(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.Agent.Sync(r.Context()); err != nil && passenger.CodeOf(err) != passenger.Unavailable {
		return err
	}
	http.Redirect(w, r, "/status", http.StatusSeeOther)
	return nil
}

// look keeps a choice of language or light in a cookie of this browser.
func (s *server) look(w http.ResponseWriter, r *http.Request) error {
	set := func(name, value string) {
		http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	}
	lang, mode := r.PostFormValue("lang"), r.PostFormValue("mode")
	switch {
	case slices.Contains(s.words.Languages(), lang):
		set(web.LanguageCookie, lang)
	case mode == "dark" || mode == "light":
		set(modeCookie, mode)
	default:
		return passenger.Errorf(passenger.Invalid, "screen.look", "choose a language that is listed, or dark or light")
	}
	http.Redirect(w, r, "/status", http.StatusSeeOther)
	return nil
}
