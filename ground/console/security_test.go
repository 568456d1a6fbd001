package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// TestRoles asks for every address in every role. A form that is let in may still be refused
// for what it says: only 403, and the way to the sign-in page, count as not let in.
func TestRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	who := map[string]*browser{"nobody": w.browser(), "social": w.user("nora", "social"), "ground": w.user("gerrit", "ground"), "admin": w.user("ada", "admin")}
	c := "/case/" + w.caseOf(passenger.X, "p100").String()
	f := "/flight/" + w.flightRow(first).ID.String()
	u := uuid.NewString()
	for _, r := range []struct{ method, path, roles string }{
		{"GET", "/", "social ground admin"}, {"GET", "/password", "social ground admin"}, {"POST", "/keys", "social ground admin"},
		{"GET", "/news", "social"}, {"GET", c, "social"}, {"GET", c + "/preview", "social"}, {"POST", c + "/flag", "social"},
		{"POST", c + "/link", "social"}, {"POST", c + "/consent", "social"}, {"POST", c + "/recall", "social"},
		{"GET", "/desk", "social"}, {"POST", "/desk/77", "social"},
		{"GET", "/flights", "social ground admin"}, {"GET", f, "social ground admin"}, {"POST", f + "/event", "social"}, {"POST", f + "/seal", "ground admin"},
		{"GET", "/followups", "social ground"}, {"GET", "/followup/77", "social ground"}, {"POST", "/followup/77", "social ground"},
		{"GET", "/receipt/" + u, "social ground admin"},
		{"GET", "/tablets", "ground admin"}, {"POST", "/tablets", "ground admin"}, {"POST", "/tablets/revoke", "ground admin"},
		{"GET", "/users", "admin"}, {"POST", "/users", "admin"}, {"POST", "/users/disable", "admin"},
	} {
		for role, b := range who {
			var p page
			if r.method == "GET" {
				p = b.get(r.path)
			} else {
				p = b.post(r.path, nil)
			}
			in := strings.Contains(" "+r.roles+" ", " "+role+" ")
			out := p.status == http.StatusForbidden || p.status == http.StatusUnauthorized || p.header.Get("Location") == "/sign-in"
			if in == out {
				t.Errorf("%s %s as %s: status %d to %q, let in should be %v", r.method, r.path, role, p.status, p.header.Get("Location"), in)
			}
			if p.status >= 500 || role != "nobody" && strings.Contains(p.body, "⟦") {
				t.Errorf("%s %s as %s: status %d\n%s", r.method, r.path, role, p.status, p.body)
			}
		}
	}
	if p := who["ground"].get("/"); p.header.Get("Location") != "/flights" {
		t.Errorf("ground operations start at %q, want the flight board", p.header.Get("Location"))
	}
	who["admin"].has(who["admin"].get(f), "!Vries") // nobody on board yet
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("nora", "social")
	b := w.browser()
	wrongName := b.post("/sign-in", url.Values{"name": {"norah"}, "password": {password}})
	wrongPassword := b.post("/sign-in", url.Values{"name": {"nora"}, "password": {"wrong"}})
	same := strings.ReplaceAll(wrongName.body, "norah", "nora")
	if wrongName.status != 401 || wrongPassword.status != 401 || same != wrongPassword.body {
		t.Errorf("a wrong name and a wrong password differ: %d %d\n%s\n%s", wrongName.status, wrongPassword.status, wrongName.body, wrongPassword.body)
	}
	if p := b.post("/sign-in", url.Values{"name": {" NORA"}, "password": {password}}); p.status != 429 {
		t.Errorf("at once after a failure: status %d, want 429", p.status)
	}
	for i := range 5 { // waits of 1, 2, 4 … seconds
		w.clock.add(time.Duration(1<<i) * time.Second)
		if p := b.post("/sign-in", url.Values{"name": {"nora"}, "password": {"wrong"}}); p.status != 401 {
			t.Fatalf("attempt %d after its wait: status %d, want 401", i, p.status)
		}
	}
	w.clock.add(31 * time.Second)
	if p := b.post("/sign-in", url.Values{"name": {"nora"}, "password": {password}}); p.status != 429 {
		t.Errorf("before the wait is over: status %d, want 429", p.status)
	}
	w.clock.add(time.Second)
	p := b.post("/sign-in", url.Values{"name": {"nora"}, "password": {password}})
	c := p.header.Get("Set-Cookie")
	if p.status != 303 || !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Lax") {
		t.Errorf("the right password after the wait: status %d, cookie %q", p.status, c)
	}
	if p := b.get("/sign-in"); p.status != 303 {
		t.Errorf("the sign-in page for who is signed in: %d", p.status)
	}
	b.done("/sign-out", nil)
	if p := b.get("/"); p.header.Get("Location") != "/sign-in" {
		t.Errorf("after signing out: status %d", p.status)
	}
}

// TestFixation plants a session token before the sign-in.
func TestFixation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("nora", "social")
	b := w.browser()
	at, err := url.Parse(w.url)
	w.must(err)
	b.http.Jar.SetCookies(at, []*http.Cookie{{Name: "cabinloop", Value: "planted", Path: "/"}})
	b.done("/sign-in", url.Values{"name": {"nora"}, "password": {password}})
	before := b.http.Jar.Cookies(at)[0].Value
	if before == "planted" {
		t.Fatal("the token did not change at sign-in")
	}
	thief := w.browser()
	thief.http.Jar.SetCookies(at, []*http.Cookie{{Name: "cabinloop", Value: "planted", Path: "/"}})
	if p := thief.get("/"); p.header.Get("Location") != "/sign-in" {
		t.Errorf("the planted token is signed in: %d", p.status)
	}
	w.clock.add(2 * time.Second)
	b.done("/sign-in", url.Values{"name": {"nora"}, "password": {password}})
	thief.http.Jar.SetCookies(at, []*http.Cookie{{Name: "cabinloop", Value: before, Path: "/"}})
	if p := thief.get("/"); p.header.Get("Location") != "/sign-in" {
		t.Errorf("the token of before a second sign-in still works: %d", p.status)
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	signedIn := func(b *browser) bool { b.Helper(); return b.get("/flights").status == 200 }
	b := w.user("nora", "social")
	w.clock.add(59 * time.Minute)
	if !signedIn(b) {
		t.Error("idle for 59 minutes: signed out")
	}
	w.clock.add(time.Hour)
	if signedIn(b) {
		t.Error("idle for an hour: signed in")
	}
	b = w.signIn("nora")
	for range 23 {
		w.clock.add(31 * time.Minute)
		if !signedIn(b) {
			t.Fatal("signed out within the shift")
		}
	}
	w.clock.add(31 * time.Minute)
	if signedIn(b) {
		t.Error("signed in after twelve hours")
	}
	b = w.signIn("nora")
	w.clock.add(40 * time.Minute)
	if p := b.get("/flights", "HX-Request", "true"); p.status != 200 {
		t.Errorf("a refresh: %d", p.status)
	}
	w.clock.add(40 * time.Minute)
	if p := b.get("/flights", "HX-Request", "true"); p.status != 401 || p.header.Get("HX-Redirect") != "/sign-in" {
		t.Errorf("a page that refreshes itself keeps a session alive: %d", p.status)
	}
	b = w.signIn("nora")
	w.must(w.users.Disable(w.ctx, "nora", "ada"))
	if signedIn(b) {
		t.Error("a disabled user is signed in")
	}
}

func TestOneTimePassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	once, err := w.users.Add(w.ctx, "new", []string{"social"}, "ada")
	w.must(err)
	b := w.browser()
	b.done("/sign-in", url.Values{"name": {"new"}, "password": {once}})
	other := w.browser()
	other.done("/sign-in", url.Values{"name": {"new"}, "password": {once}})
	for _, path := range []string{"/", "/flights", "/events"} {
		if p := b.get(path); p.header.Get("Location") != "/password" {
			t.Errorf("%s before the password is changed: status %d", path, p.status)
		}
	}
	b.has(b.get("/password"), `data-test="forced"`)
	for name, f := range map[string]url.Values{
		"short":        {"old": {once}, "new": {"short"}, "again": {"short"}},
		"not repeated": {"old": {once}, "new": {password}, "again": {"another password"}},
		"the same":     {"old": {once}, "new": {once}, "again": {once}},
	} {
		w.clock.add(time.Minute)
		if p := b.post("/password", f); p.status != 400 {
			t.Errorf("%s: status %d, want 400", name, p.status)
		}
	}
	if p := b.post("/password", url.Values{"old": {"wrong"}, "new": {password}, "again": {password}}); p.status != 400 || !strings.Contains(p.body, "current password is wrong") {
		t.Errorf("wrong old password: %d", p.status)
	}
	w.clock.add(time.Minute)
	if got := b.done("/password", url.Values{"old": {once}, "new": {password}, "again": {password}}); got != "/" {
		t.Errorf("leads to %s", got)
	}
	if p := b.get("/"); p.status != 200 {
		t.Errorf("after the change: %d", p.status)
	}
	if p := other.get("/"); p.header.Get("Location") != "/sign-in" {
		t.Errorf("a session of the old password lives on: %d", p.status)
	}
}

func TestForeignAndOddRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	b := w.user("nora", "social")
	c := "/case/" + w.caseOf(passenger.X, "p100").String()
	if p := b.post(c+"/flag", nil, "Sec-Fetch-Site", "cross-site"); p.status != 403 {
		t.Errorf("a form of another site: status %d, want 403", p.status)
	}
	if p := b.post("/sign-in", nil, "Sec-Fetch-Site", "", "Origin", "https://evil.example"); p.status != 403 {
		t.Errorf("a form of another origin: status %d, want 403", p.status)
	}
	w.read(func(tx ground.Tx) error {
		if ls, err := tx.ListLoops(w.ctx, "", 0); err != nil || len(ls) > 0 {
			t.Errorf("a foreign form flagged a case: %v %v", ls, err)
		}
		return nil
	})
	if p := b.post(c+"/consent", url.Values{"answer": {"yes"}, "words": {strings.Repeat("x", 70_000)}}); p.status != 429 {
		t.Errorf("a form of 70 kB: status %d, want 429", p.status)
	}
	for _, r := range []struct {
		method, path string
		status       int
	}{{"PUT", "/", 405}, {"DELETE", c, 405}, {"POST", c, 405}, {"POST", "/flights", 405}, {"POST", "/events", 405}, {"GET", c + "/flag", 405},
		{"GET", "/nowhere", 404}, {"GET", "/case/x", 404}, {"GET", "/case/" + uuid.NewString(), 404}, {"GET", "/flight/x", 404}, {"GET", "/followup/x", 404},
		{"GET", "/receipt/x", 404}, {"GET", "/flight/0011223344556677", 404}, {"POST", "/desk/x", 404}, {"GET", "/assets/nothing.css", 404}} {
		req, err := http.NewRequestWithContext(w.ctx, r.method, w.url+r.path, nil)
		w.must(err)
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		p := b.do(req)
		if p.status != r.status {
			t.Errorf("%s %s: status %d, want %d", r.method, r.path, p.status, r.status)
		}
		if r.status == 405 && p.header.Get("Allow") == "" {
			t.Errorf("%s %s: no Allow", r.method, r.path)
		}
	}
	p := b.get("/")
	for h, want := range map[string]string{"Content-Security-Policy": "script-src 'self'", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"} {
		if !strings.Contains(p.header.Get(h), want) {
			t.Errorf("%s is %q, want %q in it", h, p.header.Get(h), want)
		}
	}
}

// TestHostileText shows what strangers write harmlessly, everywhere it comes.
func TestHostileText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	b := w.user("nora", "social", "ground")
	c := "/case/" + w.caseOf(passenger.X, "h1").String()
	b.done(c+"/link", url.Values{"person": {w.personOf("102").ID.String()}, "decision": {"confirm"}})
	b.done(c+"/consent", url.Values{"answer": {"no"}, "words": {"<i>no</i>\u202E"}})
	for _, path := range []string{"/", "/?q=%3Cscript%3E", c} {
		b.has(b.get(path), "!<script>alert", "!\u202E", "!<img src=x>", "!<b>", "!<i>", "!href=\"javascript", "&lt;")
	}
	p := b.get(c)
	b.has(p, `<bdi dir="auto">&lt;script&gt;alert(1)&lt;/script&gt; terrible delay gnp.exe`, "evil &lt;b&gt;", "javascript:alert(2)", `data-test="lamp"`, "health")
	if n := strings.Count(p.body, "<script"); n != 3 {
		t.Errorf("%d scripts on the page, want the three of our own", n)
	}
	if strings.Contains(p.body, "<style") || strings.Contains(p.body, "style=") || strings.Contains(p.body, "onclick=") {
		t.Error("inline style or script on the page")
	}
	b.has(b.post("/sign-in", url.Values{"name": {`"><script>alert(1)</script>`}, "password": {"x"}}), "!<script>alert", "&lt;script")
}

func TestEdits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	b := w.user("nora", "social")
	c := "/case/" + w.caseOf(passenger.X, "p100").String()
	for _, bad := range []string{"do=h.meal", "do=d.nothing", "not=d.ask", "moment=dinner", "priority=0", "priority=x", "words=" + strings.Repeat("x", 81)} {
		if p := b.get(c + "/preview?edit=1&" + bad); p.status != 400 {
			t.Errorf("%.20s: status %d, want 400", bad, p.status)
		}
	}
	if p := b.get(c+"/preview?edit=1&priority=x", "HX-Request", "true"); p.status != 400 || p.header.Get("HX-Retarget") != "#problem" || strings.Contains(p.body, "<html") {
		t.Errorf("a problem for htmx: %d %q", p.status, p.header.Get("HX-Retarget"))
	}
}

func TestAdministration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.user("ada", "admin")
	ada.has(ada.get("/tablets"), `data-test="empty"`)
	p := ada.post("/tablets", url.Values{"name": {"iPad 7 <b>"}})
	ada.has(p, `data-test="enrol-code"`, "iPad 7 &lt;b&gt;", `data-state="invited"`)
	ada.has(ada.get("/tablets"), "!data-test=\"enrol-code\"")
	ada.done("/tablets/revoke", url.Values{"name": {"iPad 7 <b>"}, "how": {"lost"}})
	ada.has(ada.get("/tablets"), `data-state="lost"`, "!data-test=\"tablet-lost\"")
	if p := ada.post("/tablets/revoke", url.Values{"name": {"nobody's"}}); p.status != 404 {
		t.Errorf("revoke what is not there: %d", p.status)
	}
	p = ada.post("/users", url.Values{"name": {"Olga"}, "role": {"social", "ground"}})
	ada.has(p, `data-test="one-time-password"`, `data-user="olga"`, "Social team, Ground operations")
	if p := ada.post("/users", url.Values{"name": {"olga"}, "role": {"social"}}); p.status != 409 {
		t.Errorf("the same name again: %d", p.status)
	}
	if p := ada.post("/users", url.Values{"name": {"x"}}); p.status != 400 {
		t.Errorf("a bad name: %d", p.status)
	}
	ada.done("/users/disable", url.Values{"name": {"olga"}})
	if p := ada.post("/users/disable", url.Values{"name": {"ADA"}}); p.status != 400 {
		t.Errorf("disable oneself: %d", p.status)
	}
	ada.has(ada.get("/users"), "disabled", "!data-test=\"one-time-password\"")
}

func TestInboxPagesAndFilters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var posts []passenger.Post
	for i := range 95 {
		posts = append(posts, passenger.Post{Channel: passenger.X, ExternalID: fmt.Sprint(i), AuthorID: fmt.Sprint("a", i), AuthorName: fmt.Sprint("Author ", i), Text: fmt.Sprintf("number%03d terrible delay", i), Lang: "en", CreatedAt: start.Add(-time.Duration(i/3) * time.Second)})
	}
	_, err := w.cases.Import(w.ctx, posts, nil)
	w.must(err)
	b := w.user("nora", "social")
	seen, path := 0, "/"
	for pages := 0; path != ""; pages++ {
		p := b.get(path)
		seen += strings.Count(p.body, `data-test="case-row"`)
		_, rest, ok := strings.Cut(p.body, `class="button" href="`)
		next, _, _ := strings.Cut(rest, `"`)
		if path = strings.ReplaceAll(next, "&amp;", "&"); !ok {
			path = ""
		}
		if pages > 3 {
			t.Fatal("the pages do not end")
		}
	}
	if seen != 95 {
		t.Errorf("%d cases on all pages, want 95", seen)
	}
	for query, want := range map[string]int{"q=number007": 1, "q=nothing": 0, "topic=delay&negative=1": 40, "topic=meal": 0, "flagged=1": 0, "status=closed": 0, "lang=nl": 0, "topic=nonsense&status=all": 40} {
		if got := strings.Count(b.get("/?"+query).body, `data-test="case-row"`); got != want {
			t.Errorf("%s: %d rows, want %d", query, got, want)
		}
	}
	b.has(b.get("/news?since="+url.QueryEscape(start.Add(-time.Second).Format(time.RFC3339Nano)+"~x")), "3 new cases – show")
	b.has(b.get("/news?since="+url.QueryEscape(start.Format(time.RFC3339Nano)+"~x")), "!new case")
	b.has(b.get("/news?since="), "95 new cases")
	if p := b.get("/news?since=x"); p.status != 400 {
		t.Errorf("a bad mark: %d", p.status)
	}
}
