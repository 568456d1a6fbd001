package crewapi

import (
	"context"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"connectrpc.com/connect"

	"github.com/cabinloop/cabinloop/internal/seldom"
	"github.com/cabinloop/cabinloop/passenger"
	crewv1 "github.com/cabinloop/cabinloop/proto/gen/crew/v1"
	"github.com/cabinloop/cabinloop/proto/gen/crew/v1/crewv1connect"
)

// guard is the one server interceptor: who calls, is the envelope right, log, map the error.
type guard struct {
	ground    Ground
	now       func() time.Time
	log       *slog.Logger
	enrols    *bucket
	handOvers *bucket
	failed    seldom.Counter[failure]
}

// failure is a way in which a tablet's calls about a flight fail.
type failure struct {
	tablet    passenger.TabletID
	group     string
	procedure string
	code      passenger.Code
}

var _ connect.Interceptor = (*guard)(nil)

func (g *guard) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
		start := g.now()
		var res connect.AnyResponse
		var err error
		if m, ok := req.Any().(*crewv1.DeliverRequest); ok && len(m.GetDeviceKey()) > 0 {
			err = g.proven() // by its key: the token, if it has one, says nothing
		} else {
			ctx, err = g.admit(ctx, req.Spec().Procedure, req.Header())
		}
		if err == nil {
			if err = check(req.Any()); err == nil {
				res, err = next(ctx, req)
			}
		}
		g.report(ctx, req.Spec().Procedure, req.Any(), start, err)
		return res, toWire(err)
	}
}

func (g *guard) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return next
}

func (g *guard) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return func(ctx context.Context, conn connect.StreamingHandlerConn) error {
		start := g.now()
		ctx, err := g.admit(ctx, conn.Spec().Procedure, conn.RequestHeader())
		if err == nil {
			err = next(ctx, checkedConn{conn})
		}
		g.report(ctx, conn.Spec().Procedure, nil, start, err)
		return toWire(err)
	}
}

// checkedConn validates each message of a stream as it comes in.
type checkedConn struct{ connect.StreamingHandlerConn }

func (c checkedConn) Receive(m any) error {
	if err := c.StreamingHandlerConn.Receive(m); err != nil {
		return err
	}
	return check(m)
}

// admit finds out whose token it is. Enrol is open, but counted.
func (g *guard) admit(ctx context.Context, procedure string, h http.Header) (context.Context, error) {
	const op = "crewapi.admit"
	if procedure == crewv1connect.TabletServiceEnrolProcedure {
		if !g.enrols.take() {
			busy := passenger.Errorf(passenger.TooMuch, op, "too many enrolments at once; wait a minute and try again")
			busy.RetryAfter = enrolEvery
			return ctx, busy
		}
		return ctx, nil
	}
	token, ok := strings.CutPrefix(h.Get("Authorization"), "Bearer ")
	if !ok || token == "" {
		return ctx, passenger.Errorf(passenger.SignedOut, op, "this tablet is not enrolled here; enrol it with a new code")
	}
	id, err := g.ground.Authenticate(ctx, token)
	if err != nil {
		return ctx, err
	}
	return withTablet(ctx, id), nil
}

// proven admits a hand-over, counted: ground checks the proof.
func (g *guard) proven() error {
	if g.handOvers.take() {
		return nil
	}
	busy := passenger.Errorf(passenger.TooMuch, "crewapi.proven", "ground is busy; nothing is lost, try again in a minute")
	busy.RetryAfter = time.Minute
	return busy
}

// report writes one line a call: which, by which tablet, how long, and the error that does not
// cross. No request or response content. What a tablet brings upon itself by each of its calls is a
// warning now and then, with how often it was.
func (g *guard) report(ctx context.Context, procedure string, message any, start time.Time, err error) {
	level, args := slog.LevelDebug, []any{"op", procedure, "tablet", tabletFrom(ctx).String(), "dur", g.now().Sub(start)}
	if err != nil && ctx.Err() == nil {
		code := passenger.CodeOf(err)
		level, args = slog.LevelWarn, append(args, "kind", string(code), "err", err)
		if code == passenger.Forbidden || code == passenger.TooMuch || code == passenger.Invalid || code == passenger.NotFound {
			about, _ := message.(interface{ GetGroup() []byte })
			f := failure{tablet: tabletFrom(ctx), procedure: procedure, code: code}
			if about != nil && len(about.GetGroup()) == len(passenger.FlightID{}) {
				f.group = string(about.GetGroup())
			}
			n, say := g.failed.Again(f)
			if args = append(args, "n", n); !say {
				level = slog.LevelDebug
			}
		}
	}
	g.log.Log(ctx, level, "call", args...)
}

// recovered answers a panic: the tablet gets internal, the log gets the stack.
func recovered(log *slog.Logger) connect.HandlerOption {
	return connect.WithRecover(func(ctx context.Context, spec connect.Spec, _ http.Header, p any) error {
		log.Error("panic in a call", "op", spec.Procedure, "err", p, "kind", string(debug.Stack()))
		return toWire(passenger.Errorf(passenger.Internal, "crewapi.recovered", "something went wrong on ground; nothing is lost, try again later"))
	})
}
