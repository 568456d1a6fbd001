package tablet

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// gate lets no body above a size through: it answers with a status of its own, as a proxy does.
type gate struct {
	under      http.RoundTripper
	most       int64
	status     int
	sizes      []int64 // of what got through
	turnedAway int
}

func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.ContentLength > g.most && !strings.HasSuffix(r.URL.Path, "/Flights") {
		g.turnedAway++
		return &http.Response{StatusCode: g.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("<html>")), Request: r}, nil
	}
	g.sizes = append(g.sizes, r.ContentLength)
	return g.under.RoundTrip(r)
}

// backlog is a tablet with so many entries that ground lacks.
func backlog(t *testing.T, entries int) (*world, *Agent, *crewtest.Flight, *gate) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	w.sync(a)
	fl, err := a.find("test", key)
	if err != nil {
		t.Fatal(err)
	}
	fl.mu.Lock()
	defer fl.mu.Unlock()
	if err := fl.use(); err != nil {
		t.Fatal(err)
	}
	var drafts []flightsync.Draft
	for range entries {
		salt, err := a.random(60) // does not pack
		if err != nil {
			t.Fatal(err)
		}
		words := make([]byte, len(salt))
		for i, b := range salt {
			words[i] = 'a' + b%26
		}
		drafts = append(drafts, flightsync.OutcomeDraft(dot, 0, passenger.Feedback{Outcome: passenger.Acted, Words: string(words)}, nil, [8]byte(salt)))
	}
	if err := fl.write(drafts...); err != nil {
		t.Fatal(err)
	}
	g := &gate{under: w.http.Transport, most: 1 << 30}
	w.http.Transport = g
	return w, a, f, g
}

// TestABacklogGetsThroughANarrowWay: what is refused for its size, or without a word, goes in parts,
// in an exchange and in a delivery, and nothing twice.
func TestABacklogGetsThroughANarrowWay(t *testing.T) {
	for _, status := range []int{413, 503, 504, 429} {
		for _, most := range []int64{16 << 10, 4 << 10, 600} {
			t.Run(http.StatusText(status), func(t *testing.T) {
				w, a, f, g := backlog(t, 300)
				g.most, g.status = most, status
				for range 3 { // a round tries so often to get through in silence
					a.Sync(t.Context())
				}
				st, err := a.Status(t.Context())
				if err != nil || st.Pending != 0 || g.turnedAway == 0 {
					t.Fatalf("at most %d bytes: %d pending, turned away %d times, %v", most, st.Pending, g.turnedAway, err)
				}
				if n := len(f.Ops()); n < 300 {
					t.Errorf("ground has %d ops", n)
				}
				g.most, g.turnedAway = 1<<30, 0
				for range 40 {
					w.sync(a)
				}
				if g.turnedAway > 0 {
					t.Errorf("a wide way: turned away %d times", g.turnedAway)
				}
			})
		}
	}
}

func TestADeliveryGetsThroughANarrowWay(t *testing.T) {
	w, a, f, g := backlog(t, 120)
	g.most, g.status = 0, 413
	w.pass(58 * time.Hour)
	a.Sync(t.Context()) // the lease is over
	if u, err := a.loadUnsent(f.A.Flight); err != nil || len(u.Runs) < 3 {
		t.Fatalf("%d runs wait, %v", len(u.Runs), err)
	}
	g.most = 16 << 10
	if rep := w.sync(a); rep.Sent < 120 || rep.Pending != 0 || exists(a.unsentPath(f.A.Flight)) {
		t.Errorf("%+v", rep)
	}
}

// TestAnEntryThatIsTooLargeIsSaid: it stays with those after it, and what others recorded passes.
func TestAnEntryThatIsTooLargeIsSaid(t *testing.T) {
	w, a, _, g := backlog(t, 3)
	g.most, g.status = 100, 413
	rep, err := a.Sync(t.Context())
	if err != nil || len(rep.Problems) != 1 || !strings.Contains(rep.Problems[0], "larger than the way to ground takes") {
		t.Errorf("%+v, %v", rep, err)
	}
	g.most = 1 << 20
	if rep := w.sync(a); rep.Pending != 0 {
		t.Errorf("on another network: %+v", rep)
	}
}

// TestNarrow: down by quarters to one, up by doubling, and not at once against the same wall.
func TestNarrow(t *testing.T) {
	const policy = 200 << 10
	var n narrow
	if n.most(policy) != policy {
		t.Fatal("it begins narrow")
	}
	n.refused(64 << 10)
	var got []int
	for range 12 {
		got = append(got, n.most(policy)>>10)
		n.passed(n.most(policy), policy)
	}
	if got[0] != 16 || got[1] != 32 || got[2] != 32 || got[8] < 64 || got[11] != 200 {
		t.Errorf("KiB: %v", got)
	}
	for range 20 {
		n.refused(n.most(policy))
	}
	if n.most(policy) != 1 {
		t.Errorf("%d bytes, want one op", n.most(policy))
	}
}
