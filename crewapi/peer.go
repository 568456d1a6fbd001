package crewapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"connectrpc.com/connect"

	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/passenger"
	crewv1 "github.com/cabinloop/cabinloop/proto/gen/crew/v1"
	"github.com/cabinloop/cabinloop/proto/gen/crew/v1/crewv1connect"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Peer is what a tablet offers to the other tablets of its flights. Implementations are safe for
// concurrent use; their errors are [passenger.Error] and only the public text crosses.
type Peer interface {
	// Hello takes note that the caller is there; port is where it listens, 0 for nowhere.
	Hello(ctx context.Context, port int) error
	// Exchange takes one exchange. Its effects are durable before it returns.
	Exchange(ctx context.Context, req flightsync.Request) (flightsync.Response, error)
	// Uplink takes a word about the link to ground and returns the peer's own.
	Uplink(ctx context.Context, b uplink.Beat) (uplink.Beat, error)
}

// NewPeerHandler returns the path to mount and the handler of CabinService in front of p:
// envelopes are validated, errors mapped. Who calls is the business of whoever mounts it: the
// handler asks for no token.
func NewPeerHandler(p Peer, o Options) (path string, handler http.Handler) {
	in := connect.UnaryInterceptorFunc(func(next connect.UnaryFunc) connect.UnaryFunc {
		return func(ctx context.Context, req connect.AnyRequest) (res connect.AnyResponse, err error) {
			start := o.Now()
			if err = check(req.Any()); err == nil {
				res, err = next(ctx, req)
			}
			if err != nil && ctx.Err() == nil {
				o.Log.Warn("peer call", "op", req.Spec().Procedure, "dur", o.Now().Sub(start), "kind", string(passenger.CodeOf(err)), "err", err)
			}
			return res, toWire(err)
		}
	})
	return crewv1connect.NewCabinServiceHandler(peerService{p, o.Now},
		recovered(o.Log), connect.WithInterceptors(in), connect.WithReadMaxBytes(maxMessage), connect.WithCompressMinBytes(compressFrom))
}

type peerService struct {
	peer Peer
	now  func() time.Time
}

func (s peerService) Hello(ctx context.Context, m *crewv1.HelloRequest) (*crewv1.HelloResponse, error) {
	return &crewv1.HelloResponse{}, s.peer.Hello(ctx, int(m.GetPort()))
}

func (s peerService) Exchange(ctx context.Context, m *crewv1.CabinServiceExchangeRequest) (*crewv1.CabinServiceExchangeResponse, error) {
	req, err := toRequest(m.GetExchange())
	if err != nil {
		return nil, err
	}
	res, err := s.peer.Exchange(ctx, req)
	if err != nil {
		return nil, err
	}
	res.Now = s.now()
	out := fromResponse(res, m.GetExchange().GetDict())
	out.AnswerTo = answerToExchange(m.GetExchange())
	return &crewv1.CabinServiceExchangeResponse{Exchange: out}, nil
}

func (s peerService) Uplink(ctx context.Context, m *crewv1.UplinkRequest) (*crewv1.UplinkResponse, error) {
	group, err := toGroup(m.GetGroup())
	if err != nil {
		return nil, err
	}
	b, err := s.peer.Uplink(ctx, uplink.Beat{Group: group, Lease: toLease(m.GetLeaseMs()), Spent: toSpent(m.GetSpent())})
	if err != nil {
		return nil, err
	}
	return &crewv1.UplinkResponse{LeaseMs: fromLease(b.Lease), Spent: fromSpent(b.Spent)}, nil
}

// PeerClient is a tablet's way to another one. It is safe for concurrent use.
type PeerClient struct {
	rpc  crewv1connect.CabinServiceClient
	peer unpacks
	asks nonces
}

// NewPeerClient makes a client of the tablet at baseURL. hc must prove both sides by itself.
func NewPeerClient(baseURL string, hc *http.Client, opts ...Option) *PeerClient {
	return &PeerClient{asks: noncesOf(opts), rpc: crewv1connect.NewCabinServiceClient(noted(hc), baseURL, connect.WithReadMaxBytes(maxMessage), unzipped)}
}

var _ Peer = (*PeerClient)(nil)

// Hello says that this tablet is there and answers at port. Errors: those of Exchange.
func (c *PeerClient) Hello(ctx context.Context, port int) error {
	_, err := c.rpc.Hello(ctx, &crewv1.HelloRequest{Version: Version, Port: uint32(port)})
	return fromPeer(ctx, "crewapi.PeerClient.Hello", err)
}

// Exchange makes one exchange. Errors: the other tablet's, unavailable when it cannot be
// reached; a context that ended gives the context's error.
func (c *PeerClient) Exchange(ctx context.Context, req flightsync.Request) (flightsync.Response, error) {
	m := fromRequest(req, c.peer.newest())
	m.Nonce = c.asks.next()
	res, err := c.rpc.Exchange(ctx, &crewv1.CabinServiceExchangeRequest{Exchange: m})
	if err == nil && !answers(res.GetExchange(), answerToExchange(m)) {
		return flightsync.Response{}, errCrossed
	}
	if err != nil {
		c.peer.failed(err)
		return flightsync.Response{}, fromPeer(ctx, "crewapi.PeerClient.Exchange", err)
	}
	c.peer.heard(res.GetExchange().GetDict())
	return toResponse(res.GetExchange())
}

// Uplink says how this tablet stands to the link to ground and hears how the other one does.
// Errors: those of Exchange.
func (c *PeerClient) Uplink(ctx context.Context, b uplink.Beat) (uplink.Beat, error) {
	res, err := c.rpc.Uplink(ctx, &crewv1.UplinkRequest{Group: b.Group[:], LeaseMs: fromLease(b.Lease), Spent: fromSpent(b.Spent)})
	if err != nil {
		return uplink.Beat{}, fromPeer(ctx, "crewapi.PeerClient.Uplink", err)
	}
	return uplink.Beat{Group: b.Group, Lease: toLease(res.GetLeaseMs()), Spent: toSpent(res.GetSpent())}, nil
}

func fromPeer(ctx context.Context, op string, err error) error {
	if err == nil || ctx.Err() != nil {
		return fromWire(ctx, op, err)
	}
	ce, ok := errors.AsType[*connect.Error](err)
	if !ok || !connect.IsWireError(err) && ce.Code() != connect.CodeResourceExhausted {
		return passenger.Wrap(passenger.Unavailable, op, "the other tablet cannot be reached; everything is kept here", err)
	}
	return fromWire(ctx, op, err)
}
