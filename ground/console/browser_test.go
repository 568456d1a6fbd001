package console_test

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/internal/testenv"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// window is a tab of a real browser.
type window struct {
	*world
	tab context.Context
	axe string
}

func (w *world) window() *window {
	w.Helper()
	opts := []chromedp.ExecAllocatorOption{chromedp.ExecPath(testenv.Chromium(w)), chromedp.UserDataDir(w.TempDir()), chromedp.WindowSize(1440, 900)}
	for _, f := range testenv.ChromiumFlags() {
		opts = append(opts, chromedp.Flag(f, true))
	}
	alloc, cancel := chromedp.NewExecAllocator(w.ctx, opts...)
	w.Cleanup(cancel)
	tab, cancel := chromedp.NewContext(alloc)
	w.Cleanup(cancel)
	w.must(chromedp.Do(tab))
	axe, err := os.ReadFile(filepath.Join(testenv.Root(w), "test/browser/axe/axe.min.js"))
	w.must(err)
	return &window{w, tab, string(axe)}
}

func run[T any](w *window, a chromedp.Action[T]) T {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.tab, 40*time.Second)
	defer cancel()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		w.picture("failed")
		w.Fatal(err)
	}
	return v
}

func (w *window) open(path string) { w.Helper(); run(w, chromedp.Navigate(w.url+path)) }
func (w *window) see(sel string)   { w.Helper(); run(w, chromedp.WaitVisible(chromedp.CSS(sel))) }
func (w *window) click(sel string) {
	w.Helper()
	run(w, chromedp.Click(chromedp.CSS(sel), chromedp.NodeVisible))
}
func (w *window) keys(s string) { w.Helper(); run(w, chromedp.KeyEvent(s)) }

// picture keeps what the page looks like under var/test/console.
func (w *window) picture(name string) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.tab, 40*time.Second)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		w.Logf("picture %s: %v", name, err)
		return
	}
	dir := filepath.Join(testenv.Root(w), "var/test/console")
	w.must(os.MkdirAll(dir, 0o755))
	w.must(os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644))
}

const axeRun = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}).then(r => r.violations.map(v =>
	v.id + ": " + v.help + " at " + v.nodes.slice(0, 3).map(n => n.target.join(" ") + " " + n.failureSummary).join(" | ")))`

// check takes a picture and lets axe look at the page.
func (w *window) check(name string) {
	w.Helper()
	w.picture(name)
	run(w, chromedp.Evaluate[chromedp.Void](w.axe+"; undefined"))
	if bad := run(w, chromedp.Evaluate[[]string](axeRun, chromedp.EvalAwaitPromise)); len(bad) > 0 {
		w.Errorf("%s: axe finds\n%s", name, strings.Join(bad, "\n"))
	}
	if wide := run(w, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > document.documentElement.clientWidth`)); wide {
		w.Errorf("%s: wider than the window", name)
	}
}

// TestInABrowser looks at every page in real Chromium, and works as an agent does: by keys.
func TestInABrowser(t *testing.T) {
	w := newWorld(t)
	w.seed()
	forms := w.user("nora", "social", "ground", "admin")
	win := w.window()
	win.open("/")
	win.check("sign-in")
	run(win, chromedp.SendKeys(chromedp.CSS(`input[name="name"]`), "nora"))
	run(win, chromedp.SendKeys(chromedp.CSS(`input[name="password"]`), password))
	win.click(`[data-test="sign-in"]`)
	win.see(`[data-test="case-row"]`)
	win.check("inbox")

	// A new post arrives while the inbox is open.
	_, err := w.cases.Import(w.ctx, []passenger.Post{{Channel: passenger.X, ExternalID: "n1", AuthorID: "n1", AuthorName: "Ravi Shah", Text: "Two hours delay on KL0641, nobody tells us anything. Awful.", Lang: "en", CreatedAt: w.clock.now()}}, nil)
	w.must(err)
	win.see(`[data-test="news"]`)
	win.picture("inbox-news")
	win.click(`[data-test="news"]`)
	win.see(`[data-case="` + w.caseOf(passenger.X, "n1").String() + `"]`)

	// By keys: to a case, its note, and release.
	id := w.caseOf(passenger.X, "p100")
	forms.confirmed(id, w.personOf("100"))
	win.open("/?topic=meal")
	win.see(`[data-test="case-row"]`)
	win.keys("j")
	win.picture("inbox-keys")
	win.keys("f")
	win.see(`[data-test="release"]`)
	win.check("case-confirmed")
	win.click(`input[name="do"][value="d.drink"]`)
	win.see(`#preview [data-test="preview-en"]`)
	run(win, chromedp.Poll[bool](`document.querySelector("#preview [data-test=preview-en]").textContent.includes("Offer a drink")`))
	run(win, chromedp.Evaluate[bool](`document.activeElement.blur(); true`))
	win.keys("f")
	win.see(`[data-step="compiled"][data-done="true"]`)
	win.check("case-flagged")

	// What the crew does shows by itself.
	tab := w.tablet("iPad 12", first, passenger.Lead)
	second := w.tablet("iPad 13", first, passenger.Cabin)
	tab.sync()
	second.sync()
	win.see(`[data-step="delivered"][data-done="true"]`)
	tab.record(passenger.Feedback{Outcome: passenger.Acted, Reaction: passenger.Pleased})
	tab.sync()
	win.see(`[data-step="outcome"][data-done="true"]`)
	win.check("case-acted")

	hostile := w.caseOf(passenger.X, "h1")
	forms.done("/case/"+hostile.String()+"/link", url.Values{"person": {w.personOf("102").ID.String()}, "decision": {"confirm"}})
	forms.done("/case/"+hostile.String()+"/flag", nil)
	forms.done("/case/"+w.caseOf(passenger.X, "p101").String()+"/flag", nil)
	win.open("/case/" + hostile.String())
	win.check("case-hostile")
	if got := run(win, chromedp.Evaluate[int](`document.querySelectorAll(".words script, .words img, .words a").length`)); got != 0 {
		t.Errorf("%d live elements in a post", got)
	}
	win.open("/desk")
	win.check("desk")
	win.open("/flights")
	win.check("flights")
	flight := "/flight/" + w.flightRow(first).ID.String()
	win.open(flight)
	win.check("flight")

	w.clock.add(10 * time.Minute)
	w.must(w.dispatch.Move(w.ctx, first, movement(passenger.Off, w.clock.now())))
	w.must(w.dispatch.Move(w.ctx, first, movement(passenger.In, w.clock.now())))
	win.see(`[data-test="seal"]`)
	tab.write(flightsync.FinAnywayDraft(passenger.NoTimeToWait, 1))
	tab.sync()
	win.open(flight)
	win.see(`[data-mark="handed-in"] [data-test="hand-in-why"]`)
	win.see(`[data-mark="waiting"] [data-test="hand-in-why"]`)
	win.check("flight-landed")
	win.click(`[data-test="seal"]`)
	win.see(`[data-stage="sealed"]`)
	win.open("/followups")
	win.check("followups")
	win.open("/case/" + id.String())
	win.see(`[data-test="reply-text"]`)
	win.check("case-reply")
	win.click(`[data-test="followup-close"]`)
	win.see(`[data-test="case-closed"]`)
	win.open("/receipt/" + id.String())
	win.see(`[data-proven="true"]`)
	win.check("receipt")

	win.open("/tablets")
	run(win, chromedp.SendKeys(chromedp.CSS(`input[name="name"]`), "iPad 14"))
	win.click(`[data-test="invite"]`)
	win.see(`[data-test="enrol-code"]`)
	win.check("tablets")
	win.open("/users")
	run(win, chromedp.SendKeys(chromedp.CSS(`input[name="name"]`), "olga"))
	win.click(`input[name="role"][value="ground"]`)
	win.click(`[data-test="add-user"]`)
	win.see(`[data-test="one-time-password"]`)
	win.check("users")
	win.open("/nowhere")
	win.check("problem")
	win.click(`[data-test="lang-nl"]`)
	win.see(`html[lang="nl"] body`)
	win.open("/case/" + id.String())
	win.check("case-nl")
	win.open(flight)
	win.check("flight-nl")
	run(win, chromedp.EmulateViewport(390, 844))
	for name, path := range map[string]string{"inbox": "/", "case": "/case/" + id.String(), "flights": "/flights", "flight": flight} {
		win.open(path)
		win.check(name + "-phone")
	}
	if p := forms.get("/"); p.status != http.StatusOK {
		t.Errorf("status %d", p.status)
	}
}

func movement(m passenger.Movement, at time.Time) ground.MovementUpdate {
	return ground.MovementUpdate{Fact: flightsync.MovementFact{Word: m, At: at}}
}
