package web

import (
	"compress/gzip"
	"html/template"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func TestAssetsAreServedUnderTheirHash(t *testing.T) {
	css := "body{margin:0}" + strings.Repeat("p{margin:0}", 100)
	a, err := NewAssets(fstest.MapFS{"css/app.css": {Data: []byte(css)}, "dot.svg": {Data: []byte("<svg/>")}})
	if err != nil {
		t.Fatal(err)
	}
	for name, pattern := range map[string]string{
		"htmx.min.js": `^/assets/htmx\.min-d6fdc75f\.js$`, "sse.min.js": `^/assets/sse\.min-98a46496\.js$`,
		"pico.min.css": `^/assets/pico\.min-fbc9a63f\.css$`, "css/app.css": `^/assets/css/app-[0-9a-f]{8}\.css$`,
	} {
		if url, err := a.URL(name); err != nil || !regexp.MustCompile(pattern).MatchString(url) {
			t.Errorf("%s: got %q, %v; want %s", name, url, err, pattern)
		}
	}
	url, _ := a.URL("css/app.css")
	got := get(SecureHeaders(a), url, nil)
	if got.StatusCode != 200 || body(t, got) != css {
		t.Errorf("got status %d and another body than the file", got.StatusCode)
	}
	for header, want := range map[string]string{
		"Content-Type": "text/css; charset=utf-8", "Cache-Control": "public, max-age=31536000, immutable",
		"X-Content-Type-Options": "nosniff", "Vary": "Accept-Encoding", "Content-Encoding": "",
	} {
		if got := got.Header.Get(header); got != want {
			t.Errorf("%s: got %q, want %q", header, got, want)
		}
	}
	if got := get(a, url, http.Header{"If-None-Match": {got.Header.Get("Etag")}}); got.StatusCode != 304 {
		t.Errorf("same tag: got status %d, want 304", got.StatusCode)
	}
	if got := get(a, "/assets/css/app-00000000.css", nil); got.StatusCode != 404 {
		t.Errorf("an old hash: got status %d, want 404", got.StatusCode)
	}
	zipped := get(a, url, http.Header{"Accept-Encoding": {"br, gzip;q=0.5"}})
	if zipped.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("got encoding %q, want gzip", zipped.Header.Get("Content-Encoding"))
	}
	z, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := io.ReadAll(z); err != nil || string(plain) != css {
		t.Errorf("unzipped body is not the file (%v)", err)
	}
	if got := get(a, url, http.Header{"Accept-Encoding": {"gzip;q=0"}}); got.Header.Get("Content-Encoding") != "" {
		t.Error("gzip was refused by the browser and sent")
	}
}

func TestAssetsAreOnlyRead(t *testing.T) {
	a, err := NewAssets()
	if err != nil {
		t.Fatal(err)
	}
	url, _ := a.URL("htmx.min.js")
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequest("POST", url, nil))
	if w.Code != 405 {
		t.Errorf("got status %d, want 405", w.Code)
	}
}

func TestNewAssetsRefuses(t *testing.T) {
	for name, tree := range map[string]fstest.MapFS{
		"a name of a vendored file": {"htmx.min.js": {Data: []byte("x")}},
		"a file that is no asset":   {"page.html": {Data: []byte("x")}},
	} {
		if _, err := NewAssets(tree); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestAssetInATemplate(t *testing.T) {
	a, err := NewAssets()
	if err != nil {
		t.Fatal(err)
	}
	tmpl := template.Must(template.New("p").Funcs(a.Funcs()).Parse(`<meta name="htmx-config" content="{{htmxConfig}}"><link href="{{asset "pico.min.css"}}">`))
	w := httptest.NewRecorder()
	if err := Render(w, tmpl, "p", nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`content="{&#34;allowEval&#34;:false`, `href="/assets/pico.min-fbc9a63f.css"`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("page lacks %s:\n%s", want, w.Body)
		}
	}
	bad := template.Must(template.New("p").Funcs(a.Funcs()).Parse(`before {{asset "misspelt.css"}}`))
	w = httptest.NewRecorder()
	if err := Render(w, bad, "p", nil); err == nil || w.Body.Len() > 0 {
		t.Errorf("a misspelt asset: got error %v and %d bytes written; want an error and none", err, w.Body.Len())
	}
}

func get(h http.Handler, path string, header http.Header) *http.Response {
	r := httptest.NewRequest("GET", path, nil)
	for k, v := range header {
		r.Header[k] = v
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
