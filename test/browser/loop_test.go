package browser

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const bookings = `flight,origin,destination,std,sta,locator,surname,given,title,cabin,seat,tier,customer_id,handles
KL0641,AMS,JFK,2026-11-21T12:25:00Z,2026-11-21T20:45:00Z,QX7K2M,Jansen,Julia,MS,Y,14C,gold,C1,x:9000000000000000101
KL0641,AMS,JFK,2026-11-21T12:25:00Z,2026-11-21T20:45:00Z,QX7K2N,De Wit,Pieter,MR,Y,15A,,C2,
`

const posts = `{"channel":"x","external_id":"8800000000000000001","author_id":"9000000000000000101","author_name":"Julia <b>Jansen</b>","text":"terrible service, the meal on KL0701 was cold <script>document.title='owned'</script>","lang":"en","created_at":"2026-11-21T07:50:00Z"}
`

const flight = "KL0641/2026-11-21/AMS"

var oneTime = regexp.MustCompile(`one-time password (\S+)`)

// TestLoopInABrowser releases a note in the console, reads it on the tablet's page with the
// ground switched off, taps, lands, and finds the outcome on the receipt.
func TestLoopInABrowser(t *testing.T) {
	p := newPrograms(t, time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC))
	ground := p.serve("ground", "127.0.0.1:0")
	p.run(nil, "ground", "import", "bookings", p.write("bookings.csv", bookings))
	p.run(nil, "ground", "import", "posts", p.write("posts.jsonl", posts))
	var invite struct{ Code string }
	p.run(&invite, "ground", "tablet", "enrol", "--name", "t1")
	p.run(nil, "purser", "enrol", "--ground", ground.url, "--code", invite.Code)
	p.run(nil, "ground", "flight", "crew", flight, "--tablet", "t1", "--role", "lead")
	purser := p.serve("purser", "127.0.0.1:0")

	// The social agent signs in with the one-time password, and must choose another.
	console := newTab(t)
	run(console, chromedp.EmulateViewport(1280, 900))
	console.open(ground.url + "/")
	console.check("console-sign-in")
	password := oneTime.FindStringSubmatch(ground.said())
	if password == nil {
		t.Fatalf("no one-time password was printed:\n%s", ground.said())
	}
	console.typeIn(`input[name="name"]`, "admin")
	console.typeIn(`input[name="password"]`, password[1])
	console.click(test("sign-in"))
	console.see(test("forced"))
	console.check("console-password")
	console.typeIn(`input[name="old"]`, password[1])
	console.typeIn(`input[name="new"]`, "a long enough password")
	console.typeIn(`input[name="again"]`, "a long enough password")
	console.click(test("set-password"))
	console.see(test("signed-in"))

	// Inbox, case, consent, release.
	console.open(ground.url + "/")
	console.see(test("case-row"))
	console.check("console-inbox")
	console.click(test("case-row") + " a")
	console.see(test("tell-crew"))
	if title := run(console, chromedp.Evaluate[string](`document.title`)); strings.Contains(title, "owned") {
		t.Error("a post's script ran in the console")
	}
	casePage := run(console, chromedp.Evaluate[string](`location.href`))
	console.click(test("consent-yes"))
	console.see(test("release"))
	console.check("console-case")
	released := time.Now()
	console.click(test("release"))
	console.see(test("track-step"))

	// The purser's page shows it, with the ground on and with the ground off.
	tablet := newTab(t)
	run(tablet, chromedp.EmulateViewport(820, 1180))
	tablet.open(purser.url + "/")
	tablet.see(test("flight-row"))
	tablet.check("tablet-flights")
	tablet.click(`[data-flight="` + flight + `"]`)
	tablet.see(test("note-card"))
	t.Logf("released in the console, seen on the tablet's page after %v, page loads included", time.Since(released).Round(time.Millisecond))
	notes := run(tablet, chromedp.Evaluate[string](`location.href`))
	address := strings.TrimPrefix(ground.url, "http://")
	ground.stop()
	tablet.open(notes)
	tablet.see(test("note-card"))
	tablet.check("tablet-notes-offline")
	p.at(time.Date(2026, 11, 21, 16, 0, 0, 0, time.UTC))
	tablet.click(test("open-note"))
	tablet.see(test("outcome-acted"))
	tablet.check("tablet-note-offline")
	tablet.click(test("outcome-acted"))
	tablet.see(`[data-outcome="acted"]`)
	tablet.click(test("gesture-drink"))
	tablet.see(test("gesture"))
	tablet.check("tablet-acted-offline")
	if mark := run(tablet, chromedp.Evaluate[string](`document.querySelector('[data-outcome] [data-mark]').dataset.mark`)); mark != "1" {
		t.Errorf("with the ground off the mark is %s, want 1", mark)
	}

	// The flight lands; the ground comes back; the tablet reports.
	p.at(time.Date(2026, 11, 21, 21, 0, 0, 0, time.UTC))
	ground = p.serve("ground", address)
	p.run(nil, "ground", "flight", "movement", flight, "in")
	tablet.open(purser.url + "/status")
	tablet.click(test("sync-now"))
	tablet.see(test("sync-now"))
	tablet.check("tablet-status")
	tablet.open(notes)
	tablet.see(`[data-mark="3"]`)

	// The session is over after twelve hours. The receipt shows the outcome, and is proven once
	// the customer is answered.
	console.open(ground.url + "/")
	console.typeIn(`input[name="name"]`, "admin")
	console.typeIn(`input[name="password"]`, "a long enough password")
	console.click(test("sign-in"))
	console.see(test("signed-in"))
	console.open(casePage)
	console.see(test("track-step"))
	console.check("console-case-acted")
	console.open(ground.url + "/flights")
	console.see(test("flight-row"))
	console.check("console-flights")
	console.click(test("flight-row") + " a")
	console.see(test("sums-close"))
	console.check("console-flight")
	console.open(ground.url + "/followups")
	console.see(test("followup-row"))
	console.check("console-followups")
	console.click(test("followup-open"))
	console.see(test("reply-text"))
	console.click(test("followup-close"))
	console.see(test("said"))
	console.open(strings.Replace(casePage, "/case/", "/receipt/", 1))
	console.see(test("receipt-proven"))
	console.check("console-receipt")
	if text := run(console, chromedp.Text(chromedp.CSS("main"))); !strings.Contains(strings.ToLower(text), "acted") || strings.Contains(text, "Jansen") {
		t.Errorf("the receipt says %q; want the outcome, and no name", text)
	}
	var rec struct {
		Proven   bool
		Outcomes int
		State    string
	}
	id := casePage[strings.LastIndex(casePage, "/")+1:]
	p.run(&rec, "ground", "loop", "receipt", id)
	if !rec.Proven || rec.Outcomes != 1 || rec.State != "closed" {
		t.Errorf("receipt: %+v", rec)
	}
	for _, page := range []string{"/desk", "/tablets", "/users"} {
		console.open(ground.url + page)
		console.see("main")
		console.check("console" + strings.ReplaceAll(page, "/", "-"))
	}
	console.open(ground.url + "/")
	console.click(test("lang-nl"))
	console.see(`html[lang="nl"]`)
	console.check("console-inbox-nl")
}
