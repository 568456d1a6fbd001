package screen

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/cabinloop/cabinloop/internal/testenv"
	"github.com/cabinloop/cabinloop/passenger"
)

// axeRun is evaluated in the page: the rules that were broken, with the first places.
const axeRun = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(r => r.violations.map(v =>
	v.id + ": " + v.help + " at " + v.nodes.slice(0, 3).map(n => n.target.join(" ") + " " + n.any.concat(n.all).map(c => c.message).join("; ")).join(" | ")))`

// small lists what is too small to tap: under 24 CSS pixels, or a button under 48 high.
const small = `[...document.querySelectorAll("a,button,summary,input:not([type=hidden]),textarea")].filter(e => !e.closest(".skip") && !e.closest("noscript")).map(e => [e, e.getBoundingClientRect()])
	.filter(([e, b]) => b.width > 0 && (b.width < 24 || b.height < 48)).map(([e, b]) => e.outerHTML.slice(0, 90) + " " + b.width + "x" + b.height)`

func browser(t *testing.T) context.Context {
	t.Helper()
	opts := []chromedp.ExecAllocatorOption{chromedp.ExecPath(testenv.Chromium(t)), chromedp.UserDataDir(t.TempDir())}
	for _, f := range testenv.ChromiumFlags() {
		opts = append(opts, chromedp.Flag(f, true))
	}
	alloc, cancel := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

func serve(t *testing.T, f *fake) string {
	t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	h, err := New(Config{Agent: f, Cabin: f, Now: func() time.Time { return now }, Hosts: []string{srv.Listener.Addr().String()}, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	srv.Config.Handler = h
	srv.Start()
	t.Cleanup(func() { srv.CloseClientConnections(); srv.Close() })
	return srv.URL
}

func run[T any](t *testing.T, ctx context.Context, a chromedp.Action[T]) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestPagesInABrowser draws every page in both lights, on a small and a large screen, asks axe
// and keeps the pictures in var/test/screen.
func TestPagesInABrowser(t *testing.T) {
	axe, err := os.ReadFile(filepath.Join(testenv.Root(t), "test/browser/axe/axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	pictures := filepath.Join(testenv.Root(t), "var/test/screen")
	if err := os.MkdirAll(pictures, 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, url := browser(t), serve(t, cabin())
	run(t, ctx, chromedp.Navigate(url+TokenPath(token)))
	pages := []struct{ name, path string }{{"flights", "/"}, {"notes", flightURL}, {"note", noteURL}, {"outcome", flightURL + "/note/3.3"},
		{"dispute", flightURL + "/note/3.4"}, {"gone", flightURL + "/note/3.5"}, {"people", flightURL + "/people"}, {"status", "/status"}, {"cabin", "/cabin"}, {"missing", "/flight/none"}}
	for _, mode := range []string{"light", "dark"} { // dark is the default: this order always changes the page
		run(t, ctx, chromedp.Navigate(url+"/status"))
		run(t, ctx, chromedp.Click(chromedp.CSS(`[data-test="mode-`+mode+`"]`)))
		run(t, ctx, chromedp.WaitVisible(chromedp.CSS(`html[data-mode="`+mode+`"]`)))
		for _, size := range []struct{ w, h int64 }{{360, 740}, {820, 1180}} {
			run(t, ctx, chromedp.EmulateViewport(size.w, size.h))
			for _, p := range pages {
				where := fmt.Sprintf("%s-%s-%d", p.name, mode, size.w)
				run(t, ctx, chromedp.Navigate(url+p.path))
				run(t, ctx, chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach(d => d.open = `+fmt.Sprint(size.w > 500)+`)`))
				if wide := run(t, ctx, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`)); wide > size.w {
					t.Errorf("%s: %d pixels wide, the screen has %d", where, wide, size.w)
				}
				for _, s := range run(t, ctx, chromedp.Evaluate[[]string](small)) {
					t.Errorf("%s: hard to tap: %s", where, s)
				}
				run(t, ctx, chromedp.Evaluate[chromedp.Void](string(axe)+"; undefined"))
				for _, v := range run(t, ctx, chromedp.Evaluate[[]string](axeRun, chromedp.EvalAwaitPromise)) {
					t.Errorf("%s: %s", where, v)
				}
				png := run(t, ctx, chromedp.FullScreenshot(100))
				if err := os.WriteFile(filepath.Join(pictures, where+".png"), png, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// TestTapsInABrowser is a purser's minute: open, act, see the mark, add a drink; and the list
// changes by itself when another tablet reports, more than once.
func TestTapsInABrowser(t *testing.T) {
	f := cabin()
	ctx, url := browser(t), serve(t, f)
	run(t, ctx, chromedp.Navigate(url+TokenPath(token)))
	tap := func(sel string) {
		t.Helper()
		run(t, ctx, chromedp.Click(chromedp.CSS(sel), chromedp.NodeVisible))
	}
	see := func(sel string) {
		t.Helper()
		run(t, ctx, chromedp.WaitReady(chromedp.CSS(sel)))
	}
	tap(`[data-flight="KL0641/2026-11-21/AMS"]`)
	see(`[data-test="notes"]`)
	tap(`[data-dot="3.1"] [data-test="open-note"]`)
	tap(`[data-test="outcome-acted"]`)
	see(`[data-outcome="acted"] [data-mark="1"]`)
	if said := run(t, ctx, chromedp.Text(chromedp.CSS(`[data-test="said"]`))); !strings.Contains(said, "Recorded, Saved on this tablet") {
		t.Errorf("the live region says %q", said)
	}
	tap(`[data-test="gesture-drink"]`)
	see(`[data-test="gesture"]`)

	f.mu.Lock()
	f.page.Cards[2].Mark, f.page.Cards[2].Heads[0].Mark = 3, 3
	f.mu.Unlock()
	// A change told before the page listens is not told again by the page: tell until it shows.
	until := func(js string) {
		t.Helper()
		for range 240 {
			f.change(kl641)
			if run(t, ctx, chromedp.Evaluate[bool](js)) {
				return
			}
			time.Sleep(250 * time.Millisecond)
		}
		t.Fatalf("the page never changed to %s", js)
	}
	until(`document.querySelector('[data-outcome="acted"] [data-mark="3"]') !== null`)

	run(t, ctx, chromedp.Navigate(url+flightURL))
	see(`[data-dot="3.2"] [data-test="open-note"]`)
	for _, o := range []passenger.Outcome{passenger.Declined, passenger.Acted} {
		f.mu.Lock()
		f.page.Cards[1].Outcome = &passenger.Feedback{Outcome: o}
		f.mu.Unlock()
		want := map[passenger.Outcome]string{passenger.Declined: "Declined", passenger.Acted: "Acted"}[o]
		until(`document.querySelector('[data-dot="3.2"] [data-test="outcome"]')?.textContent.includes("` + want + `") === true`)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.entries) != 2 || f.entries[0].Nonce == f.entries[1].Nonce || len(f.seen) == 0 {
		t.Errorf("got %d entries, seen %v; want two entries with nonces of their own and the note seen", len(f.entries), f.seen)
	}
}
