package crewapi

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	crewv1 "github.com/cabinloop/cabinloop/proto/gen/crew/v1"
	"github.com/cabinloop/cabinloop/proto/gen/crew/v1/crewv1connect"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Client is a tablet's way to ground. It is safe for concurrent use. Its calls return errors of
// package passenger: unavailable when ground cannot be reached, else ground's own code and
// public text; a context that ended gives the context's error.
type Client struct {
	rpc  crewv1connect.TabletServiceClient
	http *http.Client
	peer unpacks
	asks nonces
	old  atomic.Bool // ground's last good answer was of a program whose errors say not that they are its own
}

// NewClient makes a client of the ground at baseURL ("https://ground.example"). token is empty
// before enrolment. Plain http is for this machine only. Errors: invalid.
func NewClient(baseURL, token string, hc *http.Client, opts ...Option) (*Client, error) {
	if err := CheckURL(baseURL); err != nil {
		return nil, err
	}
	hc = noted(hc)
	return &Client{http: hc, asks: noncesOf(opts), rpc: crewv1connect.NewTabletServiceClient(hc, strings.TrimRight(baseURL, "/"),
		connect.WithInterceptors(bearer(token)), connect.WithReadMaxBytes(maxMessage), unzipped)}, nil
}

// unzipped: runs are packed already, sealed ones are noise and the rest is small. Gzip on top of that
// won no byte and was a fifth of a tablet's work in a landing.
var unzipped = connect.WithAcceptCompression("gzip", nil, nil)

// CheckURL reports whether a tablet may speak to the ground at this address. Errors: invalid.
func CheckURL(baseURL string) error {
	const op = "crewapi.CheckURL"
	u, err := url.Parse(baseURL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil:
		return passenger.Errorf(passenger.Invalid, op, "ground's address reads like https://ground.example")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return passenger.Errorf(passenger.Invalid, op, "ground's address must begin with https:// unless it is on this machine")
	}
	return nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// Enrol trades a one-time code for an identity and a token; device are this device's keys.
// Errors: forbidden for a code that is used, stale or unknown.
func (c *Client) Enrol(ctx context.Context, code, deviceName string, device passenger.Device) (e passenger.Enrolment, err error) {
	const op = "crewapi.Enrol"
	m := &crewv1.EnrolRequest{Code: code, DeviceName: deviceName, SignKey: device.Sign, AgreeKey: device.Agree, Version: Version,
		FormerKey: device.Former, Proof: device.Proof, Nonce: c.asks.next()}
	res, err := ask(c, ctx, op, m, answerTo(m.Nonce, nil, 0, 0), c.rpc.Enrol)
	if err != nil {
		return e, err
	}
	bad := len(res.GetTabletId()) != len(e.Tablet) || res.GetToken() == ""
	for _, k := range [][]byte{res.GetGroundSignKey(), res.GetGroundAgreeKey()} {
		_, err := keys.ParsePublic(k)
		bad = bad || err != nil
	}
	if bad {
		return e, passenger.Errorf(passenger.Unavailable, op, "ground's answer makes no sense; is the address right?").Keyed("wire.nonsense")
	}
	copy(e.Tablet[:], res.GetTabletId())
	e.Token, e.Ground = res.GetToken(), passenger.PublicKeys{Sign: res.GetGroundSignKey(), Agree: res.GetGroundAgreeKey()}
	e.Former = passenger.ParseAccess(res.GetFormer())
	return e, nil
}

// Exchange makes one exchange. An answer that is another question's is not taken: unavailable.
func (c *Client) Exchange(ctx context.Context, req flightsync.Request) (flightsync.Response, error) {
	m := fromRequest(req, c.peer.newest())
	m.Nonce = c.asks.next()
	res, err := ask(c, ctx, "crewapi.Exchange", m, answerToExchange(m), c.rpc.Exchange)
	if err != nil {
		return flightsync.Response{}, err
	}
	c.peer.heard(res.GetDict())
	return toResponse(res)
}

// ask makes one call and takes its answer if it is the answer; another one's is asked for once more,
// on a fresh connection.
func ask[M proto.Message, A bound](c *Client, ctx context.Context, op string, m M, want uint64, rpc func(context.Context, M) (A, error)) (A, error) {
	for again := false; ; again = true {
		inner, k, done := limited(ctx, m)
		res, err := rpc(inner, m)
		if err != nil {
			c.peer.failed(err)
			err = c.failed(ctx, inner, op, k, err)
		}
		done()
		if err != nil {
			return res, err
		}
		if answers(res, want) {
			if v := res.GetVersion(); v > 0 {
				c.old.Store(v < bindingVersion)
			}
			return res, nil
		}
		c.http.Transport.(noting).retire()
		if again || op == "crewapi.Enrol" { // a code is good for once
			return res, errCrossed
		}
	}
}

// Watch calls frame for each frame of the watched flights until the stream ends: nil when the
// tablet's list of flights changed, unavailable when nothing, not even a heartbeat, came for 45
// seconds. held is in the order of importance; those beyond the bound of a call are not watched. alive, which may be nil, is called at every message. An error of frame ends it.
func (c *Client) Watch(ctx context.Context, held []Holding, alive func(),
	frame func(passenger.FlightID, flightsync.Response) error) error {
	const op = "crewapi.Watch"
	m := &crewv1.WatchRequest{Version: Version, Flights: fromHave(held), Nonce: c.asks.next()}
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	quiet := time.AfterFunc(silence, func() { cancel(errSilent) })
	defer quiet.Stop()
	k := &call{}
	stream, err := c.rpc.Watch(context.WithValue(inner, callKey{}, k), m)
	if err != nil {
		return c.failed(ctx, inner, op, k, err)
	}
	defer stream.Close()
	for stream.Receive() {
		quiet.Reset(silence)
		if alive != nil {
			alive()
		}
		msg := stream.Msg()
		if len(msg.GetGroup()) == 0 {
			continue
		}
		if !answers(msg.GetFrame(), answerToFrame(m.Nonce, msg.GetGroup())) {
			c.http.Transport.(noting).retire()
			return errCrossed
		}
		c.peer.heard(msg.GetFrame().GetDict())
		f, err := toFrame(msg)
		if err != nil {
			return err
		}
		if err := frame(f.Flight, f.Response); err != nil {
			return err
		}
	}
	if err := stream.Err(); err != nil {
		return c.failed(ctx, inner, op, k, err)
	}
	return nil
}

// bearer adds the tablet's token to every call.
type bearer string

func (b bearer) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
		b.sign(req.Header())
		return next(ctx, req)
	}
}

func (b bearer) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return func(ctx context.Context, spec connect.Spec) connect.StreamingClientConn {
		conn := next(ctx, spec)
		b.sign(conn.RequestHeader())
		return conn
	}
}

func (b bearer) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return next
}

func (b bearer) sign(h http.Header) {
	if b != "" {
		h.Set("Authorization", "Bearer "+string(b))
	}
}
