package screen

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
)

// TokenPath is the address, below the host, that opens the pages for a browser: it sets the
// cookie and leads to the list of flights. token is [Config.Token].
func TokenPath(token string) string { return "/?t=" + url.QueryEscape(token) }

// cookieName is one of its own for each token: cookies are shared between the ports of a host,
// and several tablets on one machine must not sign each other out.
func cookieName(token string) string {
	sum := sha256.Sum256([]byte("cabinloop screen " + token))
	return "cabinloop-" + hex.EncodeToString(sum[:6])
}

// gate lets in browsers that hold the token of this start, and only requests that this site's own
// pages or the person made: another page in the same browser may send a read as well.
func (s *server) gate(next http.Handler) http.Handler {
	if s.Token == "" {
		return next
	}
	name := cookieName(s.Token)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := r.URL.Query().Get("t")
		if r.Method == http.MethodGet && r.URL.Path == "/" && given != "" && s.isToken(given) {
			http.SetCookie(w, &http.Cookie{Name: name, Value: s.Token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return
		}
		c, err := r.Cookie(name)
		if err != nil || !s.isToken(c.Value) {
			s.fail(w, r, errSignedOut)
			return
		}
		switch r.Header.Get("Sec-Fetch-Site") {
		case "", "same-origin", "none":
			next.ServeHTTP(w, r)
		default:
			s.fail(w, r, errForeign)
		}
	})
}

func (s *server) isToken(given string) bool {
	return subtle.ConstantTimeCompare([]byte(given), []byte(s.Token)) == 1
}
