package crewapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"strconv"
	"time"

	"connectrpc.com/connect"

	"github.com/cabinloop/cabinloop/passenger"
)

// trouble is what came of a call on the way to ground.
type trouble struct {
	status int // with which somebody on the way answered; 0: it fell silent
	err    error
}

func (t trouble) Error() string { return t.err.Error() }
func (t trouble) Unwrap() error { return t.err }

// SmallerMayPass reports whether a call failed in a way in which a smaller question might not:
// somebody refused it for its size or without a word, or it fell silent on the way.
func SmallerMayPass(err error) bool {
	if passenger.RetryAfter(err) > 0 || Unreached(err) {
		return false
	}
	t, ok := errors.AsType[trouble](err)
	if !ok {
		return passenger.CodeOf(err) == passenger.TooMuch
	}
	switch t.status {
	case 0, http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return TooLarge(err)
}

// TooLarge reports whether somebody refused a question for its size and nothing else.
func TooLarge(err error) bool {
	t, ok := errors.AsType[trouble](err)
	return ok && t.status == http.StatusRequestEntityTooLarge
}

const (
	slowText = "ground did not answer in time; everything is kept here and goes over later"
	awayText = "ground cannot be reached; everything is kept here and goes over later"
)

// failed makes our error of what a call returned. outer is the caller's context, inner the call's.
// What ground itself did not say is unavailable: a proxy's 401 is no word of ground's.
func (c *Client) failed(outer, inner context.Context, op string, k *call, err error) error {
	status, dumb := k.answered()
	if dumb {
		err = unreached{err}
	}
	switch {
	case outer.Err() != nil:
		return outer.Err()
	case context.Cause(inner) == error(errSilent):
		return passenger.Wrap(passenger.Unavailable, op, slowText, trouble{0, err}).Keyed("wire.slow")
	}
	if own, ok := errors.AsType[*passenger.Error](err); ok {
		return own
	}
	ce, ok := errors.AsType[*connect.Error](err)
	switch {
	case ok && connect.IsWireError(err) && (ce.Meta().Get(ownWord) != "" || c.old.Load()):
		return fromWire(outer, op, err)
	case ok && !connect.IsWireError(err) && ce.Code() == connect.CodeResourceExhausted && status == http.StatusOK:
		return passenger.Wrap(passenger.TooMuch, op, "ground's answer is larger than this tablet takes", err).Keyed("wire.large")
	case status == 0:
		return away(op, err)
	}
	code := passenger.Unavailable
	if status == http.StatusTooManyRequests {
		code = passenger.TooMuch
	}
	e := stranger(code, op, trouble{status, err})
	if ok {
		e.RetryAfter = waitOf(ce)
	}
	return e
}

// stranger says that it was not ground who answered.
func stranger(code passenger.Code, op string, t trouble) *passenger.Error {
	const wifi = ", perhaps a Wi-Fi that wants you to log in"
	key, answered := "wire.stranger", "answered (%d)"
	switch {
	case t.status >= 300 && t.status < 400:
		key, answered = "wire.elsewhere", "wants to send it elsewhere (%d), where it does not go"+wifi
	case t.status < 300 || t.status == http.StatusNetworkAuthenticationRequired:
		key, answered = "wire.wifi", "answered (%d)"+wifi
	}
	e := passenger.Errorf(code, op, "something between this tablet and ground "+answered+"; everything is kept here and goes over later", t.status)
	e.Err = t
	return e.Keyed(key, "Status", t.status)
}

// away says why there is no connection to ground.
func away(op string, err error) *passenger.Error {
	bad, ok := errors.AsType[*tls.CertificateVerificationError](err)
	if !ok {
		return passenger.Wrap(passenger.Unavailable, op, awayText, err).Keyed("wire.away")
	}
	why, key, args := "is not one that this tablet trusts", "wire.certificate_untrusted", []any(nil)
	if ended, ok := errors.AsType[x509.CertificateInvalidError](bad.Err); ok && ended.Reason == x509.Expired && len(bad.UnverifiedCertificates) > 0 {
		c := bad.UnverifiedCertificates[0]
		why, key = "ended on ", "wire.certificate_ended"
		if now := ended.Cert; now != nil && now != c && now.NotAfter.Before(c.NotAfter) {
			why, key, c = "has an authority that ended on ", "wire.authority_ended", now
		}
		day := c.NotAfter.UTC().Format(time.DateOnly)
		why, args = why+day, []any{"Day", day}
	} else if _, ok := errors.AsType[x509.HostnameError](bad.Err); ok {
		why, key = "is for another address", "wire.certificate_elsewhere"
	}
	return passenger.Wrap(passenger.Unavailable, op,
		"ground's certificate "+why+"; ask the administrator; everything is kept here and goes over later", err).Keyed(key, args...)
}

// waitOf is how long the answerer wants to be left alone.
func waitOf(ce *connect.Error) time.Duration {
	s, err := strconv.ParseUint(ce.Meta().Get(retryAfter), 10, 16)
	if err != nil {
		return 0
	}
	return time.Duration(s) * time.Second
}
