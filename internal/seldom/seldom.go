// Package seldom keeps what somebody does again and again from flooding a log: the first time is
// worth a line, and after that the tenth, the hundredth and so on, each with the count.
package seldom

import "sync"

// most bounds how many things are counted at a time. Arbitrary, some hundred KB.
const most = 4096

// Counter counts things by what they are. It is safe for concurrent use; the zero value is ready.
// When there are too many of them it begins anew, so that its memory is bounded.
type Counter[K comparable] struct {
	mu sync.Mutex
	n  map[K]int
}

// Again counts k once more. It returns how often k was counted, and whether that is worth a line.
func (c *Counter[K]) Again(k K) (n int, say bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.n[k]; c.n == nil || !known && len(c.n) >= most {
		c.n = map[K]int{}
	}
	c.n[k]++
	n = c.n[k]
	step := n
	for step%10 == 0 {
		step /= 10
	}
	return n, step == 1
}
