package cabin

import (
	"context"
	"crypto"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Member is a tablet on the roster of a flight, with its sign key: a compressed P-256 point, 33
// bytes.
type Member struct {
	Tablet    passenger.TabletID
	PublicKey []byte
}

// PeerInfo is another tablet in reach.
type PeerInfo struct {
	Tablet  passenger.TabletID
	Address string    // host:port at which it answers
	Seen    time.Time // its last word
}

// Config is what a [Node] is made of. The funcs are called from several goroutines at once and
// must not call the node.
type Config struct {
	Keys crypto.Signer // the tablet's P-256 sign key
	Now  func() time.Time
	Rand io.Reader // crypto/rand in production; safe for concurrent use
	Log  *slog.Logger

	Listen   string     // "host:port"; ":8491" is every address, port 0 any port
	Peers    []string   // addresses given at start: [Invite]s as text
	Discover Discoverer // nil: tablets do not find each other by themselves
	Link     Link       // nil: TCP

	// Groups lists the flights that this tablet exchanges on the LAN now.
	Groups func() []passenger.FlightID
	// Members lists the tablets on the roster of one of them as it is now; of any other, nobody.
	Members func(passenger.FlightID) []Member
	// Serve takes one exchange of a member of the flight. Its effects are durable before it returns.
	Serve func(ctx context.Context, group passenger.FlightID, peer Member, req flightsync.Request) (flightsync.Response, error)
	// Uplink, which may be nil, takes a member's word about the link to ground and returns this
	// tablet's own.
	Uplink func(peer Member, b uplink.Beat) uplink.Beat
	// Found, which may be nil, is told of each tablet that comes into reach.
	Found func(PeerInfo)
}

// Link is how bytes get from tablet to tablet. Addresses are "host:port".
type Link interface {
	Listen(ctx context.Context, address string) (net.Listener, error)
	Dial(ctx context.Context, address string) (net.Conn, error)
}

// Announcement is what a tablet says of itself on the LAN.
type Announcement struct {
	Port int
	Tags []string // of its flights in this hour
}

// Sighting is somebody who was found on the LAN.
type Sighting struct {
	Address string
	Tags    []string
}

// Discoverer announces this tablet and reports others, itself perhaps among them, until ctx ends.
// It copes with networks that come and go. self may be called at any time; found must not block
// it for long. Errors: unavailable when it cannot work on this device.
type Discoverer interface {
	Discover(ctx context.Context, self func() Announcement, found func(Sighting)) error
}

type tcp struct{}

func (tcp) Listen(ctx context.Context, address string) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", address)
}

func (tcp) Dial(ctx context.Context, address string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", address)
}
