package console

import (
	"net/http"
	"strings"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/followup"
	"github.com/cabinloop/cabinloop/internal/web"
)

type tabletsPage struct {
	base
	Tablets []ground.Tablet
	Ended   map[string][]followup.Ended // by tablet: flights it may hold entries of, or that wait for a decision
	Name    string                      // of the tablet just invited
	Code    string                      // its code, shown this once
}

// State says in a word how a tablet stands.
func (p *tabletsPage) State(t ground.Tablet) string {
	switch a := t.Access(); {
	case a.Held():
		return string(a)
	case t.EnrolledAt.IsZero():
		return "invited"
	}
	return "enrolled"
}

func (s *server) tablets(w http.ResponseWriter, r *http.Request) error {
	return s.tabletList(w, r, "", "")
}

func (s *server) tabletList(w http.ResponseWriter, r *http.Request, name, code string) error {
	p := &tabletsPage{base: s.page(r, "tablets", "tablets.title"), Name: name, Code: code}
	ctx := r.Context()
	if err := s.Store.Read(ctx, func(tx ground.Tx) (err error) {
		p.Tablets, err = tx.ListTablets(ctx)
		return err
	}); err != nil {
		return err
	}
	ended, err := s.FollowUps.Ended(ctx)
	if err != nil {
		return err
	}
	p.Ended = map[string][]followup.Ended{}
	for _, e := range ended {
		p.Ended[e.Tablet] = append(p.Ended[e.Tablet], e)
	}
	return web.Render(w, s.tmpl, "tablets", p)
}

// invite answers with the page and not with a redirect: the code is kept nowhere to show later.
func (s *server) invite(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	name := strings.TrimSpace(r.PostForm.Get("name"))
	code, err := s.Tablets.Invite(r.Context(), name, actor(r, "tablets").Name)
	if err != nil {
		return err
	}
	return s.tabletList(w, r, name, code)
}

func (s *server) revoke(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	lost := r.PostForm.Get("how") == "lost"
	if err := s.Tablets.Revoke(r.Context(), r.PostForm.Get("name"), lost, actor(r, "tablets").Name); err != nil {
		return err
	}
	return s.done(w, r, "said.revoked", "/tablets")
}
