package cabin

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"strconv"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// caller is who is at the other end of a call: a key that the handshake proved.
type caller struct {
	key  []byte
	host string
}

type callerKey struct{}

// called lets calls pass whose key is still in a flight of ours, and notes whose it is.
func (n *Node) called(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := keyOf(r.TLS)
		if !n.known(key) {
			http.Error(w, "not on the roster", http.StatusForbidden)
			return
		}
		n.heardOf(key)
		ctx := context.WithValue(r.Context(), callerKey{}, caller{key, hostOf(r.RemoteAddr)})
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// heardOf notes a word of a tablet that called by itself.
func (n *Node) heardOf(key []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range n.spots {
		if s.up && bytes.Equal(s.key, key) {
			s.heard()
		}
	}
}

// answerer is the node as its callers see it.
type answerer struct{ *Node }

// Hello notes where the caller listens.
func (a answerer) Hello(ctx context.Context, port int) error {
	c, ok := ctx.Value(callerKey{}).(caller)
	if ok && port > 0 {
		a.sight(net.JoinHostPort(c.host, strconv.Itoa(port)), byCall)
	}
	return nil
}

// Exchange hands the exchange on, when the caller is on the roster of its flight.
func (a answerer) Exchange(ctx context.Context, req flightsync.Request) (flightsync.Response, error) {
	c, _ := ctx.Value(callerKey{}).(caller)
	m, ok := a.member(req.Group, c.key)
	if !ok {
		return flightsync.Response{}, notOnRoster("cabin.Exchange")
	}
	return a.Serve(ctx, req.Group, m, req)
}

func notOnRoster(op string) error {
	return passenger.Errorf(passenger.Forbidden, op, "the other tablet is not on the crew list of that flight; ground operations can put it on")
}
