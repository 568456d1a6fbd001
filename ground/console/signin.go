package console

import (
	"net/http"
	"strings"

	"github.com/cabinloop/cabinloop/internal/web"
	"github.com/cabinloop/cabinloop/passenger"
)

type signInPage struct {
	base
	Name    string
	Problem *problem
}

func (s *server) signInPage(w http.ResponseWriter, r *http.Request) error {
	if _, in := userOf(r); in {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return nil
	}
	p := &signInPage{base: s.base(r, "sign-in.title")}
	return web.Render(w, s.tmpl, "sign-in", p)
}

func (s *server) signIn(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	name, ctx := r.PostForm.Get("name"), r.Context()
	k := backOffFor(r, name)
	err := s.backOff.begin(k, s.Now())
	if err == nil {
		select {
		case s.hashing <- struct{}{}:
			defer func() { <-s.hashing }()
		case <-ctx.Done():
			return ctx.Err()
		}
		user, wrong := s.Users.SignIn(ctx, name, r.PostForm.Get("password"))
		if err = wrong; err == nil {
			s.backOff.clear(k)
			if err := s.open(ctx, user); err != nil {
				return err
			}
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return nil
		}
	}
	switch passenger.CodeOf(err) {
	case passenger.SignedOut, passenger.TooMuch:
	default:
		return err
	}
	p := &signInPage{base: s.base(r, "sign-in.title"), Name: clean(name, maxName, false), Problem: nil}
	p.Problem = describe(p.Words, err)
	if p.Problem.Code == passenger.SignedOut {
		p.Problem.Title, p.Problem.Detail = p.T("sign-in.wrong"), p.T("sign-in.wrong_hint")
	}
	return web.RenderStatus(w, statusOf[p.Problem.Code], s.tmpl, "sign-in", p)
}

func (s *server) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return err
	}
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	return nil
}

type passwordPage struct {
	base
	Forced  bool
	Problem *problem
}

func (s *server) passwordPage(w http.ResponseWriter, r *http.Request) error {
	p := &passwordPage{base: s.base(r, "password.title")}
	p.Forced = p.User.MustChange
	return web.Render(w, s.tmpl, "password", p)
}

func (s *server) setPassword(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	user, _ := userOf(r)
	ctx, k := r.Context(), backOffFor(r, user.Name)
	err := s.backOff.begin(k, s.Now())
	if err == nil {
		select {
		case s.hashing <- struct{}{}:
			defer func() { <-s.hashing }()
		case <-ctx.Done():
			return ctx.Err()
		}
		if _, err = s.Users.SignIn(ctx, user.Name, r.PostForm.Get("old")); err == nil {
			s.backOff.clear(k)
			fresh := r.PostForm.Get("new")
			switch {
			case fresh != r.PostForm.Get("again"):
				err = passenger.Errorf(passenger.Invalid, "console.setPassword", "the new password was not repeated the same")
			case fresh == r.PostForm.Get("old"):
				err = passenger.Errorf(passenger.Invalid, "console.setPassword", "choose a password other than the old one")
			default:
				err = s.Users.SetPassword(ctx, user.ID, fresh)
			}
		}
	}
	if err == nil {
		user, _, err := s.standing(ctx, user.ID, "")
		if err != nil {
			return err
		}
		if err := s.open(ctx, user); err != nil {
			return err
		}
		s.say(r, "said.password")
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return nil
	}
	code := passenger.CodeOf(err)
	if code != passenger.Invalid && code != passenger.SignedOut && code != passenger.TooMuch {
		return err
	}
	p := &passwordPage{base: s.base(r, "password.title"), Forced: user.MustChange}
	p.Problem = describe(p.Words, err)
	status := statusOf[code]
	if code == passenger.SignedOut {
		status, p.Problem.Title, p.Problem.Detail = http.StatusBadRequest, p.T("password.wrong"), p.T("password.wrong_hint")
	}
	return web.RenderStatus(w, status, s.tmpl, "password", p)
}

// language keeps the choice of language and goes back.
func (s *server) language(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	for _, l := range s.words.Languages() {
		if l == r.PostForm.Get("lang") {
			s.cookie(w, web.LanguageCookie, l)
		}
	}
	http.Redirect(w, r, localPath(r.PostForm.Get("next")), http.StatusSeeOther)
	return nil
}

// keysCookie holds "off" for those who do not want shortcuts of a single key (WCAG 2.1.4).
const keysCookie = "keys"

func (s *server) keys(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	v := "on"
	if r.PostForm.Get("keys") == "off" {
		v = "off"
	}
	s.cookie(w, keysCookie, v)
	http.Redirect(w, r, localPath(r.PostForm.Get("next")), http.StatusSeeOther)
	return nil
}

func (s *server) cookie(w http.ResponseWriter, name, value string) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode})
}

// localPath is p when it is a path of this site, else the first page.
func localPath(p string) string {
	if strings.HasPrefix(p, "/") && !strings.HasPrefix(p, "//") && !strings.ContainsAny(p, "\\\r\n\t") {
		return p
	}
	return "/"
}

func formError(err error) error {
	return passenger.Wrap(passenger.Invalid, "console.form", "the form cannot be read; open the page again", err)
}
