package dispatch

import (
	"context"
	"log/slog"
)

// saying is what the log is told of a tablet on a flight.
type saying struct {
	whom
	what, kind string
}

// tell writes to the log that a tablet did something on a flight. A tablet may do the same with each
// of its exchanges: the first is worth a line, and after that a few, with how often it was.
func (s *Service) tell(ctx context.Context, level slog.Level, what, kind string, w whom) {
	if n, say := s.said.Again(saying{w, what, kind}); say {
		s.Log.Log(ctx, level, what, "flight", w.flight.String(), "tablet", w.tablet.String(), "kind", kind, "n", n)
	}
}
