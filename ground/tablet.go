package ground

import (
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// Tablet is an enrolled device. Which person carries it is not known here.
type Tablet struct {
	ID         passenger.TabletID
	Name       string
	SignKey    []byte // compressed P-256 point; nil until enrolled
	AgreeKey   []byte // compressed P-256 point; nil until enrolled
	TokenHash  []byte // SHA-256 of the bearer token
	CreatedAt  time.Time
	EnrolledAt time.Time
	RevokedAt  time.Time
	LostAt     time.Time
	LastSeenAt time.Time
}

// FormerKey is a sign key that a device had before it, or another one, enrolled under its tablet's
// name: what the key signed still comes home.
type FormerKey struct {
	Key     []byte // compressed P-256 point
	Tablet  passenger.TabletID
	Why     passenger.Access // how its device stands
	EndedAt time.Time
}

// EnrolCode lets one device enrol, once, within its life. Only its hash is kept.
type EnrolCode struct {
	Hash      []byte
	Tablet    passenger.TabletID
	ExpiresAt time.Time
	UsedAt    time.Time
}

// RosterRow is a standing assignment: which tablet serves which flight.
type RosterRow struct {
	Flight  passenger.FlightID
	Tablet  passenger.TabletID
	Role    passenger.Role
	Zone    string
	Removed bool
	At      time.Time
}

// User is a member of staff who signs in to the console.
type User struct {
	ID         int64
	Name       string   // sign-in name, lower case, unique
	Roles      []string // social, ground, admin
	Hash       string   // argon2id
	Lang       string
	MustChange bool // one-time password
	Disabled   bool
	CreatedAt  time.Time
}

// Change is one line of the feed by which nodes learn of each other's writes.
type Change struct {
	Seq   int64
	Topic string // flight, case, desk, followup, tablet
	Ref   string // FlightID or CaseID as text
	At    time.Time
}

// AuditRow says who decided or saw what. No personal data in it.
type AuditRow struct {
	Seq    int64
	At     time.Time
	Actor  string // user name or "rule"
	Role   string
	Act    string // flag, link, consent, release, recall, view-case, seal, enrol …
	Object string // id, never a name
	Result string
}
