package link

import (
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"time"
)

// half is one direction of one connection: what is on its way, in order of arrival.
type half struct {
	link      *Link
	direction int
	luck      *rand.Rand

	mu      sync.Mutex
	changed chan struct{} // closed at any change, and replaced
	flying  []flight
	held    int  // bytes in flying
	ended   bool // the writer closed it: the end is in flying
	gone    bool // the reader closed it
	last    time.Time
	read    time.Time // deadlines; zero is none
	write   time.Time
}

// flight is bytes that arrive at one moment; none is the end.
type flight struct {
	at    time.Time
	bytes []byte
}

func newHalf(l *Link, number, direction int) *half {
	return &half{link: l, direction: direction, luck: l.luck(number, direction), changed: make(chan struct{})}
}

// wake tells waiters of a change; the caller holds mu.
func (h *half) wake() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// wait waits for a change or a moment; the caller holds mu, which is given up meanwhile.
func (h *half) wait(until ...time.Time) {
	changed := h.changed
	h.mu.Unlock()
	defer h.mu.Lock()
	var first time.Time
	for _, t := range until {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	if first.IsZero() {
		<-changed
		return
	}
	timer := time.NewTimer(time.Until(first))
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	}
}

func past(deadline time.Time) bool { return !deadline.IsZero() && !time.Now().Before(deadline) }

func (h *half) push(b []byte) (n int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.ended:
			return n, net.ErrClosed
		case past(h.write):
			return n, os.ErrDeadlineExceeded
		case h.gone:
			return n, io.ErrClosedPipe
		case len(b) == 0:
			return n, nil
		case h.held >= buffer:
			h.wait(h.write)
			continue
		}
		part := b[:min(len(b), packet)]
		h.add(part)
		n, b = n+len(part), b[len(part):]
	}
}

// add lets bytes depart, behind those before them.
func (h *half) add(b []byte) {
	at := h.link.send(h.direction, len(b), h.luck)
	if at.Before(h.last) {
		at = h.last
	}
	h.last = at
	h.flying = append(h.flying, flight{at, append([]byte(nil), b...)})
	h.held += len(b)
	h.wake()
}

func (h *half) pull(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.gone:
			return 0, net.ErrClosed
		case past(h.read):
			return 0, os.ErrDeadlineExceeded
		case len(b) == 0:
			return 0, nil
		case len(h.flying) == 0:
			h.wait(h.read)
			continue
		case h.flying[0].at.After(time.Now()):
			h.wait(h.read, h.flying[0].at)
			continue
		case len(h.flying[0].bytes) == 0:
			return 0, io.EOF
		}
		return h.take(b), nil
	}
}

// take moves what has arrived into b; the caller holds mu.
func (h *half) take(b []byte) (n int) {
	now := time.Now()
	for n < len(b) && len(h.flying) > 0 && len(h.flying[0].bytes) > 0 && !h.flying[0].at.After(now) {
		f := &h.flying[0]
		k := copy(b[n:], f.bytes)
		n, f.bytes = n+k, f.bytes[k:]
		if len(f.bytes) == 0 {
			h.flying = h.flying[1:]
		}
	}
	h.held -= n
	h.wake()
	return n
}

// end is the writer's close: the reader sees it after what is on its way.
func (h *half) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.ended {
		h.add(nil)
		h.ended = true
		h.wake()
	}
}

// leave is the reader's close.
func (h *half) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.gone, h.flying, h.held = true, nil, 0
	h.wake()
}

func (h *half) deadline(of *time.Time, t time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	*of = t
	h.wake()
}
