package crewapi

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"connectrpc.com/connect"

	"github.com/cabinloop/cabinloop/crewapi/pack"
	"github.com/cabinloop/cabinloop/passenger"
	crewv1 "github.com/cabinloop/cabinloop/proto/gen/crew/v1"
	"github.com/cabinloop/cabinloop/proto/gen/crew/v1/crewv1connect"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Options configures [NewHandler].
type Options struct {
	Now func() time.Time // needed
	Log *slog.Logger     // needed
	// Heartbeat is how often an idle stream says that it lives; 0 is every 15 seconds.
	Heartbeat time.Duration
}

// NewHandler returns the path to mount and the handler of crew.v1 in front of ground. The
// server in front of it must have no WriteTimeout: streams live long. HTTP/1.1 and h2 both do.
func NewHandler(g Ground, o Options) (path string, handler http.Handler) {
	if o.Heartbeat == 0 {
		o.Heartbeat = heartbeat
	}
	in := &guard{ground: g, now: o.Now, log: o.Log, enrols: &bucket{burst: enrolBurst, every: enrolEvery, now: o.Now},
		handOvers: &bucket{burst: handOverBurst, every: handOverEvery, now: o.Now}}
	return crewv1connect.NewTabletServiceHandler(&service{ground: g, Options: o},
		recovered(o.Log), connect.WithInterceptors(in), connect.WithReadMaxBytes(maxMessage), connect.WithCompressMinBytes(compressFrom))
}

// service decodes, calls ground once, encodes.
type service struct {
	ground Ground
	packed packed
	Options
}

func (s *service) Enrol(ctx context.Context, m *crewv1.EnrolRequest) (*crewv1.EnrolResponse, error) {
	e, err := s.ground.Enrol(ctx, m.GetCode(), m.GetDeviceName(), passenger.Device{
		PublicKeys: passenger.PublicKeys{Sign: m.GetSignKey(), Agree: m.GetAgreeKey()}, Former: m.GetFormerKey(), Proof: m.GetProof()})
	if err != nil {
		return nil, err
	}
	return &crewv1.EnrolResponse{Version: Version, AnswerTo: answerTo(m.GetNonce(), nil, 0, 0), TabletId: e.Tablet[:], Token: e.Token, GroundSignKey: e.Ground.Sign, GroundAgreeKey: e.Ground.Agree,
		Former: string(e.Former)}, nil
}

func (s *service) Exchange(ctx context.Context, m *crewv1.ExchangeRequest) (*crewv1.ExchangeResponse, error) {
	req, err := toRequest(m)
	if err != nil {
		return nil, err
	}
	res, err := s.ground.Exchange(ctx, tabletFrom(ctx), req)
	if err != nil {
		return nil, err
	}
	res.Now = s.Now()
	out := s.packed.fromResponse(res, m.GetDict())
	out.AnswerTo = answerToExchange(m)
	return out, nil
}

func (s *service) Watch(ctx context.Context, m *crewv1.WatchRequest, stream *connect.ServerStream[crewv1.WatchResponse]) error {
	have, err := toHave(m.GetFlights())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	out := &frames{stream: stream, every: s.Heartbeat, failed: cancel}
	defer out.end()
	out.beat() // says at once that the stream stands
	return s.ground.Watch(ctx, tabletFrom(ctx), have, func(id passenger.FlightID, res flightsync.Response) error {
		res.Now = s.Now()
		frame := s.packed.fromResponse(res, pack.V1)
		frame.AnswerTo = answerToFrame(m.GetNonce(), id[:])
		return out.send(&crewv1.WatchResponse{Group: id[:], Frame: frame})
	})
}

// frames is a stream that its watch and its heartbeat write to. The heartbeat is a timer: a
// goroutine that sleeps beside each of ten thousand streams would cost more than they do.
type frames struct {
	mu     sync.Mutex
	stream *connect.ServerStream[crewv1.WatchResponse]
	every  time.Duration
	failed func(error)
	timer  *time.Timer
	over   bool
}

func (f *frames) send(m *crewv1.WatchResponse) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stream.Send(m)
}

// beat says that the stream stands, now and again after each pause until it ends.
func (f *frames) beat() {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.over:
		return
	case f.timer == nil:
		f.timer = time.AfterFunc(f.every, f.beat)
	default:
		f.timer.Reset(f.every)
	}
	if err := f.stream.Send(&crewv1.WatchResponse{}); err != nil {
		f.failed(err)
	}
}

// end stops the heartbeat; when it returns, none is under way.
func (f *frames) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.over = true
	f.timer.Stop()
}
