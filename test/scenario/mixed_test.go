package scenario_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// mixer stands between tablets and ground. While it mixes, ground hears of no exchange, and the
// tablet gets an answer that was kept.
type mixer struct {
	next    http.RoundTripper
	keeps   bool
	mixes   bool
	answers []http.Response
	bodies  [][]byte
	mixed   int
}

func (m *mixer) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, ".TabletService/Exchange") || !m.keeps && !m.mixes {
		return m.next.RoundTrip(r)
	}
	if m.mixes && len(m.answers) > 0 {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return nil, err
		}
		at := m.mixed % len(m.answers)
		m.mixed++
		res := m.answers[at]
		res.Header, res.Request, res.Body = res.Header.Clone(), r, io.NopCloser(bytes.NewReader(m.bodies[at]))
		return &res, r.Body.Close()
	}
	res, err := m.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if err := res.Body.Close(); err != nil {
		return nil, err
	}
	kept := *res
	kept.Header = res.Header.Clone()
	m.answers, m.bodies = append(m.answers, kept), append(m.bodies, b)
	res.Body = io.NopCloser(bytes.NewReader(b))
	return res, nil
}

// A box between the tablet and ground gives the answers of another flight, and old ones. Nothing
// of them is believed: what waits goes on waiting, and comes to ground once the box is gone.
func mixedAnswers(w *world) {
	box := &mixer{next: w.client.Transport}
	w.client.Transport = box
	_, _, ts := w.crewed("fore")
	fore := ts[0].(*purser)
	box.keeps = true
	w.record(fore, first, "14C", passenger.Acted)
	w.record(fore, first, "15A", passenger.Declined)
	for _, seat := range []passenger.Seat{"9A", "9B", "9C", "9D"} {
		w.must(fore.SeatNow(first, 1, seat))
		w.sync(fore)
	}
	box.keeps = false
	w.flight(second, 30*time.Hour, eva)
	w.assign(second, "fore", passenger.Lead)
	w.sync(fore, fore)
	want(w, "waiting", fore.status().Pending, 0)
	w.must(fore.SeatNow(second, 1, "9F"))
	waiting := fore.status().Pending
	box.mixes = true
	for range 3 {
		if fore.Sync() == nil {
			w.Error("a round of mixed answers passes for a good one")
		}
		want(w, "still waiting", fore.status().Pending, waiting)
	}
	if waiting == 0 || box.mixed == 0 {
		w.Errorf("%d entries waited, %d answers were mixed up", waiting, box.mixed)
	}
	box.mixes = false
	w.sync(fore)
	want(w, "waiting", fore.status().Pending, 0)
	x, _ := w.view(second).Traveller(1)
	want(w, "seat on ground", x.SeatNow, "9F")
	w.booksClose(first)
	w.booksClose(second)
}

// A clock that is wrong for a while, without ground: the flight is not shown in it, nothing is
// destroyed, and with a right clock everything is there, what was not sent besides.
func wrongClock(w *world) {
	_, _, ts := w.crewed("fore")
	fore := ts[0].(*purser)
	fore.Offline(true)
	w.record(fore, first, "14C", passenger.Acted)
	waiting := fore.status().Pending
	now := w.now()
	for _, wrong := range []time.Time{now.Add(5 * 24 * time.Hour), now.Add(31 * 24 * time.Hour), time.Unix(0, 0), time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)} {
		fore.Skew(wrong.Sub(now))
		for range 2 {
			if fore.Sync() == nil {
				w.Error("a round without ground passes for a good one")
			}
			fore.Restart()
		}
		fore.Skew(0)
		fore.Restart()
		want(w, "outcome", w.standing(fore, first, "14C").Outcome, passenger.Acted)
		if n := w.standing(fore, first, "15A"); n.Name == "" {
			w.Errorf("after a clock of %v the note has no name", wrong)
		}
		want(w, "waiting", fore.status().Pending, waiting)
	}
	fore.Offline(false)
	w.sync(fore)
	want(w, "waiting", fore.status().Pending, 0)
	w.over(first, fore)
	want(w, "recorded", w.booksClose(first).Recorded, 1)
}
