package screen

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/cabinloop/cabinloop/internal/web"
	"github.com/cabinloop/cabinloop/passenger"
)

// eventOf names the event of one flight.
func eventOf(k passenger.FlightKey) string { return "flight-" + slug(k) }

// events tells the browser which flights changed. It sends names only: the page asks for the rest.
func (s *server) events(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	c := changes{wake: make(chan struct{}, 1)}
	stop := s.Agent.OnChange(c.add)
	out := make(chan web.Event)
	var bridge sync.WaitGroup
	bridge.Go(func() { c.run(ctx, out) })
	ticker := time.NewTicker(beat)
	defer func() {
		ticker.Stop()
		stop()
		cancel()
		bridge.Wait()
	}()
	if err := web.SSE(w, r, out, ticker.C); err != nil {
		s.Log.Debug("event stream ended", "err", err)
	}
}

// changes gathers what changed until the browser takes it. Adding never blocks the agent.
type changes struct {
	mu   sync.Mutex
	keys map[passenger.FlightKey]bool
	wake chan struct{}
}

func (c *changes) add(k passenger.FlightKey) {
	c.mu.Lock()
	if c.keys == nil {
		c.keys = map[passenger.FlightKey]bool{}
	}
	c.keys[k] = true
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *changes) take() map[passenger.FlightKey]bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	keys := c.keys
	c.keys = nil
	return keys
}

// run sends an event for each flight that changed, and one for the list, until ctx ends.
func (c *changes) run(ctx context.Context, out chan<- web.Event) {
	send := func(name string) bool {
		select {
		case out <- web.Event{Name: name, Data: "changed"}:
			return true
		case <-ctx.Done():
			return false
		}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		}
		for k := range c.take() {
			if !send(eventOf(k)) {
				return
			}
		}
		if !send("change") {
			return
		}
	}
}
