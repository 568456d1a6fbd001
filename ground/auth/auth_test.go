package auth_test

import (
	"context"
	"crypto/rand"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/auth"
	"github.com/cabinloop/cabinloop/ground/dispatch"
	"github.com/cabinloop/cabinloop/ground/store"
	"github.com/cabinloop/cabinloop/internal/keys"
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
			g.tablets, g.users = &auth.Tablets{Store: g.db, Rand: rand.Reader, Dispatch: dispatch.New(dispatch.Config{Store: g.db, Rand: rand.Reader})}, &auth.Users{Store: g.db, Rand: rand.Reader}
			fn(g)
		})
	}
}

func (g *gate) keys() passenger.PublicKeys {
	g.Helper()
	p, err := keys.Generate(rand.Reader)
	if err != nil {
		g.Fatal(err)
	}
	return passenger.PublicKeys{Sign: p.Signer().Public(), Agree: p.Agreer().Public()}
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
		code, device := g.invite("t1"), passenger.Device{PublicKeys: g.keys()}
		var wg sync.WaitGroup
		var mu sync.Mutex
		var tokens []string
		for range 64 {
			wg.Go(func() {
				e, err := g.tablets.Enrol(g.ctx, code, "t1", device)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					tokens = append(tokens, e.Token)
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
		device := passenger.Device{PublicKeys: g.keys()}
		g.tablets.Ground = g.keys()
		_, err := g.tablets.Enrol(g.ctx, "NONSENSE", "t", device)
		g.want("a code that is none", err, passenger.Forbidden)
		code := g.invite("t1")
		for what, bad := range map[string]passenger.PublicKeys{"no keys": {}, "no agree key": {Sign: device.Sign},
			"one key for both": {Sign: device.Sign, Agree: device.Sign}, "no point": {Sign: append([]byte{5}, device.Sign[1:]...), Agree: device.Agree}} {
			_, err = g.tablets.Enrol(g.ctx, code, "t", passenger.Device{PublicKeys: bad})
			g.want(what, err, passenger.Invalid)
		}
		g.now = g.now.Add(11 * time.Minute)
		_, err = g.tablets.Enrol(g.ctx, code, "t", device)
		g.want("an old code", err, passenger.Forbidden)
		first, err := g.tablets.Enrol(g.ctx, strings.ToLower(g.invite("t1")), "t", device)
		g.want("a code typed in small letters", err, "")
		second, err := g.tablets.Enrol(g.ctx, g.invite("t1"), "t", device)
		g.want("enrolling again", err, "")
		if d := cmp.Diff(g.tablets.Ground, second.Ground); d != "" {
			g.Errorf("ground's keys (-want +got)\n%s", d)
		}
		if err := g.db.Read(g.ctx, func(tx ground.Tx) error {
			tab, err := tx.Tablet(g.ctx, second.Tablet)
			if got := (passenger.PublicKeys{Sign: tab.SignKey, Agree: tab.AgreeKey}); !cmp.Equal(device.PublicKeys, got) {
				g.Errorf("kept other keys of the device: %v", cmp.Diff(device.PublicKeys, got))
			}
			return err
		}); err != nil {
			g.Error(err)
		}
		_, err = g.tablets.Authenticate(g.ctx, first.Token)
		g.want("the token before", err, passenger.SignedOut)
		_, err = g.tablets.Authenticate(g.ctx, second.Token)
		g.want("the new token", err, "")
		g.want("revoke", g.tablets.Revoke(g.ctx, "t1", true, "admin"), "")
		_, err = g.tablets.Authenticate(g.ctx, second.Token)
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
