package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Event is one server-sent event. ID comes back as Last-Event-ID when the browser reconnects;
// Name is what htmx's sse-swap listens for; Data may have several lines.
type Event struct{ ID, Name, Data string }

// eventLine splits data at every line end that the event stream format knows.
var eventLine = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// SSE streams events to the browser, each flushed as it comes, and a comment for each beat, which
// keeps proxies from cutting a quiet stream and finds a browser that is gone. It works in the
// handler's own goroutine and starts none. It returns nil when the request ends or events is
// closed, and an error for an event that the format cannot carry or a browser that went away.
// The caller owns both channels: a [time.Ticker] of 15 to 20 seconds makes the beat.
func SSE(w http.ResponseWriter, r *http.Request, events <-chan Event, beat <-chan time.Time) error {
	control := http.NewResponseController(w)
	// A stream outlives the server's write timeout. Not every writer has deadlines; those that
	// have none do not time out.
	_ = control.SetWriteDeadline(time.Time{})
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	if err := control.Flush(); err != nil {
		return fmt.Errorf("web.SSE: %w", err)
	}
	return stream(r.Context(), events, beat, func(text []byte) error {
		if _, err := w.Write(text); err != nil {
			return fmt.Errorf("web.SSE: %w", err)
		}
		if err := control.Flush(); err != nil {
			return fmt.Errorf("web.SSE: %w", err)
		}
		return nil
	})
}

func stream(ctx context.Context, events <-chan Event, beat <-chan time.Time, send func([]byte) error) error {
	for {
		text := []byte(":\n\n")
		select {
		case <-ctx.Done():
			return nil
		case e, open := <-events:
			if !open {
				return nil
			}
			var err error
			if text, err = e.encode(); err != nil {
				return err
			}
		case <-beat:
		}
		if err := send(text); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
}

// encode writes the event as the HTML standard's event stream format has it.
func (e Event) encode() ([]byte, error) {
	if strings.ContainsAny(e.ID, "\r\n\x00") || strings.ContainsAny(e.Name, "\r\n") {
		return nil, fmt.Errorf("web.SSE: an event's id and name are one line each")
	}
	var b bytes.Buffer
	if e.ID != "" {
		fmt.Fprintf(&b, "id: %s\n", e.ID)
	}
	if e.Name != "" {
		fmt.Fprintf(&b, "event: %s\n", e.Name)
	}
	for line := range strings.SplitSeq(eventLine.Replace(e.Data), "\n") {
		fmt.Fprintf(&b, "data: %s\n", line)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}
