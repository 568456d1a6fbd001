package console

import (
	"context"
	"embed"
	"html/template"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/auth"
	"github.com/cabinloop/cabinloop/ground/cases"
	"github.com/cabinloop/cabinloop/ground/dispatch"
	"github.com/cabinloop/cabinloop/ground/followup"
	"github.com/cabinloop/cabinloop/internal/web"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Cases takes decisions about cases; *cases.Service is one.
type Cases interface {
	Flag(ctx context.Context, id passenger.CaseID, edits ground.Edits, by cases.Actor) (ground.Loop, error)
	SetLink(ctx context.Context, id passenger.CaseID, person passenger.PersonID, state ground.LinkState, by cases.Actor) error
	SetConsent(ctx context.Context, id passenger.CaseID, answer passenger.Consent, words string, by cases.Actor) error
	DecideDesk(ctx context.Context, item int64, decision string, by cases.Actor) error
}

// Dispatch knows what is on a flight; *dispatch.Service is one.
type Dispatch interface {
	Preview(ctx context.Context, id passenger.CaseID, edits ground.Edits) (dispatch.Preview, error)
	View(ctx context.Context, id passenger.FlightID) (*flightsync.View, error)
	Recall(ctx context.Context, id passenger.LoopID, by string) error
	Recalled(ctx context.Context, flight passenger.FlightID, note flightsync.Dot) ([]dispatch.RecallState, error)
	EventNote(ctx context.Context, key passenger.FlightKey, designator, day string, loops []passenger.LoopID, by string) (flightsync.Dot, error)
	Seal(ctx context.Context, key passenger.FlightKey, by string) error
	Reopen(ctx context.Context, key passenger.FlightKey, by, reason string) error
	Accept(ctx context.Context, key passenger.FlightKey, tablet, by, reason string) (n int, err error)
	WriteOff(ctx context.Context, key passenger.FlightKey, tablet, by, reason string) error
}

// FollowUps closes follow-ups and makes reports; *followup.Service is one.
type FollowUps interface {
	Close(ctx context.Context, id int64, a followup.Answer) error
	Report(ctx context.Context, id passenger.FlightID) (followup.Report, error)
	Held(ctx context.Context, id passenger.FlightID) ([]followup.HeldEntry, error)
	Ended(ctx context.Context) ([]followup.Ended, error)
	Receipt(ctx context.Context, id passenger.CaseID) (followup.Receipt, error)
	Draft(ctx context.Context, id passenger.CaseID) (string, error)
	Past(ctx context.Context, id passenger.CaseID) ([]followup.Suggestion, error)
}

// Users keeps local accounts; *auth.Users is one.
type Users interface {
	SignIn(ctx context.Context, name, password string) (ground.User, error)
	SetPassword(ctx context.Context, id int64, password string) error
	Add(ctx context.Context, name string, roles []string, by string) (password string, err error)
	Disable(ctx context.Context, name, by string) error
}

// Tablets invites and revokes devices; *auth.Tablets is one.
type Tablets interface {
	Invite(ctx context.Context, name, by string) (code string, err error)
	Revoke(ctx context.Context, name string, lost bool, by string) error
}

var (
	_ Cases     = (*cases.Service)(nil)
	_ Dispatch  = (*dispatch.Service)(nil)
	_ FollowUps = (*followup.Service)(nil)
	_ Users     = (*auth.Users)(nil)
	_ Tablets   = (*auth.Tablets)(nil)
)

// Config is what the pages need. All of it is safe for concurrent use.
type Config struct {
	Store     ground.Store
	Sessions  scs.Store
	Cases     Cases
	Dispatch  Dispatch
	FollowUps FollowUps
	Users     Users
	Tablets   Tablets
	Now       func() time.Time
	Rand      io.Reader
	Log       *slog.Logger // nil discards
	Secure    bool         // pages are served over TLS: the cookie says so
	// Certificate says when ground's certificate ends, when that is near, and whether the one that lies
	// in its files cannot be served; nil without one.
	Certificate func() (ends time.Time, bad bool)
	// Idle and Absolute end a session; 0 is 60 minutes and 12 hours. A clock that runs fast,
	// as in a demonstration, needs more.
	Idle, Absolute time.Duration
}

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed assets
var assetFiles embed.FS

//go:embed messages
var messageFiles embed.FS

type server struct {
	Config
	tmpl     *template.Template
	words    *web.Messages
	sessions *scs.SessionManager
	backOff  *backOffs
	hashing  chan struct{}
	streams  chan struct{}
	views    *recent
	board    *board
	list     *flightList
}

// New returns the handler of all pages. It is safe for concurrent use. A stream of /events ends
// with its request: whoever shuts the server down cancels the base context. Errors: invalid for
// a config that lacks a part.
func New(c Config) (http.Handler, error) {
	const op = "console.New"
	if c.Store == nil || c.Sessions == nil || c.Cases == nil || c.Dispatch == nil || c.FollowUps == nil || c.Users == nil || c.Tablets == nil ||
		c.Now == nil || c.Rand == nil {
		return nil, passenger.Errorf(passenger.Invalid, op, "the console needs a store, sessions, all services, a clock and randomness")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Idle == 0 {
		c.Idle = sessionIdle
	}
	if c.Absolute == 0 {
		c.Absolute = sessionAbsolute
	}
	s := &server{Config: c, backOff: newBackOffs(), hashing: make(chan struct{}, maxHashing), streams: make(chan struct{}, maxStreams),
		views: newRecent(viewAgain, maxViews), board: newBoard(c.FollowUps), list: &flightList{}}
	s.sessions = s.newSessions()
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
	top := http.NewServeMux()
	top.Handle(web.AssetPrefix, assets)
	top.Handle("/", s.limit(s.session(s.routes())))
	return web.SecureHeaders(http.NewCrossOriginProtection().Handler(top)), nil
}

func sub(files embed.FS, dir string) fs.FS {
	tree, err := fs.Sub(files, dir)
	if err != nil {
		panic(err) // a folder named in go:embed
	}
	return tree
}

func (s *server) limit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		next.ServeHTTP(w, r)
	})
}
