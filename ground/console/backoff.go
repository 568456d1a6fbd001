package console

import (
	"crypto/sha256"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// backOffs makes failed sign-ins wait, per name and source: never a hard lock, which would let
// a stranger shut out an agent. It lives in the memory of one node. Safe for concurrent use.
type backOffs struct {
	mu sync.Mutex
	m  map[backOffKey]backOff
}

type backOffKey [16]byte

type backOff struct {
	wait  time.Duration
	until time.Time
}

func newBackOffs() *backOffs { return &backOffs{m: map[backOffKey]backOff{}} }

// backOffFor names a sign-in name from a source. A proxy's headers are not believed.
func backOffFor(r *http.Request, name string) (k backOffKey) {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	sum := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(name)) + "\x00" + host))
	copy(k[:], sum[:])
	return k
}

// begin counts the attempt as failed until [backOffs.clear], so that parallel guesses wait for
// each other. Errors: too_much while the name from this source has to wait.
func (b *backOffs) begin(k backOffKey, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	x := b.m[k]
	if left := x.until.Sub(now); left > 0 {
		return passenger.Errorf(passenger.TooMuch, "console.signIn", "too many attempts; wait %s and try again", left.Round(time.Second).String())
	}
	x.wait = min(max(2*x.wait, backOffFirst), backOffMost)
	x.until = now.Add(x.wait)
	if len(b.m) >= maxBackOffs {
		b.drop()
	}
	b.m[k] = x
	return nil
}

// drop forgets the one that has waited longest.
func (b *backOffs) drop() {
	var oldest backOffKey
	var at time.Time
	for k, x := range b.m {
		if at.IsZero() || x.until.Before(at) {
			oldest, at = k, x.until
		}
	}
	delete(b.m, oldest)
}

func (b *backOffs) clear(k backOffKey) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.m, k)
}
