package crewapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cabinloop/cabinloop/proto/gen/crew/v1/crewv1connect"
)

// errSilent is the cause of a context that ended since nothing came.
var errSilent = errors.New("nothing came in time")

// Unreached reports whether a call failed without a byte from the other side: there is no way to
// it now, and trying costs it nothing.
func Unreached(err error) bool {
	_, ok := errors.AsType[unreached](err)
	return ok
}

type unreached struct{ error }

func (u unreached) Unwrap() error { return u.error }

// try is a call on one line.
type try struct {
	line   *line
	heard  int64 // what had come on the line before
	began  time.Time
	kept   atomic.Bool
	cancel context.CancelFunc
}

// isDumb reports whether not a byte has come since it began.
func (t *try) isDumb() bool { return t.line.heard.Load() == t.heard }

type tried struct {
	*try
	res *http.Response
	err error
}

// race makes a call. A connection that stood before a change of network is a hole: what goes in is
// lost and nothing says so. When not a byte comes for a while, or a kept connection breaks, the call
// is repeated on a fresh one (calls are idempotent, but Enrol), and again while that one is dumb, too.
// The first answer wins; the connections of the others are closed.
func (l *Link) race(r *http.Request) (*http.Response, error) {
	results, ended := make(chan tried, maxTries), new(sync.WaitGroup)
	var tries []*try
	begin := func(n *line) {
		ctx, cancel := context.WithCancel(r.Context())
		t := &try{line: n, heard: n.heard.Load(), began: time.Now(), cancel: cancel}
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { t.kept.Store(i.Reused) }})
		q := r.WithContext(ctx)
		if len(tries) > 0 && r.GetBody != nil {
			q.Body, _ = r.GetBody() // of bytes in memory: no error
		}
		tries = append(tries, t)
		ended.Go(func() {
			res, err := l.measured(n, q)
			results <- tried{t, res, err}
		})
	}
	begin(l.current())
	repeats := r.Body == nil || r.GetBody != nil
	repeats = repeats && r.URL.Path != crewv1connect.TabletServiceEnrolProcedure
	pause := l.patience(r.ContentLength)
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for over := 0; ; {
		select {
		case <-timer.C:
			if newest := tries[len(tries)-1]; repeats && newest.isDumb() && len(tries) < maxTries {
				if len(tries) > 2 { // the first may only be slow; one in between is given up
					newest.cancel()
				}
				begin(l.instead(tries[0].line))
			}
			pause = min(2*pause, max(retryDumb, pause))
			timer.Reset(pause)
		case x := <-results:
			over++
			again := repeats && x.err != nil && x.kept.Load() && len(tries) == 1 && r.Context().Err() == nil
			if again {
				begin(l.instead(x.line))
			}
			if again || x.err != nil && over < len(tries) && r.Context().Err() == nil {
				continue
			}
			return l.settle(r, x, tries, results, ended)
		}
	}
}

// settle ends a race with its winner, or with the last error.
func (l *Link) settle(r *http.Request, x tried, tries []*try, results chan tried, ended *sync.WaitGroup) (*http.Response, error) {
	dumb := !slices.ContainsFunc(tries, func(t *try) bool { return !t.isDumb() })
	for _, t := range tries {
		if x.err != nil || t != x.try {
			t.cancel()
		}
	}
	ended.Wait()
	for len(results) > 0 {
		if y := <-results; y.res != nil {
			y.res.Body.Close()
		}
	}
	first := tries[0]
	if x.err != nil {
		for _, t := range tries[1:] {
			l.discard(t.line)
		}
		if len(tries) > 1 || silent(r.Context()) {
			l.retire(first.line)
		}
		if dumb {
			return nil, unreached{x.err}
		}
		return nil, x.err
	}
	l.mu.Lock()
	switch {
	case x.try != first:
		l.alarms = 0
	case len(tries) > 1:
		l.alarms = min(l.alarms+1, maxAlarms)
	}
	if l.took = append(l.took, time.Since(x.began)); len(l.took) > keptSamples {
		l.took = l.took[1:]
	}
	if x.try != first && l.line == first.line {
		l.line = x.line
	}
	l.mu.Unlock()
	for _, t := range tries {
		if t != x.try {
			l.discard(t.line)
		}
	}
	x.res.Body = &lastly{ReadCloser: x.res.Body, ctx: r.Context(), end: func(broken bool) {
		x.cancel()
		if broken {
			l.retire(x.line)
		} else {
			l.discard(x.line)
		}
	}}
	return x.res, nil
}

// silent reports whether a context ended since nothing came.
func silent(ctx context.Context) bool {
	return ctx.Err() == context.DeadlineExceeded || context.Cause(ctx) == error(errSilent)
}

// current is the line that stands.
func (l *Link) current() *line {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.line
}

// instead is a line to use instead of n: the one that took its place, or a fresh one.
func (l *Link) instead(n *line) *line {
	if now := l.current(); now != n {
		return now
	}
	return l.make()
}

// retire closes a line for good; a fresh one takes its place.
func (l *Link) retire(n *line) {
	l.mu.Lock()
	if l.line == n {
		l.line = l.make()
	}
	l.mu.Unlock()
	n.close()
}

// discard closes a line unless it is the one that stands.
func (l *Link) discard(n *line) {
	if l.current() != n {
		n.close()
	}
}

// patience is how long a call waits for a first byte before it is repeated: four times what the
// slowest of the last calls took, the longer the oftener that was in vain. A body needs its time.
func (l *Link) patience(size int64) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	d := patienceUnknown
	if len(l.took) > 0 {
		d = min(max(4*slices.Max(l.took), patienceLeast)<<l.alarms, patienceMost)
	}
	return d + slowly(int(max(size, 0)))
}

// lastly does something at the end of an answer's body; broken says that it fell silent.
type lastly struct {
	io.ReadCloser
	ctx  context.Context
	once sync.Once
	end  func(broken bool)
}

func (b *lastly) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF && silent(b.ctx) {
		b.once.Do(func() { b.end(true) })
	}
	return n, err
}

func (b *lastly) Close() error {
	err := b.ReadCloser.Close()
	b.once.Do(func() { b.end(silent(b.ctx)) })
	return err
}
