package auth

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
)

// codeLife is how long an enrolment code may be used (ASVS 6.5.5: at most 10 minutes).
const codeLife = 10 * time.Minute

// Tablets enrols and recognises devices. It is safe for concurrent use.
type Tablets struct {
	Store ground.Store
	Rand  io.Reader // crypto/rand in production
	// Ground are ground's own public keys, which a tablet learns at enrolment and keeps to.
	Ground   passenger.PublicKeys
	Dispatch Dispatch
}

// Dispatch does the part of flights; ground/dispatch is one.
type Dispatch interface {
	// Dismiss takes a tablet off its flights, in the transaction that ends its access.
	Dismiss(ctx context.Context, tx ground.Tx, tablet passenger.TabletID) error
	// Hold and Release say whether what a tablet's device signed with a former key waits for a person
	// or counts, in the transaction in which that device enrols again.
	Hold(ctx context.Context, tx ground.Tx, tablet passenger.TabletID, key []byte) error
	Release(ctx context.Context, tx ground.Tx, tablet passenger.TabletID, key []byte) error
}

var codeEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

func hash(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:]
}

// Invite makes a tablet with a name, or a new code for one that has it, and returns the code:
// 128 random bits, for one use within 10 minutes. A tablet that enrols again gets a new token;
// the old one ends. Errors: invalid for a name that is empty or too long.
func (t *Tablets) Invite(ctx context.Context, name, by string) (code string, err error) {
	name = strings.TrimSpace(name)
	if name == "" || len(name) > 64 {
		return "", passenger.Errorf(passenger.Invalid, "auth.Invite", "a tablet has a name of 1 to 64 characters")
	}
	secret := make([]byte, 16)
	if _, err := io.ReadFull(t.Rand, secret); err != nil {
		return "", err
	}
	code = codeEncoding.EncodeToString(secret)
	return code, t.Store.InTx(ctx, func(tx ground.Tx) error {
		tab, err := tx.TabletByName(ctx, name)
		if passenger.CodeOf(err) == passenger.NotFound {
			id, err := uuid.NewRandomFromReader(t.Rand)
			if err != nil {
				return err
			}
			tab = ground.Tablet{ID: id, Name: name, CreatedAt: tx.Now()}
			if err := tx.InsertTablet(ctx, tab); err != nil {
				return err
			}
		} else if err != nil {
			return err
		}
		if err := tx.InsertEnrolCode(ctx, ground.EnrolCode{Hash: hash(code), Tablet: tab.ID, ExpiresAt: tx.Now().Add(codeLife)}); err != nil {
			return err
		}
		return tx.Audit(ctx, ground.AuditRow{Actor: by, Act: "invite-tablet", Object: tab.ID.String(), Result: "code made"})
	})
}

// Enrol redeems a code; device are the device's keys. One that proves a former key is the same
// device: what it signed before comes home, held for a person when its access had been ended
// (see [Dispatch]). Errors: forbidden for a code that is wrong, used or old (which of them is not told),
// invalid for a key that is none or serves both purposes, or a proof that is none.
func (t *Tablets) Enrol(ctx context.Context, code, deviceName string, device passenger.Device) (passenger.Enrolment, error) {
	const op = "auth.Enrol"
	none := passenger.Enrolment{}
	for _, k := range [][]byte{device.Sign, device.Agree} {
		if _, err := keys.ParsePublic(k); err != nil {
			return none, err
		}
	}
	if bytes.Equal(device.Sign, device.Agree) {
		return none, passenger.Errorf(passenger.Invalid, op, "a device has one key to sign and another to agree")
	}
	if len(device.Former) > 0 && !keys.Verify(device.Former, device.ProofMessage(code), device.Proof) {
		return none, passenger.Errorf(passenger.Invalid, op, "this device did not prove the key that it had before")
	}
	secret := make([]byte, 32)
	if _, err := io.ReadFull(t.Rand, secret); err != nil {
		return none, err
	}
	token := base64.RawURLEncoding.EncodeToString(secret)
	var id passenger.TabletID
	var former passenger.Access
	err := t.Store.InTx(ctx, func(tx ground.Tx) error {
		c, err := tx.UseEnrolCode(ctx, hash(strings.ToUpper(strings.TrimSpace(code))), tx.Now())
		if x := passenger.CodeOf(err); x == passenger.NotFound || x == passenger.Forbidden {
			return passenger.Errorf(passenger.Forbidden, op, "this enrolment code is wrong, used or older than 10 minutes; ask the administrator for a new one")
		} else if err != nil {
			return err
		}
		tab, err := tx.Tablet(ctx, c.Tablet)
		if err != nil {
			return err
		}
		id = tab.ID
		if former, err = t.succeed(ctx, tx, tab, device); err != nil {
			return err
		}
		tab.SignKey, tab.AgreeKey, tab.TokenHash, tab.EnrolledAt = device.Sign, device.Agree, hash(token), tx.Now()
		tab.RevokedAt, tab.LostAt = time.Time{}, time.Time{}
		if err := tx.UpdateTablet(ctx, tab); err != nil {
			return err
		}
		return tx.Audit(ctx, ground.AuditRow{Actor: "tablet", Act: "enrol", Object: id.String(), Result: "enrolled"})
	})
	if err != nil {
		return none, err
	}
	return passenger.Enrolment{Tablet: id, Token: token, Ground: t.Ground, Former: former}, nil
}

// Authenticate finds the tablet of a token. Errors: signed_out for an unknown or revoked one.
func (t *Tablets) Authenticate(ctx context.Context, token string) (id passenger.TabletID, err error) {
	out := passenger.Errorf(passenger.SignedOut, "auth.Authenticate", "this tablet is not enrolled here any more; ask the administrator for a new code")
	if token == "" {
		return id, out
	}
	err = t.Store.Read(ctx, func(tx ground.Tx) error {
		tab, err := tx.TabletByToken(ctx, hash(token))
		if passenger.CodeOf(err) == passenger.NotFound || err == nil && !tab.RevokedAt.IsZero() {
			return out
		}
		id = tab.ID
		return err
	})
	return id, err
}

// Revoke ends a tablet's token at once and takes it off its flights; lost marks it lost besides.
// Errors: not_found.
func (t *Tablets) Revoke(ctx context.Context, name string, lost bool, by string) error {
	return t.Store.InTx(ctx, func(tx ground.Tx) error {
		tab, err := tx.TabletByName(ctx, name)
		if err != nil {
			return err
		}
		if err := t.Dispatch.Dismiss(ctx, tx, tab.ID); err != nil {
			return err
		}
		act := "revoke-tablet"
		tab.RevokedAt = tx.Now()
		if lost {
			tab.LostAt, act = tx.Now(), "lost-tablet"
		}
		if err := tx.UpdateTablet(ctx, tab); err != nil {
			return err
		}
		return tx.Audit(ctx, ground.AuditRow{Actor: by, Act: act, Object: tab.ID.String(), Result: "revoked"})
	})
}
