package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/cabinloop/cabinloop/ground/store"
	"github.com/cabinloop/cabinloop/internal/clock"
)

// A node says every beatEvery what time it is. Whoever is more than offBy away from the others does
// no work by time and serves nobody. All arbitrary.
const (
	beatEvery = time.Second
	offBy     = 2 * time.Minute
	// startWait is how long a node that starts watches for signs of life of one that disagrees.
	startWait = 3 * time.Second
	// aliveFor is how long a beat is good; goneAfter when a node's row goes.
	aliveFor, goneAfter = 10 * time.Second, 10 * time.Minute
	// standFor is how long the time must stand after the machine's clock jumped.
	standFor = 5 * time.Minute
)

// beats is where nodes tell each other their time; a [store.DB].
type beats interface {
	Beat(ctx context.Context, id string, now time.Time, last bool) (store.Node, []store.Node, error)
	DropNode(ctx context.Context, id string) error
	ServerTime(ctx context.Context) (time.Time, error)
}

// clockwatch compares this node's clock with those of the other nodes, of the database and of the
// machine since its start. why is safe for concurrent use.
type clockwatch struct {
	db    beats
	now   func() time.Time
	boot  clock.Boot // real time
	bound time.Duration
	// given says that the clock is set on purpose (--now, --clock-rate): it may jump, and only other
	// nodes say that it is wrong.
	given bool
	log   *slog.Logger

	id     string
	seen   map[string]sighting
	base   time.Time     // what the clock said
	since  time.Duration // at this count, since when it has run evenly
	jumped bool
	doubts int // looks in a row that found others against it
	aside  atomic.Pointer[string]
}

type sighting struct {
	node  store.Node
	at    time.Duration // when the row last moved
	moved bool          // while watched
}

func newClockwatch(a *app) *clockwatch {
	w := &clockwatch{db: a.db, now: a.now, boot: clock.Machine, bound: offBy, given: !a.Flags.Real(), log: a.log, id: rand.Text(), seen: map[string]sighting{}}
	if a.ClockRate > 1 {
		w.bound = time.Duration(float64(w.bound) * a.ClockRate)
	}
	w.base = w.now()
	_, w.since = w.boot()
	return w
}

// why says why this node stands aside, "" when it does not.
func (w *clockwatch) why() string {
	if s := w.aside.Load(); s != nil {
		return *s
	}
	return ""
}

// begin looks before the first work: when a node's row disagrees, long enough to see whether it lives.
func (w *clockwatch) begin(ctx context.Context) error {
	_, from := w.boot()
	for {
		unsure, err := w.look(ctx)
		if err != nil {
			return err
		}
		if _, up := w.boot(); !unsure && w.doubts == 0 || w.why() != "" || up-from > startWait {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(beatEvery / 4):
		}
	}
}

// run beats until ctx ends, and takes this node's row away.
func (w *clockwatch) run(ctx context.Context) error {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			drop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			return w.db.DropNode(drop, w.id)
		case <-tick.C:
		}
		if _, err := w.look(ctx); err != nil && ctx.Err() == nil {
			w.log.Warn("clocks not compared", "err", err)
		}
	}
}

// look compares once. unsure says that a row disagrees of which nobody knows whether it lives.
func (w *clockwatch) look(ctx context.Context) (unsure bool, err error) {
	now := w.now()
	_, up := w.boot()
	jump := !w.given && w.apart(now, w.base.Add(up-w.since))
	if jump {
		w.base, w.since, w.jumped = now, up, true
	}
	own, others, err := w.db.Beat(ctx, w.id, now, jump)
	if err != nil {
		return false, err
	}
	with, against, elder := 1, 0, false
	for _, o := range others {
		s, known := w.seen[o.ID]
		if !known || s.node.N != o.N {
			s = sighting{o, up, known}
			w.seen[o.ID] = s
		}
		off := w.apart(now, o.Time())
		switch {
		case up-s.at > goneAfter:
			delete(w.seen, o.ID)
			if err := w.db.DropNode(ctx, o.ID); err != nil {
				return false, err
			}
		case up-s.at > aliveFor:
		case !s.moved:
			unsure = unsure || off
		case off:
			against++
			elder = elder || o.Seq < own.Seq
		default:
			with++
		}
	}
	server := time.Time{}
	if !w.given {
		if server, err = w.db.ServerTime(ctx); err != nil {
			return unsure, err
		}
	}
	if against > with || against == with && elder {
		w.doubts++
	} else {
		w.doubts = 0
	}
	why := ""
	switch {
	case w.doubts > 1: // one look may fall between two beats of a clock that was set for all
		why = "other nodes of this ground say another time"
	case !server.IsZero() && w.apart(w.now(), server):
		why = "the database's clock says another time"
	case w.jumped && up-w.since < standFor:
		why = "this machine's clock jumped; the time must stand for some minutes"
	}
	w.set(why)
	return unsure, nil
}

func (w *clockwatch) apart(t, u time.Time) bool { return t.Sub(u).Abs() > w.bound }

func (w *clockwatch) set(why string) {
	before := w.why()
	w.aside.Store(&why)
	switch {
	case why != "" && before != why:
		w.log.Error("this node stands aside: its clock may be wrong", "kind", why)
	case why == "" && before != "":
		w.log.Info("this node works again: the clocks agree")
	}
}

// guard answers for a node that stands aside: nothing that stamps a time is done.
func (w *clockwatch) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if why := w.why(); why != "" {
			rw.Header().Set("Retry-After", "30")
			http.Error(rw, fmt.Sprintf("This machine of the ground does no work: its clock may be wrong (%s). Set its clock; nothing is lost.", why), http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(rw, r)
	})
}
