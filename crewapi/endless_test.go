package crewapi_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/passenger"
)

// roundTrip answers without a network.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// body gives what r has and then stands still until it is closed.
type body struct {
	r      io.Reader
	read   int
	closed chan struct{}
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.read += n
	if err == nil {
		return n, nil
	}
	<-b.closed
	return 0, errors.New("closed")
}

type noEnd struct{}

func (noEnd) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// An answer without end is given up where it is larger than any, and one that stops in the middle after half
// a minute, however fast it began.
func TestAnAnswerWithoutEnd(t *testing.T) {
	for name, tt := range map[string]struct {
		of    io.Reader
		kind  string
		after time.Duration // at most
		code  passenger.Code
	}{
		"endless, like ground's":     {noEnd{}, "application/proto", 0, passenger.TooMuch},
		"endless, of somebody else":  {noEnd{}, "text/html", 0, passenger.Unavailable},
		"500 kB at once, then quiet": {bytes.NewReader(make([]byte, 500_000)), "application/proto", 31 * time.Second, passenger.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &body{r: tt.of, closed: make(chan struct{})}
				c, err := crewapi.NewClient("https://ground.test", "token", &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
					if r.Body != nil {
						io.Copy(io.Discard, r.Body)
						r.Body.Close()
					}
					go func() {
						<-r.Context().Done()
						close(b.closed)
					}()
					return &http.Response{StatusCode: 200, ProtoMajor: 2, Header: http.Header{"Content-Type": {tt.kind}}, Body: io.NopCloser(b), Request: r}, nil
				})})
				if err != nil {
					t.Fatal(err)
				}
				begun := time.Now()
				_, err = c.Start(t.Context(), nil, 0)
				if passenger.CodeOf(err) != tt.code {
					t.Errorf("got %v, want %s", err, tt.code)
				}
				if took := time.Since(begun); took > tt.after {
					t.Errorf("it took %v, want %v at most", took, tt.after)
				}
				if b.read > 2<<20 {
					t.Errorf("%d bytes were read", b.read)
				}
			})
		})
	}
}
