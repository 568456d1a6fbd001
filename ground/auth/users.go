package auth

import (
	"context"
	"encoding/base64"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/alexedwards/argon2id"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// Roles lists the roles of staff.
var Roles = []string{"social", "ground", "admin"}

// allowed is the role table: which roles may do what. An administrator may do everything but
// read cases without being of the social team.
var allowed = map[string][]string{
	"cases":     {"social"},
	"flag":      {"social"},
	"desk":      {"social"},
	"flights":   {"social", "ground", "admin"},
	"seal":      {"ground", "admin"},
	"followups": {"social", "ground"},
	"tablets":   {"ground", "admin"},
	"users":     {"admin"},
}

// May reports whether a user may do act.
func May(u ground.User, act string) bool {
	return !u.Disabled && slices.ContainsFunc(allowed[act], func(r string) bool { return slices.Contains(u.Roles, r) })
}

// params follow OWASP's minimum for argon2id: 19 MiB, two passes, one lane (64 ms measured).
var params = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

const minPassword = 12 // ASVS 6.2.1: at least 8, 15 recommended; arbitrary between

// Users keeps local accounts. It is safe for concurrent use.
type Users struct {
	Store ground.Store
	Rand  io.Reader
}

var nameRE = regexp.MustCompile(`^[a-z][a-z0-9._-]{1,31}$`)

// Add makes an account with a one-time password, which it returns; it must be changed at the
// first sign-in. Errors: invalid for a name or role that is none, exists.
func (u *Users) Add(ctx context.Context, name string, roles []string, by string) (password string, err error) {
	const op = "auth.Users.Add"
	name = strings.ToLower(strings.TrimSpace(name))
	if !nameRE.MatchString(name) {
		return "", passenger.Errorf(passenger.Invalid, op, "a sign-in name has 2 to 32 letters, digits, dots, dashes or underscores and begins with a letter")
	}
	for _, r := range roles {
		if !slices.Contains(Roles, r) {
			return "", passenger.Errorf(passenger.Invalid, op, "a role is social, ground or admin")
		}
	}
	if len(roles) == 0 {
		return "", passenger.Errorf(passenger.Invalid, op, "give at least one role: social, ground or admin")
	}
	if password, err = u.onceOnly(); err != nil {
		return "", err
	}
	h, err := argon2id.CreateHash(password, params)
	if err != nil {
		return "", err
	}
	return password, u.Store.InTx(ctx, func(tx ground.Tx) error {
		if _, err := tx.InsertUser(ctx, ground.User{Name: name, Roles: roles, Hash: h, MustChange: true, CreatedAt: tx.Now()}); err != nil {
			return err
		}
		return tx.Audit(ctx, ground.AuditRow{Actor: by, Act: "add-user", Object: name, Result: strings.Join(roles, "+")})
	})
}

func (u *Users) onceOnly() (string, error) {
	b := make([]byte, 15)
	_, err := io.ReadFull(u.Rand, b)
	return base64.RawURLEncoding.EncodeToString(b), err
}

// First makes the first administrator when there is no account at all, and returns the
// one-time password; "" when there are accounts.
func (u *Users) First(ctx context.Context) (name, password string, err error) {
	var n int
	if err := u.Store.Read(ctx, func(tx ground.Tx) error {
		all, err := tx.ListUsers(ctx)
		n = len(all)
		return err
	}); err != nil || n > 0 {
		return "", "", err
	}
	password, err = u.Add(ctx, "admin", Roles, "first-start")
	if passenger.CodeOf(err) == passenger.Exists { // another node was first
		return "", "", nil
	}
	return "admin", password, err
}

// SignIn checks a password. Errors: signed_out for a wrong name or password or a disabled
// account, not telling which.
func (u *Users) SignIn(ctx context.Context, name, password string) (user ground.User, err error) {
	wrong := passenger.Errorf(passenger.SignedOut, "auth.SignIn", "name or password is wrong")
	err = u.Store.Read(ctx, func(tx ground.Tx) error {
		user, err = tx.UserByName(ctx, strings.ToLower(strings.TrimSpace(name)))
		return err
	})
	switch {
	case passenger.CodeOf(err) == passenger.NotFound:
		// The same work as for a known name, so that time tells nothing.
		_, _ = argon2id.CreateHash(password, params)
		return ground.User{}, wrong
	case err != nil:
		return ground.User{}, err
	}
	ok, err := argon2id.ComparePasswordAndHash(password, user.Hash)
	if err != nil {
		return ground.User{}, err
	}
	if !ok || user.Disabled {
		return ground.User{}, wrong
	}
	return user, nil
}

// SetPassword replaces a password. Errors: invalid when it is short or the name itself.
func (u *Users) SetPassword(ctx context.Context, id int64, password string) error {
	if len([]rune(password)) < minPassword || len(password) > 256 {
		return passenger.Errorf(passenger.Invalid, "auth.SetPassword", "a password has at least %d characters", minPassword)
	}
	h, err := argon2id.CreateHash(password, params)
	if err != nil {
		return err
	}
	return u.Store.InTx(ctx, func(tx ground.Tx) error {
		user, err := tx.User(ctx, id)
		if err != nil {
			return err
		}
		if strings.EqualFold(user.Name, password) {
			return passenger.Errorf(passenger.Invalid, "auth.SetPassword", "the password must not be the sign-in name")
		}
		user.Hash, user.MustChange = h, false
		if err := tx.UpdateUser(ctx, user); err != nil {
			return err
		}
		return tx.Audit(ctx, ground.AuditRow{Actor: user.Name, Act: "set-password", Object: user.Name, Result: "changed"})
	})
}

// Disable ends an account; its sessions end with the next request. Errors: not_found.
func (u *Users) Disable(ctx context.Context, name, by string) error {
	return u.Store.InTx(ctx, func(tx ground.Tx) error {
		user, err := tx.UserByName(ctx, strings.ToLower(name))
		if err != nil {
			return err
		}
		user.Disabled = true
		if err := tx.UpdateUser(ctx, user); err != nil {
			return err
		}
		return tx.Audit(ctx, ground.AuditRow{Actor: by, Act: "disable-user", Object: user.Name, Result: "disabled"})
	})
}
