package auth_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/auth"
	"github.com/cabinloop/cabinloop/ground/store"
	"github.com/cabinloop/cabinloop/internal/testenv"
	"github.com/cabinloop/cabinloop/passenger"
)

type gate struct {
	*testing.T
	ctx     context.Context
	db      *store.DB
	now     time.Time
	tablets *auth.Tablets
	users   *auth.Users
}

func onBoth(t *testing.T, fn func(g *gate)) {
	for name, url := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "ground.db") },
		"postgres": func(t *testing.T) string { return testenv.Postgres(t) },
	} {
		t.Run(name, func(t *testing.T) {
			g := &gate{T: t, ctx: t.Context(), now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)}
			var err error
			if g.db, err = store.Open(g.ctx, url(t), store.Options{Now: func() time.Time { return g.now }}); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { g.db.Close() })
			if err := g.db.Migrate(g.ctx); err != nil {
				t.Fatal(err)
			}
			g.tablets, g.users = &auth.Tablets{Store: g.db, Rand: rand.Reader}, &auth.Users{Store: g.db, Rand: rand.Reader}
			fn(g)
		})
	}
}

func (g *gate) key(curve elliptic.Curve) []byte {
	g.Helper()
	k, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		g.Fatal(err)
	}
	b, err := x509.MarshalPKIXPublicKey(&k.PublicKey)
	if err != nil {
		g.Fatal(err)
	}
	return b
}

func (g *gate) invite(name string) string {
	g.Helper()
	code, err := g.tablets.Invite(g.ctx, name, "admin")
	if err != nil {
		g.Fatal(err)
	}
	return code
}

func (g *gate) want(what string, err error, code passenger.Code) {
	g.Helper()
	if got := passenger.CodeOf(err); got != code {
		g.Errorf("%s: %q (%v), want %q", what, got, err, code)
	}
}

func TestOneCodeEnrolsOneTablet(t *testing.T) {
	onBoth(t, func(g *gate) {
		code, key := g.invite("t1"), g.key(elliptic.P256())
		var wg sync.WaitGroup
		var mu sync.Mutex
		var tokens []string
		for range 64 {
			wg.Go(func() {
				_, token, err := g.tablets.Enrol(g.ctx, code, "t1", key)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					tokens = append(tokens, token)
				} else if passenger.CodeOf(err) != passenger.Forbidden {
					g.Errorf("enrol: %v", err)
				}
			})
		}
		wg.Wait()
		if len(tokens) != 1 {
			g.Fatalf("%d of 64 redemptions won, want 1", len(tokens))
		}
		if _, err := g.tablets.Authenticate(g.ctx, tokens[0]); err != nil {
			g.Errorf("the winner is not known: %v", err)
		}
	})
}

func TestCodesAndTokensEnd(t *testing.T) {
	onBoth(t, func(g *gate) {
		key := g.key(elliptic.P256())
		_, _, err := g.tablets.Enrol(g.ctx, "NONSENSE", "t", key)
		g.want("a code that is none", err, passenger.Forbidden)
		code := g.invite("t1")
		_, _, err = g.tablets.Enrol(g.ctx, code, "t", g.key(elliptic.P384()))
		g.want("another curve", err, passenger.Invalid)
		g.now = g.now.Add(11 * time.Minute)
		_, _, err = g.tablets.Enrol(g.ctx, code, "t", key)
		g.want("an old code", err, passenger.Forbidden)
		_, first, err := g.tablets.Enrol(g.ctx, strings.ToLower(g.invite("t1")), "t", key)
		g.want("a code typed in small letters", err, "")
		_, second, err := g.tablets.Enrol(g.ctx, g.invite("t1"), "t", key)
		g.want("enrolling again", err, "")
		_, err = g.tablets.Authenticate(g.ctx, first)
		g.want("the token before", err, passenger.SignedOut)
		_, err = g.tablets.Authenticate(g.ctx, second)
		g.want("the new token", err, "")
		g.want("revoke", g.tablets.Revoke(g.ctx, "t1", true, "admin"), "")
		_, err = g.tablets.Authenticate(g.ctx, second)
		g.want("a lost tablet's token", err, passenger.SignedOut)
		_, err = g.tablets.Authenticate(g.ctx, "")
		g.want("no token", err, passenger.SignedOut)
		g.want("revoke a stranger", g.tablets.Revoke(g.ctx, "nobody", false, "admin"), passenger.NotFound)
	})
}

func TestAccounts(t *testing.T) {
	onBoth(t, func(g *gate) {
		name, password, err := g.users.First(g.ctx)
		if err != nil || name != "admin" || password == "" {
			g.Fatalf("first administrator: %q, %v", name, err)
		}
		if _, again, err := g.users.First(g.ctx); err != nil || again != "" {
			g.Errorf("a second first administrator: %v", err)
		}
		u, err := g.users.SignIn(g.ctx, " Admin ", password)
		if err != nil || !u.MustChange {
			g.Fatalf("sign-in with the one-time password: %+v, %v", u, err)
		}
		if strings.Contains(u.Hash, password) || !strings.HasPrefix(u.Hash, "$argon2id$") {
			g.Errorf("the password is kept as %q", u.Hash)
		}
		g.want("short password", g.users.SetPassword(g.ctx, u.ID, "short"), passenger.Invalid)
		g.want("new password", g.users.SetPassword(g.ctx, u.ID, "a much longer one"), "")
		_, err = g.users.SignIn(g.ctx, "admin", password)
		g.want("the one-time password again", err, passenger.SignedOut)
		_, wrong := g.users.SignIn(g.ctx, "nobody", "x")
		_, err = g.users.SignIn(g.ctx, "admin", "x")
		if passenger.Public(err) != passenger.Public(wrong) {
			g.Error("the answer tells whether a name exists")
		}
		_, err = g.users.Add(g.ctx, "anna", []string{"captain"}, "admin")
		g.want("a role that is none", err, passenger.Invalid)
		p2, err := g.users.Add(g.ctx, "anna", []string{"social"}, "admin")
		g.want("add", err, "")
		_, err = g.users.Add(g.ctx, "Anna", []string{"social"}, "admin")
		g.want("the same name", err, passenger.Exists)
		g.want("disable", g.users.Disable(g.ctx, "anna", "admin"), "")
		_, err = g.users.SignIn(g.ctx, "anna", p2)
		g.want("a disabled account", err, passenger.SignedOut)
	})
}

func TestMay(t *testing.T) {
	for _, tc := range []struct {
		roles []string
		act   string
		want  bool
	}{
		{[]string{"social"}, "flag", true}, {[]string{"social"}, "seal", false}, {[]string{"social"}, "users", false},
		{[]string{"ground"}, "seal", true}, {[]string{"ground"}, "cases", false}, {[]string{"ground"}, "tablets", true},
		{[]string{"admin"}, "users", true}, {[]string{"admin"}, "cases", false}, {[]string{"admin"}, "unknown", false},
		{nil, "flights", false},
	} {
		if got := auth.May(ground.User{Roles: tc.roles}, tc.act); got != tc.want {
			t.Errorf("%v may %s: %v, want %v", tc.roles, tc.act, got, tc.want)
		}
		if auth.May(ground.User{Roles: tc.roles, Disabled: true}, tc.act) {
			t.Errorf("a disabled account with %v may %s", tc.roles, tc.act)
		}
	}
}
