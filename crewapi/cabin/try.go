package cabin

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"sync"
	"time"
)

// trying says hello wherever it is due, until ctx ends. Every address has a time.
func (n *Node) trying(ctx context.Context) {
	var tries sync.WaitGroup
	defer tries.Wait()
	slots := make(chan struct{}, maxTries)
	for ctx.Err() == nil {
		for _, s := range n.dueNow() {
			slots <- struct{}{}
			tries.Go(func() {
				defer func() { <-slots }()
				n.hello(ctx, s)
			})
		}
		timer := time.NewTimer(n.nextDue())
		select {
		case <-ctx.Done():
		case <-n.kick:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// dueNow takes the addresses whose time has come.
func (n *Node) dueNow() []*spot {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.Now()
	var out []*spot
	for _, s := range n.spots {
		// A time farther ahead than it is ever set says that the clock went back.
		if !s.busy && (!s.due.After(now) || s.due.Sub(now) > strangerEvery) {
			s.busy, s.tried = true, now
			out = append(out, s)
		}
	}
	return out
}

// nextDue says how long nothing is to be tried, at most a minute.
func (n *Node) nextDue() time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	now, next := n.Now(), retryMost
	for _, s := range n.spots {
		if !s.busy {
			next = min(next, s.due.Sub(now))
		}
	}
	return max(next, time.Millisecond)
}

// hello says this tablet's first word at one address and notes what came of it.
func (n *Node) hello(ctx context.Context, s *spot) {
	n.mu.Lock()
	client, was := s.dial(), s.up
	n.mu.Unlock()
	inner, cancel := context.WithTimeout(ctx, helloTimeout)
	defer cancel()
	err := client.Hello(inner, n.port())
	if ctx.Err() != nil {
		return
	}
	n.mu.Lock()
	s.busy = false
	defer n.wake()
	if err != nil || s.client != client {
		s.failed()
		if s.source < byHuman && s.fails >= forgetAfter {
			delete(n.spots, s.address)
		}
		n.mu.Unlock()
		n.Log.Debug("nobody of ours", "n", s.fails, "err", err)
		return
	}
	s.heard()
	key, at, seen := s.key, s.address, s.seen
	n.mu.Unlock()
	if !was && n.Found != nil {
		if m, ok := n.who(key); ok {
			n.Found(PeerInfo{m.Tablet, at, seen})
		}
	}
}

// who returns the member of any of our flights that has that key.
func (n *Node) who(key []byte) (Member, bool) {
	for _, group := range n.Groups() {
		for _, m := range n.Members(group) {
			if bytes.Equal(m.PublicKey, key) {
				return m, true
			}
		}
	}
	return Member{}, false
}

// jitter draws a duration of half of d to d.
func (n *Node) jitter(d time.Duration) time.Duration {
	var b [8]byte
	if _, err := io.ReadFull(n.Rand, b[:]); err != nil {
		return d
	}
	return d/2 + time.Duration(binary.BigEndian.Uint64(b[:])%uint64(d/2+1))
}
