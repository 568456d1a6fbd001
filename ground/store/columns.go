package store

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// flightID is a flight id as a column of 8 bytes; zero is kept as zeros, so that it counts in
// unique keys.
type flightID passenger.FlightID

// Value implements [driver.Valuer].
func (id flightID) Value() (driver.Value, error) { return id[:], nil }

// Scan implements sql.Scanner.
func (id *flightID) Scan(src any) error { return fixed(id[:], src) }

// hash is 16 bytes of a content hash.
type hash [16]byte

// Value implements [driver.Valuer].
func (h hash) Value() (driver.Value, error) { return h[:], nil }

// Scan implements sql.Scanner.
func (h *hash) Scan(src any) error { return fixed(h[:], src) }

// token8 is 8 opaque bytes.
type token8 [8]byte

// Value implements [driver.Valuer].
func (k token8) Value() (driver.Value, error) { return k[:], nil }

// Scan implements sql.Scanner.
func (k *token8) Scan(src any) error { return fixed(k[:], src) }

// vector is a packed version vector; none is NULL.
type vector flightsync.Vector

// Value implements [driver.Valuer].
func (v vector) Value() (driver.Value, error) {
	if len(v) == 0 {
		return nil, nil
	}
	return flightsync.Vector(v).Pack(), nil
}

// Scan implements sql.Scanner.
func (v *vector) Scan(src any) error {
	*v = nil
	if src == nil {
		return nil
	}
	b, ok := src.([]byte)
	if !ok {
		return fmt.Errorf("a column of a vector holds something else")
	}
	u, err := flightsync.UnpackVector(b)
	*v = vector(u)
	return err
}

func fixed(dst []byte, src any) error {
	b, ok := src.([]byte)
	if !ok || len(b) != len(dst) {
		return fmt.Errorf("a column of %d bytes holds something else", len(dst))
	}
	copy(dst, b)
	return nil
}

// list is a slice as JSON; nil is NULL.
type list[T any] []T

// Value implements [driver.Valuer].
func (l list[T]) Value() (driver.Value, error) {
	if l == nil {
		return nil, nil
	}
	b, err := json.Marshal([]T(l))
	return string(b), err
}

// Scan implements sql.Scanner.
func (l *list[T]) Scan(src any) error {
	*l = nil
	return scanJSON((*[]T)(l), src)
}

// object is a struct as JSON.
type object[T any] struct{ V T }

// Value implements [driver.Valuer].
func (o object[T]) Value() (driver.Value, error) {
	b, err := json.Marshal(o.V)
	return string(b), err
}

// Scan implements sql.Scanner.
func (o *object[T]) Scan(src any) error {
	var zero T
	o.V = zero
	return scanJSON(&o.V, src)
}

func scanJSON(dst, src any) error {
	switch s := src.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(s), dst)
	case []byte:
		return json.Unmarshal(s, dst)
	}
	return fmt.Errorf("a column of JSON holds something else")
}

// utc is a stored time as the nouns have it.
func utc(t time.Time) time.Time { return t.UTC() }
