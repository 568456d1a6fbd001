package screen

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
)

const token = "a-token-of-this-start"

func TestTokenOpensThePages(t *testing.T) {
	h := handler(t, cabin(), token)
	w := do(t, h, TokenPath(token), nil)
	cookie := w.Header().Get("Set-Cookie")
	if w.Code != 303 || w.Header().Get("Location") != "/" || !strings.Contains(cookie, "HttpOnly; SameSite=Strict") {
		t.Fatalf("got %d to %q with %q", w.Code, w.Header().Get("Location"), cookie)
	}
	pair, _, _ := strings.Cut(cookie, ";")
	in := header("Cookie", pair)
	for _, tt := range []struct {
		name string
		w    *httptest.ResponseRecorder
		want int
	}{
		{"with the cookie", do(t, h, "/", nil, in), 200},
		{"own page", do(t, h, "/", nil, in, header("Sec-Fetch-Site", "same-origin")), 200},
		{"without", do(t, h, "/", nil), 401},
		{"without, another page", do(t, h, noteURL, nil), 401},
		{"without, stream", do(t, h, "/events", nil), 401},
		{"without, form", do(t, h, noteURL+"/outcome", fill("do", "acted")), 401},
		{"wrong token", do(t, h, TokenPath("guess"), nil), 401},
		{"token elsewhere", do(t, h, "/status?t="+token, nil), 401},
		{"a cookie of another start", do(t, h, "/", nil, header("Cookie", cookieName("other")+"=other")), 401},
		{"a wrong value", do(t, h, "/", nil, header("Cookie", cookieName(token)+"=other")), 401},
		{"read from another site", do(t, h, "/", nil, in, header("Sec-Fetch-Site", "cross-site")), 403},
		{"read from another port", do(t, h, "/", nil, in, header("Sec-Fetch-Site", "same-site")), 403},
	} {
		if tt.w.Code != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, tt.w.Code, tt.want)
		}
		if tt.want != 200 && strings.Contains(tt.w.Body.String(), "Jansen") {
			t.Errorf("%s: a passenger's name", tt.name)
		}
	}
	if w := do(t, h, "/", nil); !strings.Contains(w.Body.String(), "open these pages from the Cabinloop program") {
		t.Error("the refusal does not say what to do")
	}
}

func TestOtherHostsSitesAndMethods(t *testing.T) {
	f := cabin()
	h := handler(t, f, "")
	rebound := do(t, h, "/", nil, func(r *http.Request) { r.Host = "evil.example:8090" })
	port := do(t, h, "/", nil, func(r *http.Request) { r.Host = "127.0.0.1:8091" })
	cross := do(t, h, noteURL+"/outcome", fill("do", "acted"), header("Sec-Fetch-Site", "cross-site"))
	origin := do(t, h, noteURL+"/outcome", fill("do", "acted"), header("Origin", "https://evil.example"))
	for want, list := range map[int][]*httptest.ResponseRecorder{421: {rebound, port}, 403: {cross, origin}} {
		for i, w := range list {
			if w.Code != want {
				t.Errorf("%d: got %d, want %d", i, w.Code, want)
			}
		}
	}
	for _, path := range []string{noteURL + "/outcome", noteURL + "/open", "/sync", flightURL + "/hand-in"} {
		if w := do(t, h, path, nil); w.Code != 405 {
			t.Errorf("GET %s: got %d, want 405", path, w.Code)
		}
	}
	for _, path := range []string{"/", "/status", noteURL} {
		if w := do(t, h, path, url.Values{}); w.Code != 405 {
			t.Errorf("POST %s: got %d, want 405", path, w.Code)
		}
	}
	if len(f.entries) > 0 {
		t.Error("a foreign form was recorded")
	}
}

func TestHeaders(t *testing.T) {
	for _, path := range []string{"/", noteURL, "/nowhere", "/flight/x"} {
		h := do(t, handler(t, cabin(), ""), path, nil).Header()
		if h.Get("Cache-Control") != "no-store" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || strings.Contains(h.Get("Content-Security-Policy"), "unsafe") {
			t.Errorf("%s: got %v", path, h)
		}
	}
	for _, path := range []string{"/", flightURL, noteURL, "/status"} {
		body := do(t, handler(t, cabin(), ""), path, nil).Body.String()
		for _, bad := range []string{"<style", " style=", "onclick", "javascript:", "http://", "//cdn"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s has %q", path, bad)
			}
		}
	}
}

func TestNewRefusesHalfAConfig(t *testing.T) {
	if _, err := New(Config{}); passenger.CodeOf(err) != passenger.Invalid {
		t.Errorf("got %v, want invalid", err)
	}
}
