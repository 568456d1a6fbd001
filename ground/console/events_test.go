package console_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// TestEvents follows the stream of one agent until the account is disabled.
func TestEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	b := w.user("nora", "social")
	id := w.caseOf(passenger.X, "p100")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+"/events", nil)
	w.must(err)
	res, err := b.http.Do(r)
	w.must(err)
	defer res.Body.Close()
	if got := res.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/event-stream") {
		t.Fatalf("content type %q", got)
	}
	lines := bufio.NewScanner(res.Body)
	next := func(change func(ground.Tx) error, want string) bool {
		if change != nil {
			w.must(w.db.InTx(w.ctx, change))
		}
		for lines.Scan() {
			if strings.ContainsAny(lines.Text(), "@") {
				t.Errorf("an event says %q", lines.Text())
			}
			if lines.Text() == "event: "+want {
				return true
			}
		}
		return false
	}
	// Until the stream has begun there is nothing to hear: change until it answers.
	notify := func(tx ground.Tx) error { return tx.Notify(w.ctx, "case", id.String()) }
	first := make(chan bool)
	go func() { first <- next(nil, "case-"+id.String()) }()
	for started := false; !started; {
		w.must(w.db.InTx(w.ctx, notify))
		select {
		case ok := <-first:
			if !ok {
				t.Fatal("the stream ended")
			}
			started = true
		case <-w.db.Changed():
		default:
		}
	}
	w.must(w.users.Disable(w.ctx, "nora", "ada"))
	if next(notify, "never") {
		t.Error("a name that no event has")
	}
	if err := lines.Err(); err != nil {
		t.Errorf("the stream broke: %v", err)
	}
}
