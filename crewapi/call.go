package crewapi

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"
)

// call is one unary call under way: how long it may take, and with what it was answered.
type call struct {
	mu     sync.Mutex
	timer  *time.Timer
	end    time.Time
	status int  // of HTTP; 0: no answer
	broken bool // the answer broke off
	dumb   bool // not a byte came back; Connect drops causes
}

type callKey struct{}

// limited gives a call its time: callTimeout, more for a body that a slow link takes, and more with
// every byte of the answer that comes.
func limited(ctx context.Context, m proto.Message) (context.Context, *call, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	d := callTimeout + slowly(proto.Size(m))
	c := &call{end: time.Now().Add(d)}
	c.timer = time.AfterFunc(d, func() { cancel(errSilent) })
	return context.WithValue(ctx, callKey{}, c), c, func() { c.timer.Stop(); cancel(nil) }
}

func slowly(bytes int) time.Duration { return time.Duration(bytes) * time.Second / slowest }

// more gives the call the time that so many bytes take at the slowest, and callTimeout at most until the
// next. A stream has a time of its own.
func (c *call) more(n int) {
	if c.timer == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end = c.end.Add(slowly(n))
	c.timer.Reset(min(time.Until(c.end), callTimeout))
}

// answered is the status of the answer; 0 when none came, or none that was whole.
func (c *call) answered() (status int, dumb bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken {
		return 0, false
	}
	return c.status, c.dumb
}

// noting notes of each answer what Connect does not say.
type noting struct{ of *http.Client }

// noted is a client like hc that follows no redirect and notes what its calls are answered with.
func noted(hc *http.Client) *http.Client {
	if hc == nil {
		hc = http.DefaultClient
	}
	return &http.Client{Transport: noting{hc}, CheckRedirect: noRedirect}
}

func (t noting) under() http.RoundTripper {
	if t.of.Transport == nil {
		return http.DefaultTransport
	}
	return t.of.Transport
}

func (t noting) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := t.under().RoundTrip(r)
	c, ok := r.Context().Value(callKey{}).(*call)
	if !ok {
		return res, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dumb = Unreached(err); err == nil {
		c.status = res.StatusCode
		res.Body = &growing{res.Body, c, maxMessage + 2}
	}
	return res, err
}

// retire gives up the connection that stands, if the transport can do that.
func (t noting) retire() {
	switch under := t.under().(type) {
	case interface{ Retire() }:
		under.Retire()
	case interface{ CloseIdleConnections() }:
		under.CloseIdleConnections()
	}
}

// growing is the body of an answer. One without end, which Connect would read to its end, ends where it
// is larger than any message; a stream has none.
type growing struct {
	io.ReadCloser
	call *call
	left int
}

func (b *growing) Read(p []byte) (int, error) {
	if b.call.timer != nil {
		if p = p[:min(len(p), b.left)]; b.left == 0 {
			return 0, io.EOF
		}
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= n
	if n > 0 {
		b.call.more(n)
	}
	if err != nil && err != io.EOF {
		b.call.mu.Lock()
		b.call.broken = true
		b.call.mu.Unlock()
	}
	return n, err
}
