// Package browser drives real Chromium over the real programs' pages.
package browser

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/cabinloop/cabinloop/internal/testenv"
)

// tab is one window of a browser.
type tab struct {
	*testing.T
	ctx context.Context
	axe string
}

func newTab(t *testing.T) *tab {
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
	axe, err := os.ReadFile(filepath.Join(testenv.Root(t), "test/browser/axe/axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	return &tab{t, ctx, string(axe)}
}

func run[T any](w *tab, a chromedp.Action[T]) T {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 60*time.Second)
	defer cancel()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		w.picture("failed")
		w.Fatal(err)
	}
	return v
}

func (w *tab) open(url string) { w.Helper(); run(w, chromedp.Navigate(url)) }

// test selects by the attribute that pages keep stable.
func test(name string) string { return `[data-test="` + name + `"]` }

func (w *tab) see(selector string) {
	w.Helper()
	run(w, chromedp.WaitVisible(chromedp.CSS(selector)))
}

func (w *tab) click(selector string) {
	w.Helper()
	run(w, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

func (w *tab) typeIn(selector, text string) {
	w.Helper()
	run(w, chromedp.SendKeys(chromedp.CSS(selector), text))
}

// picture keeps what the page looks like under var/test/browser.
func (w *tab) picture(name string) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 60*time.Second)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		w.Logf("picture %s: %v", name, err)
		return
	}
	dir := filepath.Join(testenv.Root(w), "var/test/browser")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		w.Fatal(err)
	}
}

const axeRun = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}).then(r => r.violations.map(v =>
	v.id + ": " + v.help + " at " + v.nodes.slice(0, 3).map(n => n.target.join(" ")).join(" | ")))`

// check takes a picture and lets axe look at the page.
func (w *tab) check(name string) {
	w.Helper()
	w.picture(name)
	run(w, chromedp.Evaluate[chromedp.Void](w.axe+"; undefined"))
	if bad := run(w, chromedp.Evaluate[[]string](axeRun, chromedp.EvalAwaitPromise)); len(bad) > 0 {
		w.Errorf("%s: axe finds\n%s", name, strings.Join(bad, "\n"))
	}
}
