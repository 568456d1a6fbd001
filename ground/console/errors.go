package console

import (
	"context"
	"errors"
	"net/http"

	"github.com/cabinloop/cabinloop/internal/web"
	"github.com/cabinloop/cabinloop/passenger"
)

// statusOf is the HTTP status of each error code (docs/design.md, errors).
var statusOf = map[passenger.Code]int{
	passenger.Invalid: http.StatusBadRequest, passenger.NotFound: http.StatusNotFound, passenger.Exists: http.StatusConflict,
	passenger.Phase: http.StatusConflict, passenger.Raced: http.StatusConflict, passenger.SignedOut: http.StatusUnauthorized,
	passenger.Forbidden: http.StatusForbidden, passenger.TooMuch: http.StatusTooManyRequests,
	passenger.Unavailable: http.StatusServiceUnavailable, passenger.Corrupt: http.StatusInternalServerError,
	passenger.Internal: http.StatusInternalServerError,
}

// problem is a failure as people read it: a heading in their language and the error's own
// public sentence.
type problem struct {
	Code   passenger.Code
	Title  string
	Detail string
}

func describe(w *web.Words, err error) *problem {
	code := passenger.CodeOf(err)
	return &problem{Code: code, Title: w.T("problem." + string(code)), Detail: passenger.Public(err)}
}

type problemPage struct {
	base
	Problem *problem
	Back    string
}

func notFound(op string) error {
	return passenger.Errorf(passenger.NotFound, op, "there is nothing at this address; go back to the list")
}

func forbidden(op string) error {
	return passenger.Errorf(passenger.Forbidden, op, "your role does not allow this; ask the administrator")
}

// handler turns a page that returns an error into one that shows it.
func (s *server) handler(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	}
}

// fail answers with the error. What htmx asked for becomes a sentence in the page's own place
// for problems, so that what was being read and written stays.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) {
		return // the browser is gone
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		err = passenger.Wrap(passenger.TooMuch, "console.form", "the form is too large; shorten the text", err)
	}
	status, known := statusOf[passenger.CodeOf(err)]
	if !known {
		status = http.StatusInternalServerError
	}
	if status >= http.StatusInternalServerError {
		s.Log.Error("page failed", "op", r.Pattern, "err", err)
	}
	p := problemPage{base: s.base(r, "")}
	p.Problem = describe(p.Words, err)
	p.Title, p.Back = p.Problem.Title, p.Home()
	name := "problem-page"
	if isHTMX(r) {
		h := w.Header()
		h.Set("HX-Retarget", "#problem")
		h.Set("HX-Reswap", "innerHTML")
		h.Set("HX-Reselect", "#problem-text")
		name = "problem"
	}
	if err := web.RenderStatus(w, status, s.tmpl, name, p); err != nil {
		s.Log.Error("problem page failed", "err", err)
		http.Error(w, "something went wrong", http.StatusInternalServerError)
	}
}

func isHTMX(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }
