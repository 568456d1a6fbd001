package console

import (
	"net/http"
	"slices"
	"strings"
)

// route is one address with who may use it.
type route struct {
	method, path string
	act          string // of auth.May; anyone is without sign-in, signedIn with any role
	page         func(http.ResponseWriter, *http.Request) error
}

const (
	anyone   = "-"
	signedIn = ""
)

// table lists every address, grouped by who may see it.
func (s *server) table() []route {
	return []route{
		{"GET", "/sign-in", anyone, s.signInPage},
		{"POST", "/sign-in", anyone, s.signIn},
		{"POST", "/language", anyone, s.language},

		{"POST", "/sign-out", signedIn, s.signOut},
		{"GET", "/password", signedIn, s.passwordPage},
		{"POST", "/password", signedIn, s.setPassword},
		{"POST", "/keys", signedIn, s.keys},
		{"GET", "/events", signedIn, s.events},
		{"GET", "/{$}", signedIn, s.inbox}, // leads those who may not read cases to their own first page

		{"GET", "/news", "cases", s.news},
		{"GET", "/case/{id}", "cases", s.casePage},
		{"GET", "/case/{id}/preview", "cases", s.preview},
		{"POST", "/case/{id}/flag", "flag", s.flag},
		{"POST", "/case/{id}/link", "flag", s.link},
		{"POST", "/case/{id}/consent", "flag", s.consent},
		{"POST", "/case/{id}/recall", "flag", s.recall},
		{"GET", "/desk", "desk", s.desk},
		{"POST", "/desk/{item}", "desk", s.decideDesk},

		{"GET", "/flights", "flights", s.flights},
		{"GET", "/flight/{id}", "flights", s.flightPage},
		{"POST", "/flight/{id}/event", "flag", s.eventNote},
		{"POST", "/flight/{id}/seal", "seal", s.seal},
		{"POST", "/flight/{id}/reopen", "seal", s.reopen},

		{"GET", "/followups", "followups", s.followUps},
		{"GET", "/followup/{id}", "followups", s.followUpPage},
		{"POST", "/followup/{id}", "followups", s.closeFollowUp},
		{"GET", "/receipt/{case}", "flights", s.receipt},

		{"GET", "/tablets", "tablets", s.tablets},
		{"POST", "/tablets", "tablets", s.invite},
		{"POST", "/tablets/revoke", "tablets", s.revoke},
		{"POST", "/flight/{id}/held", "tablets", s.decideHeld},
		{"GET", "/users", "users", s.users},
		{"POST", "/users", "users", s.addUser},
		{"POST", "/users/disable", "users", s.disableUser},
	}
}

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	methods := map[string][]string{}
	for _, r := range s.table() {
		mux.Handle(r.method+" "+r.path, s.allow(r.act, s.handler(r.page)))
		methods[r.path] = append(methods[r.path], r.method)
	}
	for path, known := range methods {
		if slices.Contains(known, "GET") {
			known = append(known, "HEAD")
		}
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", strings.Join(known, ", "))
			http.Error(w, "this address does not take that method", http.StatusMethodNotAllowed)
		})
	}
	mux.Handle("/", s.allow(signedIn, s.handler(func(http.ResponseWriter, *http.Request) error { return notFound("console.routes") })))
	return mux
}
