package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/cabinloop/cabinloop/cmd/loopbench/floor"
	"github.com/cabinloop/cabinloop/crewapi/tablet"
)

// reconcile is W3: six tablets that hold the flight record 80 entries each without a network, then
// hand them over at once. What they sent is then sent a second time.
func (l *lab) reconcile() error {
	leg := carried[2]
	var devices []device
	defer func() {
		for _, d := range devices {
			d.Close()
		}
	}()
	var sent []*recorder
	for i := range reconcilers {
		dir, err := l.fresh(fmt.Sprintf("w3-%d", i), l.link.URL(), leg)
		if err != nil {
			return err
		}
		rec := &recorder{}
		d, err := l.open(dir, func(rt http.RoundTripper) http.RoundTripper { rec.next = rt; return rec })
		if err != nil {
			return err
		}
		devices, sent = append(devices, d), append(sent, rec)
		if _, err := l.local(d, leg); err != nil {
			return err
		}
	}
	for round := range l.rounds {
		if err := l.reconcileOurs(round, leg, devices, sent); err != nil {
			return err
		}
		if err := l.each(func(who string, f *floorSite) error { return l.reconcileFloor(round, who, f) }); err != nil {
			return err
		}
	}
	if err := l.through(satcom, 3, func() error { return l.reconcileOurs(satcomRound, leg, devices, sent) }); err != nil {
		return err
	}
	if err := l.each(func(who string, f *floorSite) error {
		return f.through(satcom, func() error { return l.reconcileFloor(satcomRound, who, f) })
	}); err != nil {
		return err
	}
	held, err := l.crewOps(leg)
	if err != nil {
		return err
	}
	apparent, real, err := disk(filepath.Join(devices[0].dir, "flights"))
	if err != nil {
		return err
	}
	l.sheet.add("disk", "apparent", "KiB", ours, apparent)
	l.sheet.add("disk", "real", "KiB", ours, real)
	l.sheet.note("disk", "real", "a flight with %d passengers and notes and %d entries of its crew, the store open", seats+notes, held)
	l.sheet.note("w3", "bytes", "ours brings each tablet what the others recorded, as far as it is on ground by then; the floor only pushes: compare bytes up")
	l.sheet.note("w3", "entries, each once", "counted on ground after every request of the round was sent a second time")
	return nil
}

func (l *lab) reconcileOurs(round int, leg leg, devices []device, sent []*recorder) error {
	before, err := l.crewOps(leg)
	if err != nil {
		return err
	}
	for i, d := range devices {
		page, err := d.Flight(l.ctx, leg.key())
		if err != nil {
			return err
		}
		r := dice(l.seed, uint64(1000+100*round+i))
		for n := range entriesEach {
			e := tablet.Entry{Flight: page.Key, Note: page.Cards[(i+n*reconcilers)%len(page.Cards)].Dot, Feedback: report(r)}
			binary.BigEndian.PutUint64(e.Nonce[:], uint64(round+1)<<32|uint64(i)<<16|uint64(n+1))
			if _, err := d.Record(l.ctx, e); err != nil {
				return err
			}
		}
		d.hc.CloseIdleConnections() // the tablets were away
	}
	took(l.link)
	begun := time.Now()
	if err := together(len(devices), func(i int) error {
		sent[i].on(true)
		defer sent[i].on(false)
		rep, err := devices[i].Sync(l.ctx)
		if err == nil && (rep.Pending > 0 || len(rep.Problems) > 0) {
			err = fmt.Errorf("tablet %d: %d entries pending, %v", i, rep.Pending, rep.Problems)
		}
		return err
	}); err != nil {
		return err
	}
	passed := time.Since(begun)
	t := took(l.link)
	l.reconciled(round, ours, passed, t.Up, t.Bytes())
	for _, s := range sent {
		if err := s.again(); err != nil {
			return err
		}
	}
	after, err := l.crewOps(leg)
	l.sheet.add("w3", "entries, each once", "", ours, float64(after-before))
	return err
}

// satcomRound is the round over satcom.
const satcomRound = 99

func (l *lab) reconciled(round int, who string, passed time.Duration, up, both int64) {
	if round == satcomRound {
		l.sheet.add("w3", "satcom time", "ms", who, ms(passed))
		l.sheet.add("w3", "satcom bytes", "B", who, float64(both))
		return
	}
	l.sheet.add("w3", "time", "ms", who, ms(passed))
	l.sheet.add("w3", "bytes up", "B", who, float64(up))
	l.sheet.add("w3", "bytes", "B", who, float64(both))
}

func (l *lab) reconcileFloor(round int, who string, f *floorSite) (err error) {
	before, err := f.ground.Entries()
	if err != nil {
		return err
	}
	var tablets []*floor.Tablet
	defer func() {
		for _, t := range tablets {
			err = errors.Join(err, t.Close())
		}
	}()
	for i := range reconcilers {
		t, err := floor.NewTablet(filepath.Join(l.dir, fmt.Sprintf("%s-w3-%d", who, i)), f.link.URL(), f.dict, floor.H2C())
		if err != nil {
			return err
		}
		tablets = append(tablets, t)
		if err := writeFloor(t, fmt.Sprintf("e%d/", round), i, dice(l.seed, uint64(1000+100*round+i))); err != nil {
			return err
		}
	}
	push := func() error {
		return together(len(tablets), func(i int) error { return tablets[i].Push(l.ctx, fmt.Sprintf("e%d/", round)) })
	}
	took(f.link)
	begun := time.Now()
	if err := push(); err != nil {
		return err
	}
	passed := time.Since(begun)
	t := took(f.link)
	l.reconciled(round, who, passed, t.Up, t.Bytes())
	if err := push(); err != nil {
		return err
	}
	after, err := f.ground.Entries()
	l.sheet.add("w3", "entries, each once", "", who, float64(after-before))
	return err
}

// writeFloor records a tablet's entries, one durable write each.
func writeFloor(t *floor.Tablet, prefix string, tablet int, r *rand.Rand) error {
	for n := range entriesEach {
		if err := t.Write(prefix, floorEntry(r, uint64(tablet)<<16|uint64(n), report(r))); err != nil {
			return err
		}
	}
	return nil
}

// together calls fn for 0 to n-1 at once.
func together(n int, fn func(int) error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = fn(i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// crewOps counts the ops of all tablets of a flight that ground holds.
func (s *site) crewOps(l leg) (n int, err error) {
	var show struct{ Vector []int }
	if err := s.ask(&show, "flight", "show", l.key()); err != nil {
		return 0, err
	}
	for author, held := range show.Vector {
		if author >= 4 { // ground writes 0 to 3
			n += held
		}
	}
	return n, nil
}

// recorder keeps the exchanges that a tablet sends, to send them again. It is safe for
// concurrent use.
type recorder struct {
	next http.RoundTripper
	mu   sync.Mutex
	hear bool
	kept []*http.Request
	body [][]byte
}

func (r *recorder) on(hear bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.hear = hear; hear {
		r.kept, r.body = nil, nil
	}
}

// RoundTrip implements [http.RoundTripper].
func (r *recorder) RoundTrip(q *http.Request) (*http.Response, error) {
	r.mu.Lock()
	hear := r.hear && strings.HasSuffix(q.URL.Path, "/Exchange")
	r.mu.Unlock()
	if hear {
		b, err := io.ReadAll(q.Body)
		if err != nil {
			return nil, err
		}
		q.Body = io.NopCloser(bytes.NewReader(b))
		r.mu.Lock()
		r.kept, r.body = append(r.kept, q), append(r.body, b)
		r.mu.Unlock()
	}
	return r.next.RoundTrip(q)
}

// CloseIdleConnections is what [http.Client.CloseIdleConnections] calls.
func (r *recorder) CloseIdleConnections() {
	if c, ok := r.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// again sends what was kept once more; ground must take it as if nothing had been.
func (r *recorder) again() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, kept := range r.kept {
		q := kept.Clone(context.Background()) // its own call has ended
		q.Body = io.NopCloser(bytes.NewReader(r.body[i]))
		res, err := r.next.RoundTrip(q)
		if err != nil {
			return err
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("an exchange sent again: status %d", res.StatusCode)
		}
	}
	return nil
}
