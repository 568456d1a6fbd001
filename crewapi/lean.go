package crewapi

import (
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/uplink"
)

// lean leaves headers away that ground does not need. The time-out of a call is one of them: it
// differs each time, so that HPACK cannot shorten it, and a call that is given up is cancelled anyway.
type lean struct{ *Link }

var needless = []string{"Connect-Timeout-Ms", "Connect-Protocol-Version", "Accept-Encoding"}

// RoundTrip implements [http.RoundTripper].
func (t lean) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header["User-Agent"] = []string{""} // none, not the default one
	for _, name := range needless {
		r.Header.Del(name)
	}
	return t.race(r)
}

// CloseIdleConnections is what [http.Client.CloseIdleConnections] calls.
func (t lean) CloseIdleConnections() { t.current().closeIdle() }

// Retire gives up the connection that stands: whoever hangs on it begins anew, on another one.
func (t lean) Retire() { t.retire(t.current()) }

// measured makes one call on a line and takes a sample of it.
func (l *Link) measured(n *line, r *http.Request) (*http.Response, error) {
	if l.now == nil {
		return n.RoundTrip(r)
	}
	s := &sampling{link: l}
	res, err := n.RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), s.trace())))
	if err == nil && res.StatusCode == http.StatusOK && res.Header.Get("Content-Type") == unaryType {
		res.Body = &sampled{ReadCloser: res.Body, sampling: s}
	}
	return res, err
}

// unaryType is the media type of a unary Connect answer; a stream has another one.
const unaryType = "application/proto"

// sampling measures one call.
type sampling struct {
	link *Link

	mu          sync.Mutex
	asked, told time.Time
}

func (s *sampling) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		WroteRequest:         func(httptrace.WroteRequestInfo) { s.set(&s.asked) },
		GotFirstResponseByte: func() { s.set(&s.told) },
	}
}

func (s *sampling) set(t *time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*t = s.link.now()
}

func (s *sampling) ended(bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.asked.IsZero() && !s.told.Before(s.asked) {
		s.link.sample(uplink.Sample{RTT: s.told.Sub(s.asked), Bytes: bytes, Took: s.link.now().Sub(s.told)})
	}
}

// sampled tells when a body has come in whole.
type sampled struct {
	io.ReadCloser
	*sampling
	n    int
	done bool
}

func (b *sampled) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.n += n
	if err == io.EOF && !b.done {
		b.done = true
		b.ended(b.n)
	}
	return n, err
}
