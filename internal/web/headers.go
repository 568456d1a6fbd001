package web

import (
	"net/http"
	"slices"
	"strings"
)

// policy allows what a page of ours needs and nothing else: no inline script or style, no frame,
// nothing from another host. img-src has data: for Pico's embedded icons.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// SecureHeaders sets the security headers of every answer before next runs, so that errors carry
// them too. Pages are not to be stored anywhere (no-store); [Assets] overrides that for its files.
func SecureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()")
		h.Set("Cache-Control", "no-store")
		if r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=63072000")
		}
		next.ServeHTTP(w, r)
	})
}

// LocalOnly answers only requests whose Host is one of hosts ("127.0.0.1:8090"), and others with
// 421 Misdirected Request. A server on the loopback needs it: a page of another site can make a
// name of its own point to 127.0.0.1 and read what this server says (DNS rebinding). Hosts are
// compared whole, port included, without regard to case.
func LocalOnly(hosts ...string) func(http.Handler) http.Handler {
	allowed := slices.Clone(hosts)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !slices.ContainsFunc(allowed, func(h string) bool { return strings.EqualFold(h, r.Host) }) {
				http.Error(w, "this address does not serve that host", http.StatusMisdirectedRequest)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}
