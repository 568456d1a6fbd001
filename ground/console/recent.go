package console

import (
	"sync"
	"time"
)

// recent remembers for a while what happened, so that it counts once. Safe for concurrent use.
type recent struct {
	mu   sync.Mutex
	m    map[string]time.Time
	keep time.Duration
	most int
}

func newRecent(keep time.Duration, most int) *recent {
	return &recent{m: map[string]time.Time{}, keep: keep, most: most}
}

func (c *recent) known(key string, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := c.m[key]
	return ok && now.Sub(at) < c.keep
}

func (c *recent) add(key string, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.m) >= c.most {
		clear(c.m) // forgetting costs a second row in the log, never a missing one
	}
	c.m[key] = now
}
