package cabin

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/passenger"
)

// source says how an address became known; a higher one stays.
type source int

const (
	byTag   source = iota // found by itself
	byCall                // it called
	byHuman               // given at start or typed in
)

// spot is one address at which a tablet may answer. The node's mutex guards it.
type spot struct {
	node    *Node
	address string
	source  source
	far     bool   // announces no flight of ours: another aircraft, or a wrong clock
	own     bool   // this tablet itself answers there
	pin     string // the fingerprint that a person gave, "" for any
	due     time.Time
	tried   time.Time
	busy    bool
	fails   int
	up      bool
	seen    time.Time
	key     []byte // of the connection that stands; nil before the first
	line    *http.Transport
	client  *crewapi.PeerClient
}

// sight notes an address and has it tried now, unless it is in touch or was tried just now.
func (n *Node) sight(address string, by source) *spot {
	n.mu.Lock()
	defer n.mu.Unlock()
	s, ok := n.spots[address]
	if !ok {
		if len(n.spots) >= maxSpots && by < byHuman {
			return nil
		}
		s = &spot{node: n, address: address}
		n.spots[address] = s
	}
	s.source, s.far = max(s.source, by), false
	if now := n.Now(); !s.up && !s.busy && (s.tried.IsZero() || now.Sub(s.tried) >= s.least()) {
		s.due = now
		n.wake()
	}
	return s
}

// least is the pause between two tries whatever is heard of an address.
func (s *spot) least() time.Duration {
	if s.own {
		return strangerEvery
	}
	return retryFirst
}

// sighted takes what the LAN says of others. An address whose tags are none of ours waits.
func (n *Node) sighted(g Sighting) {
	if n.ours(g.Tags) {
		n.sight(g.Address, byTag)
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, ok := n.spots[g.Address]; !ok && len(n.spots) < maxSpots {
		n.spots[g.Address] = &spot{node: n, address: g.Address, far: true, due: n.Now().Add(strangerFirst)}
		n.wake()
	}
}

// Connect takes the address of another tablet from a person: an [Invite] as text. It is tried at
// once and kept. Errors: invalid.
func (n *Node) Connect(invite string) error {
	i, err := ParseInvite(invite)
	if err != nil {
		return err
	}
	s := n.sight(i.Address, byHuman)
	n.mu.Lock()
	defer n.mu.Unlock()
	if i.Fingerprint != s.pin {
		s.pin = i.Fingerprint
		s.hangUp()
	}
	return nil
}

func (n *Node) wake() {
	select {
	case n.kick <- struct{}{}:
	default:
	}
}

// dial returns the client of the spot; the caller holds the mutex.
func (s *spot) dial() *crewapi.PeerClient {
	if s.client != nil {
		return s.client
	}
	line := &http.Transport{ForceAttemptHTTP2: true, Protocols: onlyHTTP2(), IdleConnTimeout: idle, MaxIdleConnsPerHost: 1,
		TLSHandshakeTimeout: helloTimeout}
	line.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) { return s.node.Link.Dial(ctx, s.address) }
	line.TLSClientConfig = s.node.tlsConfig(func(key []byte) error { return s.proved(line, key) })
	// The name stands for whoever is dialled: addresses with a zone are no URLs, and SNI says nothing.
	s.line, s.client = line, crewapi.NewPeerClient("https://tablet", &http.Client{Transport: line})
	return s.client
}

var errOtherKey = errors.New("another tablet answers at this address")

// proved keeps the key that a line first met; another one at the same address is not spoken to.
func (s *spot) proved(line *http.Transport, key []byte) error {
	known := s.node.known(key)
	s.node.mu.Lock()
	defer s.node.mu.Unlock()
	s.own = bytes.Equal(key, s.node.key)
	switch {
	case !known:
		return errStranger
	case s.line != line || s.key != nil && !bytes.Equal(s.key, key):
		return errOtherKey
	case s.pin != "" && s.pin != Fingerprint(key):
		return errOtherKey
	}
	s.key = key
	return nil
}

// hangUp drops the line, and with it what was known of who is there; the caller holds the mutex.
func (s *spot) hangUp() {
	if s.line != nil {
		s.line.CloseIdleConnections()
	}
	s.line, s.client, s.key, s.up = nil, nil, nil, false
}

// Peers lists the tablets of a flight that are in reach, in no order.
func (n *Node) Peers(group passenger.FlightID) []PeerInfo {
	byTablet := map[passenger.TabletID]PeerInfo{}
	members := n.Members(group)
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range n.spots {
		i := slices.IndexFunc(members, func(m Member) bool { return s.up && bytes.Equal(m.PublicKey, s.key) })
		if i < 0 {
			continue
		}
		p := PeerInfo{members[i].Tablet, s.address, s.seen}
		if old, ok := byTablet[p.Tablet]; !ok || p.Seen.After(old.Seen) {
			byTablet[p.Tablet] = p
		}
	}
	var out []PeerInfo
	for _, p := range byTablet {
		out = append(out, p)
	}
	return out
}

// heard notes a word from the other side; the caller holds the mutex.
func (s *spot) heard() {
	now := s.node.Now()
	s.up, s.fails, s.seen, s.due = true, 0, now, now.Add(helloEvery)
}

// failed notes that nobody of ours answered; the caller holds the mutex.
func (s *spot) failed() {
	s.hangUp()
	s.fails++
	pause := min(retryFirst<<min(s.fails-1, 16), retryMost)
	if s.far || s.own {
		pause = strangerEvery
	}
	s.due = s.node.Now().Add(s.node.jitter(pause))
}
