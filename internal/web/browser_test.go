package web

import (
	"context"
	"html/template"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/cabinloop/cabinloop/internal/testenv"
)

const browserPage = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>page</title>
<meta name="htmx-config" content="{{htmxConfig}}">
<link rel="stylesheet" href="{{asset "pico.min.css"}}">
<script src="{{asset "htmx.min.js"}}"></script><script src="{{asset "sse.min.js"}}"></script><script src="{{asset "own.js"}}"></script></head>
<body><p id="inline">untouched</p><p id="own">waiting</p>
<div hx-get="/part" hx-trigger="load">waiting</div>
<div hx-ext="sse" sse-connect="/events"><p sse-swap="note">waiting</p></div>
<script>document.getElementById("inline").textContent = "inline script ran"</script></body></html>`

// TestPageWorksUnderTheStrictPolicy loads a page in a real browser: own script, htmx and its SSE
// extension work, an inline script and one in a swapped fragment do not.
func TestPageWorksUnderTheStrictPolicy(t *testing.T) {
	assets, err := NewAssets(fstest.MapFS{"own.js": {Data: []byte(
		`addEventListener("DOMContentLoaded", () => { document.getElementById("own").textContent = "own script ran" })`)}})
	if err != nil {
		t.Fatal(err)
	}
	tmpl := template.Must(template.New("page").Funcs(assets.Funcs()).Parse(browserPage))
	mux := http.NewServeMux()
	mux.Handle("GET "+AssetPrefix, assets)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		if err := Render(w, tmpl, "page", nil); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("GET /part", func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte(`<p>part swapped</p><script>document.title = "fragment script ran"</script>`))
	})
	mux.HandleFunc("GET /events", func(w http.ResponseWriter, r *http.Request) {
		events := make(chan Event, 1)
		events <- Event{Name: "note", Data: "event swapped"}
		close(events)
		if err := SSE(w, r, events, nil); err != nil {
			t.Error(err)
		}
	})
	s := httptest.NewServer(SecureHeaders(mux))
	defer s.Close()

	args := []string{"--dump-dom", "--virtual-time-budget=2000", "--user-data-dir=" + t.TempDir()}
	for _, f := range testenv.ChromiumFlags() {
		args = append(args, "--"+f)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, testenv.Chromium(t), append(args, s.URL)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	dom := string(out)
	for _, want := range []string{"own script ran", "part swapped", "event swapped", `<p id="inline">untouched</p>`, "<title>page</title>"} {
		if !strings.Contains(dom, want) {
			t.Errorf("page lacks %q:\n%s", want, dom)
		}
	}
	if strings.Contains(dom, "<style") {
		t.Error("htmx put an inline style into the page")
	}
}
