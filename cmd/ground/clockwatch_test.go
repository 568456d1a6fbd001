package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/ground/store"
)

// aGround is nodes over one database, with time that the test moves.
type aGround struct {
	*testing.T
	db *store.DB
	up time.Duration
}

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func newGround(t *testing.T) *aGround {
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "g.db"), store.Options{Now: func() time.Time { return noon }})
	if err == nil {
		err = db.Migrate(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return &aGround{t, db, time.Hour}
}

type noServer struct{ *store.DB }

func (noServer) ServerTime(context.Context) (time.Time, error) { return time.Time{}, nil }

// node starts a node whose clock is off; off may change.
func (g *aGround) node(name string, off *time.Duration, given bool) *clockwatch {
	w := &clockwatch{db: noServer{g.db}, id: name, bound: offBy, given: given, log: slog.New(slog.DiscardHandler), seen: map[string]sighting{},
		now:  func() time.Time { return noon.Add(g.up + *off) },
		boot: func() (string, time.Duration) { return "", g.up }}
	w.base, w.since = w.now(), g.up
	return w
}

// beat lets each node look, in order, some times.
func (g *aGround) beat(times int, nodes ...*clockwatch) {
	g.Helper()
	for range times {
		g.up += beatEvery
		for _, n := range nodes {
			if _, err := n.look(g.Context()); err != nil {
				g.Fatal(err)
			}
		}
	}
}

func TestANodeThatStartsWithAWrongClockStandsAside(t *testing.T) {
	for _, off := range []time.Duration{-10 * 24 * time.Hour, -3 * time.Minute, 3 * time.Minute, 4 * 24 * time.Hour} {
		for _, given := range []bool{false, true} {
			g, off := newGround(t), off
			zero := time.Duration(0)
			right, wrong := g.node("right", &zero, given), g.node("wrong", &off, given)
			g.beat(3, right)
			g.beat(3, wrong, right)
			if wrong.why() == "" || right.why() != "" {
				t.Errorf("off by %v: wrong %q, right %q", off, wrong.why(), right.why())
			}
			rec := httptest.NewRecorder()
			wrong.guard(http.NotFoundHandler()).ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
			if rec.Code != 503 || rec.Header().Get("Retry-After") == "" {
				t.Errorf("answered %d", rec.Code)
			}
			off = time.Second
			g.beat(2, wrong, right)
			if given && wrong.why() != "" {
				t.Errorf("right again: %q", wrong.why())
			}
		}
	}
}

func TestTheMajorityIsBelieved(t *testing.T) {
	g := newGround(t)
	zero, off := time.Duration(0), -time.Hour
	wrong, a, b := g.node("wrong", &off, true), g.node("a", &zero, true), g.node("b", &zero, true)
	g.beat(3, wrong)
	g.beat(4, wrong, a, b)
	if wrong.why() == "" || a.why() != "" || b.why() != "" {
		t.Errorf("wrong %q, a %q, b %q", wrong.why(), a.why(), b.why())
	}
}

// TestAClockThatJumpsWhileItRuns: the node whose clock jumped stands aside, not the one that started
// later; alone, it waits until the time has stood. With a clock that is given, it does not.
func TestAClockThatJumpsWhileItRuns(t *testing.T) {
	g := newGround(t)
	zero, off := time.Duration(0), time.Duration(0)
	first, second := g.node("first", &off, false), g.node("second", &zero, false)
	g.beat(3, first, second)
	off = 24 * time.Hour
	g.beat(3, first, second)
	if first.why() == "" || second.why() != "" {
		t.Errorf("first %q, second %q", first.why(), second.why())
	}
	g.up += time.Hour // the second has ended
	g.beat(int(standFor/beatEvery), first)
	if first.why() != "" {
		t.Errorf("the time has stood: %q", first.why())
	}
	alone := newGround(t)
	off = 0
	given := alone.node("given", &off, true)
	alone.beat(2, given)
	off = 48 * time.Hour
	if alone.beat(2, given); given.why() != "" {
		t.Errorf("a clock that is set on purpose: %q", given.why())
	}
}

// TestAGroundThatWasOff: a row of a node that ended without a word holds nobody up.
func TestAGroundThatWasOff(t *testing.T) {
	g := newGround(t)
	zero, week := time.Duration(0), 7*24*time.Hour
	g.beat(3, g.node("before", &zero, false))
	now := g.node("now", &week, false)
	for range 20 {
		g.up += time.Second
		if _, err := now.look(t.Context()); err != nil || now.why() != "" {
			t.Fatalf("%q, %v", now.why(), err)
		}
	}
	g.up += goneAfter
	if _, err := now.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if nodes, err := g.db.Nodes(t.Context()); err != nil || len(nodes) != 1 {
		t.Errorf("%d rows stay, %v", len(nodes), err)
	}
}
