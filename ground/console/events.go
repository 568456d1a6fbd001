package console

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/auth"
	"github.com/cabinloop/cabinloop/internal/web"
	"github.com/cabinloop/cabinloop/passenger"
)

// topicActs says who hears of a topic of the change feed.
var topicActs = map[string]string{"case": "cases", "desk": "desk", "flight": "flights", "followup": "followups", "tablet": "tablets"}

// events tells the browser what kind of thing changed, and which case or flight by its id. It
// sends names only: the page asks for the rest, and is asked who it is.
func (s *server) events(w http.ResponseWriter, r *http.Request) error {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		return passenger.Errorf(passenger.TooMuch, "console.events", "too many open pages; this one shows changes when it is opened again")
	}
	u, _ := userOf(r)
	stamp := s.sessions.GetString(r.Context(), keyStamp)
	ctx, cancel := context.WithCancel(r.Context())
	out := make(chan web.Event)
	var tail sync.WaitGroup
	tail.Go(func() {
		defer close(out)
		if err := s.tail(ctx, u, stamp, out); err != nil && ctx.Err() == nil {
			s.Log.Warn("event stream ended", "err", err)
		}
	})
	ticker := time.NewTicker(beat)
	defer func() {
		ticker.Stop()
		cancel()
		tail.Wait()
	}()
	if err := web.SSE(w, r, out, ticker.C); err != nil {
		s.Log.Debug("event stream broke", "err", err)
	}
	return nil
}

// tail follows the change feed for one browser until ctx ends or the user may no longer.
func (s *server) tail(ctx context.Context, u ground.User, stamp string, out chan<- web.Event) error {
	var after int64
	if err := s.Store.Read(ctx, func(tx ground.Tx) (err error) {
		after, err = tx.LastChange(ctx)
		return err
	}); err != nil {
		return err
	}
	poll := time.NewTicker(eventPoll)
	defer poll.Stop()
	gap := time.NewTimer(0)
	defer gap.Stop()
	for {
		select { // gathers a surge
		case <-ctx.Done():
			return nil
		case <-gap.C:
		}
		hint := s.Store.Changed()
		var changes []ground.Change
		if err := s.Store.Read(ctx, func(tx ground.Tx) (err error) {
			changes, err = tx.Changes(ctx, after, eventBatch)
			return err
		}); err != nil {
			return err
		}
		if len(changes) > 0 {
			now, ok, err := s.standing(ctx, u.ID, stamp)
			if err != nil || !ok {
				return err
			}
			after = changes[len(changes)-1].Seq
			for _, name := range eventNames(now, changes) {
				select {
				case out <- web.Event{Name: name, Data: "changed"}:
				case <-ctx.Done():
					return nil
				}
			}
		}
		gap.Reset(eventGap)
		if len(changes) == eventBatch {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-hint:
		case <-poll.C:
		}
	}
}

// eventNames gathers changes into the events of what u may see, each once.
func eventNames(u ground.User, changes []ground.Change) []string {
	var out []string
	add := func(name string) {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	for _, c := range changes {
		act, known := topicActs[c.Topic]
		if !known || !auth.May(u, act) {
			continue
		}
		add(c.Topic)
		if c.Ref != "" && (c.Topic == "case" || c.Topic == "flight") {
			add(c.Topic + "-" + c.Ref)
		}
	}
	return out
}
