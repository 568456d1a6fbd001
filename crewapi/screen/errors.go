package screen

import (
	"context"
	"errors"
	"net/http"

	"github.com/cabinloop/cabinloop/internal/web"
	"github.com/cabinloop/cabinloop/passenger"
)

var (
	errSignedOut = passenger.Errorf(passenger.SignedOut, "screen.gate", "open these pages from the Cabinloop program on this tablet")
	errForeign   = passenger.Errorf(passenger.Forbidden, "screen.gate", "another page asked for this; open Cabinloop itself")
)

// statusOf is the HTTP status of each error code, as docs/design.md has it.
var statusOf = map[passenger.Code]int{
	passenger.Invalid: http.StatusBadRequest, passenger.NotFound: http.StatusNotFound, passenger.Exists: http.StatusConflict,
	passenger.Phase: http.StatusConflict, passenger.Raced: http.StatusConflict, passenger.SignedOut: http.StatusUnauthorized,
	passenger.Forbidden: http.StatusForbidden, passenger.TooMuch: http.StatusTooManyRequests,
	passenger.Unavailable: http.StatusServiceUnavailable, passenger.Corrupt: http.StatusInternalServerError,
	passenger.Internal: http.StatusInternalServerError,
}

// problem is a failure as the purser reads it: a heading and a sentence, see [say].
type problem struct {
	Code   passenger.Code
	Title  string
	Detail string
}

func describe(w *web.Words, err error) *problem {
	code := passenger.CodeOf(err)
	return &problem{Code: code, Title: w.T("problem." + string(code)), Detail: say(w, err)}
}

// say is the error's public sentence, in the reader's language where the messages have it.
func say(w *web.Words, err error) string {
	if e, ok := errors.AsType[*passenger.Error](err); ok && e.Key != "" {
		return w.T(e.Key, e.Args...)
	}
	return passenger.Public(err)
}

type problemPage struct {
	base
	Problem *problem
}

// page turns a handler that returns an error into one that shows it.
func (s *server) page(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	}
}

// fail answers with the error. To htmx it sends a sentence for the page's own place for problems,
// so that what the purser was reading stays on the screen.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) {
		return // the browser is gone
	}
	status := statusOf[passenger.CodeOf(err)]
	if status >= 500 {
		s.Log.Error("page failed", "op", r.Pattern, "err", err)
	}
	p := problemPage{base: s.base(r)}
	p.Problem = describe(p.Words, err)
	p.Title = p.Problem.Title
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
		http.Error(w, passenger.Public(err), http.StatusInternalServerError)
	}
}
