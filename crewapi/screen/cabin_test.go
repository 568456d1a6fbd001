package screen

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/passenger"
)

func TestConnectTablets(t *testing.T) {
	f := cabin()
	h := handler(t, f, "")
	w := do(t, h, "/cabin", nil)
	for _, want := range []string{`data-test="qr"`, "192.168.1.5:8491", "[fd00::5]:8491", "0123-4567-89AB-CDEF", "In reach", "Not in reach", "has everything from here", `name="address"`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	if body := do(t, h, "/cabin", nil, func(r *http.Request) { r.Header.Set("Accept-Language", "nl") }).Body.String(); !strings.Contains(body, "Tablets verbinden") {
		t.Error("the page is not in Dutch")
	}
	if body := do(t, h, "/status", nil).Body.String(); !strings.Contains(body, `href="/cabin"`) {
		t.Error("no way there from the status page")
	}
	if w := do(t, h, "/cabin", url.Values{"address": {" 192.168.1.9:8491 "}}); w.Code != 303 || !slices.Equal(f.invites, []string{"192.168.1.9:8491"}) {
		t.Errorf("an address: %d, %q", w.Code, f.invites)
	}
	f.err = passenger.Errorf(passenger.Invalid, "x", "reads like 192.168.1.5")
	if w := do(t, h, "/cabin", url.Values{"address": {`"><script>`}}); w.Code != 400 || !strings.Contains(w.Body.String(), "reads like 192.168.1.5") ||
		!strings.Contains(w.Body.String(), `value="&#34;&gt;&lt;script&gt;"`) {
		t.Errorf("an address that is none: %d\n%s", w.Code, w.Body)
	}
	f.lan = tablet.Cabin{Problem: "is another program on that port?"}
	for _, want := range []string{`data-test="cabin-off"`, "is another program on that port?", `data-test="no-network"`} {
		if body := do(t, h, "/cabin", nil).Body.String(); !strings.Contains(body, want) {
			t.Errorf("off the LAN: %q is not on the page", want)
		}
	}
}

// TestQRSaysTheInvite reads the path back, dot by dot.
func TestQRSaysTheInvite(t *testing.T) {
	q, err := newQR("cabinloop:192.168.1.5:8491/0123-4567-89AB-CDEF")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"M4 4h7v1h-7z", "M4 10h7v1h-7z"} // the finder in the corner, behind four dots of quiet
	for _, p := range want {
		if !strings.Contains(q.Path, p) {
			t.Errorf("%s is not in the path", p)
		}
	}
	if q.Size < 29+8 || q.Size > 45 {
		t.Errorf("%d dots", q.Size)
	}
	if _, err := newQR(strings.Repeat("x", 5000)); passenger.CodeOf(err) != passenger.Internal {
		t.Errorf("too long: %v", err)
	}
}

func TestHandInAnyway(t *testing.T) {
	f := cabin()
	h := handler(t, f, "")
	body := do(t, h, flightURL, nil).Body.String()
	if !strings.Contains(body, "1 entry is on this tablet only") || strings.Count(body, `name="anyway"`) != len(passenger.HandInReasons) {
		t.Error("the page does not ask why")
	}
	if w := do(t, h, flightURL+"/hand-in", url.Values{"anyway": {"failing"}}); w.Code != 303 || f.handed != 0 || !slices.Equal(f.anyway, []passenger.HandInReason{passenger.TabletFailing}) {
		t.Errorf("anyway: %d, %v", w.Code, f.anyway)
	}
	f.page.OnlyHere = 0
	if body := do(t, h, flightURL, nil).Body.String(); strings.Contains(body, `name="anyway"`) {
		t.Error("a reason is asked for what has a copy")
	}
}
