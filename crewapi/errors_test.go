package crewapi

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/cabinloop/cabinloop/passenger"
)

func TestEveryCodeCrosses(t *testing.T) {
	want := map[passenger.Code]connect.Code{
		"invalid": connect.CodeInvalidArgument, "not_found": connect.CodeNotFound, "exists": connect.CodeAlreadyExists,
		"phase": connect.CodeFailedPrecondition, "raced": connect.CodeAborted, "signed_out": connect.CodeUnauthenticated,
		"forbidden": connect.CodePermissionDenied, "too_much": connect.CodeResourceExhausted, "unavailable": connect.CodeUnavailable,
		"corrupt": connect.CodeDataLoss, "internal": connect.CodeInternal,
	}
	if len(codes) != len(passenger.Codes) {
		t.Errorf("%d codes are mapped, there are %d", len(codes), len(passenger.Codes))
	}
	for _, code := range passenger.Codes {
		err := toWire(passenger.Wrap(code, "a.B", "public words", errors.New("secret cause")))
		if got := connect.CodeOf(err); got != want[code] {
			t.Errorf("%s crosses as %v, want %v", code, got, want[code])
		}
		if strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "public words") {
			t.Errorf("%s crosses as %q", code, err)
		}
	}
}

func TestForeignErrors(t *testing.T) {
	err := toWire(errors.New("secret cause"))
	if connect.CodeOf(err) != connect.CodeInternal || strings.Contains(err.Error(), "secret") {
		t.Errorf("a foreign error crosses as %q", err)
	}
	if got := connect.CodeOf(toWire(context.Canceled)); got != connect.CodeCanceled {
		t.Errorf("cancelled crosses as %v", got)
	}
	if got := connect.CodeOf(toWire(context.DeadlineExceeded)); got != connect.CodeDeadlineExceeded {
		t.Errorf("a passed deadline crosses as %v", got)
	}
	if toWire(nil) != nil || fromWire(t.Context(), "a.B", nil) != nil {
		t.Error("no error became one")
	}
	if got := passenger.CodeOf(fromWire(t.Context(), "a.B", errors.New("dial: no route"))); got != passenger.Unavailable {
		t.Errorf("an unreachable ground is %s", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := fromWire(ctx, "a.B", errors.New("x")); got != context.Canceled {
		t.Errorf("a cancelled call returned %v", got)
	}
}

func TestRetryAfterCrosses(t *testing.T) {
	for after, want := range map[time.Duration]time.Duration{0: 0, 1: time.Second, time.Second: time.Second, 1500 * time.Millisecond: 2 * time.Second} {
		e := passenger.Errorf(passenger.TooMuch, "a.B", "busy")
		e.RetryAfter = after
		if got := toWire(e).(*connect.Error).Meta().Get("Retry-After"); (got == "") != (want == 0) {
			t.Errorf("%v crosses as %q", after, got)
		}
	}
}
