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
	// Tick makes the ticker of stream heartbeats; nil is time.NewTicker.
	Tick func(time.Duration) (tick <-chan time.Time, stop func())
}

// NewHandler returns the path to mount and the handler of crew.v1 in front of ground. The
// server in front of it must have no WriteTimeout: streams live long. HTTP/1.1 and h2 both do.
func NewHandler(g Ground, o Options) (path string, handler http.Handler) {
	if o.Tick == nil {
		o.Tick = func(d time.Duration) (<-chan time.Time, func()) { t := time.NewTicker(d); return t.C, t.Stop }
	}
	in := &guard{ground: g, now: o.Now, log: o.Log, enrols: &bucket{burst: enrolBurst, every: enrolEvery, now: o.Now}}
	return crewv1connect.NewTabletServiceHandler(&service{g, o},
		recovered(o.Log), connect.WithInterceptors(in), connect.WithReadMaxBytes(maxMessage), connect.WithCompressMinBytes(compressFrom))
}

// service decodes, calls ground once, encodes.
type service struct {
	ground Ground
	Options
}

func (s *service) Enrol(ctx context.Context, m *crewv1.EnrolRequest) (*crewv1.EnrolResponse, error) {
	e, err := s.ground.Enrol(ctx, m.GetCode(), m.GetDeviceName(), passenger.PublicKeys{Sign: m.GetSignKey(), Agree: m.GetAgreeKey()})
	if err != nil {
		return nil, err
	}
	return &crewv1.EnrolResponse{TabletId: e.Tablet[:], Token: e.Token, GroundSignKey: e.Ground.Sign, GroundAgreeKey: e.Ground.Agree}, nil
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
	return fromResponse(res, m.GetDict()), nil
}

func (s *service) Watch(ctx context.Context, m *crewv1.WatchRequest, stream *connect.ServerStream[crewv1.WatchResponse]) error {
	have, err := toHave(m.GetFlights())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	out := &frames{stream: stream}
	var beats sync.WaitGroup
	beats.Go(func() {
		if err := out.beat(ctx, s.Tick); err != nil {
			cancel(err)
		}
	})
	err = s.ground.Watch(ctx, tabletFrom(ctx), have, func(id passenger.FlightID, res flightsync.Response) error {
		return out.send(&crewv1.WatchResponse{Group: id[:], Frame: fromResponse(res, pack.V1)})
	})
	cancel(nil)
	beats.Wait()
	return err
}

// frames is a stream that two goroutines write to.
type frames struct {
	mu     sync.Mutex
	stream *connect.ServerStream[crewv1.WatchResponse]
}

func (f *frames) send(m *crewv1.WatchResponse) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stream.Send(m)
}

// beat says at once that the stream stands, and again at each tick, until ctx ends.
func (f *frames) beat(ctx context.Context, ticker func(time.Duration) (<-chan time.Time, func())) error {
	tick, stop := ticker(heartbeat)
	defer stop()
	for {
		if err := f.send(&crewv1.WatchResponse{}); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
		}
	}
}
