package crewapi

import (
	"context"
	"errors"
	"strconv"
	"time"

	"connectrpc.com/connect"

	"github.com/cabinloop/cabinloop/passenger"
)

// codes maps every code of ours to its Connect code. One to one: the way back is the same table.
var codes = map[passenger.Code]connect.Code{
	passenger.Invalid:     connect.CodeInvalidArgument,
	passenger.NotFound:    connect.CodeNotFound,
	passenger.Exists:      connect.CodeAlreadyExists,
	passenger.Phase:       connect.CodeFailedPrecondition,
	passenger.Raced:       connect.CodeAborted,
	passenger.SignedOut:   connect.CodeUnauthenticated,
	passenger.Forbidden:   connect.CodePermissionDenied,
	passenger.TooMuch:     connect.CodeResourceExhausted,
	passenger.Unavailable: connect.CodeUnavailable,
	passenger.Corrupt:     connect.CodeDataLoss,
	passenger.Internal:    connect.CodeInternal,
}

// retryAfter is the header that carries [passenger.Error.RetryAfter], whole seconds, rounded up.
const retryAfter = "Retry-After"

// ownWord is the header by which an error of our own programs is told from a proxy's.
const ownWord = "Cabinloop-Error"

// toWire makes the error that crosses: code, public text and when to retry, nothing else. A cancelled call
// stays cancelled; an error of somebody else becomes internal with a fixed text.
func toWire(err error) error {
	if err == nil {
		return nil
	}
	if _, ours := errors.AsType[*passenger.Error](err); !ours {
		if _, wire := errors.AsType[*connect.Error](err); wire {
			return err
		}
		switch {
		case errors.Is(err, context.Canceled):
			return connect.NewError(connect.CodeCanceled, context.Canceled)
		case errors.Is(err, context.DeadlineExceeded):
			return connect.NewError(connect.CodeDeadlineExceeded, context.DeadlineExceeded)
		}
	}
	out := connect.NewError(codes[passenger.CodeOf(err)], errors.New(passenger.Public(err)))
	out.Meta().Set(ownWord, strconv.Itoa(Version))
	if d := passenger.RetryAfter(err); d > 0 {
		out.Meta().Set(retryAfter, strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10))
	}
	return out
}

// fromWire makes our error of what a call returned. ctx is the caller's: when it ended, its
// error is returned as it is. What did not come from a Cabinloop ground is unavailable.
func fromWire(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if own, ok := errors.AsType[*passenger.Error](err); ok {
		return own
	}
	ce, ok := errors.AsType[*connect.Error](err)
	if !ok || !connect.IsWireError(err) {
		if ok && ce.Code() == connect.CodeResourceExhausted {
			return passenger.Wrap(passenger.TooMuch, op, "ground's answer is larger than this tablet takes", err).Keyed("wire.large")
		}
		return passenger.Wrap(passenger.Unavailable, op, awayText, err).Keyed("wire.away")
	}
	for code, wire := range codes {
		if wire == ce.Code() {
			e := passenger.Wrap(code, op, ce.Message(), nil)
			e.RetryAfter = waitOf(ce)
			return e
		}
	}
	return passenger.Wrap(passenger.Unavailable, op, "ground did not answer in time or in a way this tablet understands", err).Keyed("wire.slow")
}
