package screen

import (
	"context"
	"crypto/rand"
	"embed"
	"html/template"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/internal/web"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Agent is the tablet behind the pages. Every method is safe for concurrent use and answers
// without the network, except Sync. key is written as [passenger.FlightKey] writes it.
//
// It has more methods than we like: each is one thing that a purser sees or taps.
type Agent interface {
	Flights(ctx context.Context) ([]tablet.FlightRow, error)
	Flight(ctx context.Context, key string) (tablet.FlightPage, error)
	Seen(ctx context.Context, key string, note flightsync.Dot) error
	Record(ctx context.Context, e tablet.Entry) (tablet.NoteCard, error)
	VoidGesture(ctx context.Context, key string, gesture flightsync.Dot, nonce [8]byte) error
	SeatNow(ctx context.Context, key string, no passenger.TravellerNo, seat passenger.Seat, nonce [8]byte) error
	Movement(ctx context.Context, key string, m passenger.Movement, at time.Time) error
	HandIn(ctx context.Context, key string) error
	HandInAnyway(ctx context.Context, key string, reason passenger.HandInReason) error
	Sync(ctx context.Context) (tablet.SyncReport, error)
	Status(ctx context.Context) (tablet.Status, error)
	SetLink(ctx context.Context, class uplink.Class) error
	OnChange(func(passenger.FlightKey)) (cancel func())
}

// Config is what the pages need.
type Config struct {
	Agent Agent
	Cabin Cabin // nil: there is no page about other tablets
	Now   func() time.Time
	Log   *slog.Logger // nil discards
	Hosts []string     // the only values of Host that are answered: "127.0.0.1:8090"
	Token string       // of this start of the program, see [TokenPath]; "" asks for none
	Rand  io.Reader    // of nonces; nil is crypto/rand
}

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed assets
var assetFiles embed.FS

//go:embed messages
var messageFiles embed.FS

type server struct {
	Config
	tmpl  *template.Template
	words *web.Messages
	forms nonces
}

// New returns the handler of all pages. It is safe for concurrent use. A stream of /events ends
// with its request: whoever shuts the server down cancels the base context. Errors: [passenger.Invalid]
// for a config without agent, clock or hosts.
func New(c Config) (http.Handler, error) {
	const op = "screen.New"
	if c.Agent == nil || c.Now == nil || len(c.Hosts) == 0 {
		return nil, passenger.Errorf(passenger.Invalid, op, "the pages need an agent, a clock and at least one host that they answer to")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	s := &server{Config: c}
	assets, err := web.NewAssets(sub(assetFiles, "assets"))
	if err != nil {
		return nil, passenger.Wrap(passenger.Internal, op, "the embedded assets cannot be read", err)
	}
	if s.words, err = web.NewMessages(sub(messageFiles, "messages")); err != nil {
		return nil, passenger.Wrap(passenger.Internal, op, "the embedded messages cannot be read", err)
	}
	if s.tmpl, err = parse(assets); err != nil {
		return nil, passenger.Wrap(passenger.Internal, op, "the embedded templates cannot be read", err)
	}
	pages := s.gate(http.NewCrossOriginProtection().Handler(s.routes()))
	top := http.NewServeMux()
	top.Handle("GET "+web.AssetPrefix, assets)
	top.Handle("/", pages)
	return web.SecureHeaders(web.LocalOnly(c.Hosts...)(top)), nil
}

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page(s.flights))
	mux.HandleFunc("GET /flight/{key}", s.page(s.flight))
	mux.HandleFunc("GET /flight/{key}/people", s.page(s.people))
	mux.HandleFunc("GET /flight/{key}/note/{dot}", s.page(s.note))
	mux.HandleFunc("GET /status", s.page(s.status))
	mux.HandleFunc("GET /events", s.events)
	if s.Cabin != nil {
		mux.HandleFunc("GET /cabin", s.page(s.cabin))
		mux.HandleFunc("POST /cabin", s.page(s.connect))
	}

	mux.HandleFunc("POST /flight/{key}/note/{dot}/open", s.page(s.open))
	mux.HandleFunc("POST /flight/{key}/note/{dot}/outcome", s.page(s.outcome))
	mux.HandleFunc("POST /flight/{key}/note/{dot}/gesture", s.page(s.gesture))
	mux.HandleFunc("POST /flight/{key}/note/{dot}/resolve", s.page(s.resolve))
	mux.HandleFunc("POST /flight/{key}/note/{dot}/void", s.page(s.void))
	mux.HandleFunc("POST /flight/{key}/seat", s.page(s.seat))
	mux.HandleFunc("POST /flight/{key}/movement", s.page(s.movement))
	mux.HandleFunc("POST /flight/{key}/hand-in", s.page(s.handIn))
	mux.HandleFunc("POST /sync", s.page(s.sync))
	mux.HandleFunc("POST /link", s.page(s.link))
	mux.HandleFunc("POST /look", s.page(s.look))
	return mux
}

func sub(files embed.FS, dir string) fs.FS {
	tree, err := fs.Sub(files, dir)
	if err != nil {
		panic(err) // a folder named in go:embed
	}
	return tree
}
