package passenger

import (
	"errors"
	"fmt"
	"time"
)

// Code says what kind of thing went wrong. Codes cross the wire; their text never changes.
type Code string

// The error codes. What each means to a tablet is in docs/design.md.
const (
	Invalid     Code = "invalid"     // input breaks a rule
	NotFound    Code = "not_found"   // no such flight, note, passenger
	Exists      Code = "exists"      // same id, other content
	Phase       Code = "phase"       // flight not in a stage that allows it
	Raced       Code = "raced"       // lost a compare-and-swap
	SignedOut   Code = "signed_out"  // no or stale credentials
	Forbidden   Code = "forbidden"   // signed in, not allowed
	TooMuch     Code = "too_much"    // quota, size or rate limit
	Unavailable Code = "unavailable" // peer or disk away for now
	Corrupt     Code = "corrupt"     // checksum or invariant broken
	Internal    Code = "internal"    // ours, unexpected
)

// Codes lists every code, in the order of the table in docs/design.md.
var Codes = []Code{Invalid, NotFound, Exists, Phase, Raced, SignedOut, Forbidden, TooMuch, Unavailable, Corrupt, Internal}

// Error is the one error type of Cabinloop. Op is "package.Method"; Public may be shown to
// people and must hold no name, seat or post text; Err is for the log.
type Error struct {
	Code   Code
	Op     string
	Public string
	Err    error
	// RetryAfter is how long the caller should wait at least before trying again; 0 when
	// waiting alone does not help, or nothing is known. It crosses the wire in whole seconds.
	RetryAfter time.Duration
	// Key names Public among the messages of the pages, which say it in the reader's language; ""
	// where it is not there. Args are its pairs of name and value. Neither crosses the wire.
	Key  string
	Args []any
}

// Keyed sets key and args and returns e.
func (e *Error) Keyed(key string, args ...any) *Error {
	e.Key, e.Args = key, args
	return e
}

// Error formats the error for a log.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %s: %v", e.Op, e.Code, e.Public, e.Err)
	}
	return fmt.Sprintf("%s: %s: %s", e.Op, e.Code, e.Public)
}

// Unwrap returns the cause, or nil.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an [Error] whose public text is formatted from format and args.
func Errorf(code Code, op, format string, args ...any) *Error {
	return &Error{Code: code, Op: op, Public: fmt.Sprintf(format, args...)}
}

// Wrap makes an [Error] with a cause that is kept for the log only.
func Wrap(code Code, op, public string, err error) *Error {
	return &Error{Code: code, Op: op, Public: public, Err: err}
}

// CodeOf returns the code of the first [Error] in err's chain, and [Internal] for any other
// non-nil error. It returns "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}

// RetryAfter returns that of the first [Error] in err's chain, or 0.
func RetryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// Public returns the text that may be shown to people: that of the first [Error] in err's
// chain, or a fixed sentence for anything else.
func Public(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Public
	}
	return "something went wrong on our side; try again, and tell the administrator if it stays"
}
