package web

import (
	"html/template"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestSecureHeadersAreOnErrorsToo(t *testing.T) {
	for name, next := range map[string]http.Handler{
		"page":  http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("x")) }),
		"error": http.NotFoundHandler(),
	} {
		h := get(SecureHeaders(next), "/", nil).Header
		for key, want := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			"Cache-Control": "no-store", "Strict-Transport-Security": "",
		} {
			if got := h.Get(key); got != want {
				t.Errorf("%s, %s: got %q, want %q", name, key, got, want)
			}
		}
		if !strings.Contains(h.Get("Permissions-Policy"), "camera=()") {
			t.Errorf("%s: Permissions-Policy is %q", name, h.Get("Permissions-Policy"))
		}
	}
	for _, bad := range []string{"unsafe-inline", "unsafe-eval", "*", "http:", "https:"} {
		if strings.Contains(policy, bad) {
			t.Errorf("the policy allows %s", bad)
		}
	}
}

func TestStrictTransportOverTLSOnly(t *testing.T) {
	s := httptest.NewTLSServer(SecureHeaders(http.NotFoundHandler()))
	defer s.Close()
	res, err := s.Client().Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.Header.Get("Strict-Transport-Security") == "" {
		t.Error("no Strict-Transport-Security over TLS")
	}
}

func TestLocalOnly(t *testing.T) {
	h := LocalOnly("127.0.0.1:8090", "localhost:8090")(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }))
	for host, want := range map[string]int{
		"127.0.0.1:8090": 204, "LOCALHOST:8090": 204,
		"127.0.0.1": 421, "127.0.0.1:8091": 421, "evil.example:8090": 421, "localhost:8090.evil.example": 421, "": 421,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("host %q: got status %d, want %d", host, w.Code, want)
		}
	}
}

func TestRenderStatus(t *testing.T) {
	tmpl := template.Must(template.New("p").Parse(`<p>{{.}}</p>`))
	w := httptest.NewRecorder()
	if err := RenderStatus(w, 404, tmpl, "p", "<b>"); err != nil {
		t.Fatal(err)
	}
	if w.Code != 404 || w.Body.String() != "<p>&lt;b&gt;</p>" || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("got %d %q %q", w.Code, w.Body, w.Header().Get("Content-Type"))
	}
	w = httptest.NewRecorder()
	if err := Render(w, tmpl, "no such page", nil); err == nil || w.Body.Len() > 0 || len(w.Header()) > 0 {
		t.Errorf("got error %v, %d bytes, headers %v; want an error and nothing written", err, w.Body.Len(), w.Header())
	}
}
