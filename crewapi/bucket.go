package crewapi

import (
	"sync"
	"time"
)

// bucket is a token bucket: burst at once, then one each every. Safe for concurrent use.
type bucket struct {
	burst int
	every time.Duration
	now   func() time.Time

	mu   sync.Mutex
	free time.Time // when the bucket is full again
}

func (b *bucket) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if b.free.Before(now) {
		b.free = now
	}
	next := b.free.Add(b.every)
	if next.Sub(now) > time.Duration(b.burst)*b.every {
		return false
	}
	b.free = next
	return true
}
