package console

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/auth"
	"github.com/cabinloop/cabinloop/passenger"
)

// The keys of a session.
const (
	keyUser    = "user"    // int64
	keyStamp   = "stamp"   // of the password it was opened with: a new one ends other sessions
	keyStarted = "started" // unix seconds, by the injected clock
	keyUsed    = "used"    // the same
	keySaid    = "said"    // what the last form did, shown once
)

func (s *server) newSessions() *scs.SessionManager {
	m := scs.New()
	// The library reads the wall clock. Here the injected clock ends sessions, see identify and
	// clocked; the library's own life only has to be longer.
	m.Lifetime = 365 * 24 * time.Hour
	m.Store = &clocked{inner: s.Sessions, now: s.Now, idle: s.Idle}
	m.Cookie.Name = "cabinloop"
	if s.Secure {
		m.Cookie.Name = "__Host-cabinloop"
	}
	m.Cookie.HttpOnly, m.Cookie.SameSite, m.Cookie.Secure, m.Cookie.Persist = true, http.SameSiteLaxMode, s.Secure, false
	m.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) { s.fail(w, r, err) }
	return m
}

// clocked lets a stored session expire by the injected clock.
type clocked struct {
	inner scs.Store
	now   func() time.Time
	idle  time.Duration
}

var _ scs.CtxStore = (*clocked)(nil)

func (c *clocked) expiry() time.Time { return c.now().Add(c.idle + touchEvery) }

func (c *clocked) Find(token string) ([]byte, bool, error) { return c.inner.Find(token) }
func (c *clocked) Delete(token string) error               { return c.inner.Delete(token) }
func (c *clocked) Commit(token string, b []byte, _ time.Time) error {
	return c.inner.Commit(token, b, c.expiry())
}

func (c *clocked) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	if x, ok := c.inner.(scs.CtxStore); ok {
		return x.FindCtx(ctx, token)
	}
	return c.Find(token)
}

func (c *clocked) CommitCtx(ctx context.Context, token string, b []byte, at time.Time) error {
	if x, ok := c.inner.(scs.CtxStore); ok {
		return x.CommitCtx(ctx, token, b, c.expiry())
	}
	return c.Commit(token, b, at)
}

func (c *clocked) DeleteCtx(ctx context.Context, token string) error {
	if x, ok := c.inner.(scs.CtxStore); ok {
		return x.DeleteCtx(ctx, token)
	}
	return c.Delete(token)
}

type userKey struct{}

// userOf returns who is signed in; false for nobody.
func userOf(r *http.Request) (ground.User, bool) {
	u, ok := r.Context().Value(userKey{}).(ground.User)
	return u, ok
}

// session loads the session and puts the user, as the database has them now, into the request.
func (s *server) session(next http.Handler) http.Handler {
	return s.sessions.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A page that refreshes itself is no sign of a person.
		touch := r.Method != http.MethodGet || !isHTMX(r) && r.URL.Path != "/events"
		u, ok, err := s.identify(r.Context(), touch)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		if ok {
			r = r.WithContext(context.WithValue(r.Context(), userKey{}, u))
		}
		next.ServeHTTP(w, r)
	}))
}

func (s *server) identify(ctx context.Context, touch bool) (u ground.User, ok bool, err error) {
	id := s.sessions.GetInt64(ctx, keyUser)
	if id == 0 {
		return u, false, nil
	}
	now := s.Now().Unix()
	started, used := s.sessions.GetInt64(ctx, keyStarted), s.sessions.GetInt64(ctx, keyUsed)
	valid := now-used < int64(s.Idle.Seconds()) && now-started < int64(s.Absolute.Seconds())
	if valid {
		u, valid, err = s.standing(ctx, id, s.sessions.GetString(ctx, keyStamp))
		if err != nil {
			return u, false, err
		}
	}
	if !valid {
		return ground.User{}, false, s.sessions.Destroy(ctx)
	}
	if touch && now-used >= int64(touchEvery.Seconds()) {
		s.sessions.Put(ctx, keyUsed, now)
	}
	return u, true, nil
}

// standing reads a user and reports whether the session opened with stamp still holds.
func (s *server) standing(ctx context.Context, id int64, stamp string) (u ground.User, ok bool, err error) {
	err = s.Store.Read(ctx, func(tx ground.Tx) (err error) {
		u, err = tx.User(ctx, id)
		return err
	})
	if passenger.CodeOf(err) == passenger.NotFound {
		return u, false, nil
	}
	return u, err == nil && !u.Disabled && stamp == stampOf(u), err
}

func stampOf(u ground.User) string {
	sum := sha256.Sum256([]byte(u.Hash))
	return hex.EncodeToString(sum[:8])
}

// open begins a session for u, under a new token: one planted before sign-in is worth nothing.
func (s *server) open(ctx context.Context, u ground.User) error {
	if err := s.sessions.Clear(ctx); err != nil {
		return err
	}
	if err := s.sessions.RenewToken(ctx); err != nil {
		return err
	}
	now := s.Now().Unix()
	s.sessions.Put(ctx, keyUser, u.ID)
	s.sessions.Put(ctx, keyStamp, stampOf(u))
	s.sessions.Put(ctx, keyStarted, now)
	s.sessions.Put(ctx, keyUsed, now)
	return nil
}

// mayChange lists what a user with a one-time password may ask for.
var mayChange = []string{"GET /password", "POST /password", "POST /sign-out"}

// allow lets those in who may do act.
func (s *server) allow(act string, next http.Handler) http.Handler {
	if act == anyone {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u, ok := userOf(r)
		switch {
		case !ok && r.Method == http.MethodGet && isHTMX(r):
			w.Header().Set("HX-Redirect", "/sign-in")
			w.WriteHeader(http.StatusUnauthorized)
		case !ok && r.Method == http.MethodGet && r.URL.Path != "/events":
			http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
		case !ok:
			s.fail(w, r, passenger.Errorf(passenger.SignedOut, "console.allow", "your session has ended; sign in again"))
		case u.MustChange && !slices.Contains(mayChange, r.Pattern):
			http.Redirect(w, r, "/password", http.StatusSeeOther)
		case act != signedIn && !auth.May(u, act):
			s.fail(w, r, forbidden("console.allow"))
		default:
			next.ServeHTTP(w, r)
		}
	})
}
