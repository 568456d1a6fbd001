package ground

import (
	"crypto/hmac"
	"crypto/sha256"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Hold is a legal hold: while it stands nothing of the person is erased, on request or by age.
type Hold struct {
	Person passenger.PersonID
	Reason string // of the officer; no name
	By     string
	At     time.Time
}

// LedgerKey keys the hashes of the erasure ledger. It is made once for each ground, and kept in
// the database and in the journal of erasures.
type LedgerKey [32]byte

// LedgerHash stands in the ledger for what was erased: HMAC-SHA256 under the ledger's key, cut
// to 16 bytes. Whoever lacks the key cannot try names against it.
type LedgerHash [16]byte

func (k LedgerKey) hash(parts ...string) (h LedgerHash) {
	m := hmac.New(sha256.New, k[:])
	for _, p := range parts {
		m.Write([]byte(p))
		m.Write([]byte{0})
	}
	copy(h[:], m.Sum(nil))
	return h
}

// Person is the hash of a person.
func (k LedgerKey) Person(id passenger.PersonID) LedgerHash { return k.hash("person", string(id[:])) }

// Account is the hash of a social account.
func (k LedgerKey) Account(a Account) LedgerHash { return k.hash("account", string(a.Channel), a.ID) }

// Post is the hash of a post's key: what is delivered again is known.
func (k LedgerKey) Post(c passenger.Channel, externalID string) LedgerHash {
	return k.hash("post", string(c), externalID)
}

// Traveller is the hash of a line of a flight's list: a list that comes again brings nobody back.
func (k LedgerKey) Traveller(f passenger.FlightID, sourceKey string) LedgerHash {
	return k.hash("traveller", string(f[:]), sourceKey)
}

// Op is the hash of a crew op by its commitment: a tablet that sends it again to a restored
// ground brings nothing back.
func (k LedgerKey) Op(f passenger.FlightID, commit flightsync.Hash) LedgerHash {
	return k.hash("op", string(f[:]), string(commit[:]))
}

// EndErased is the end of a loop whose person or case was erased.
const EndErased = "erased"

// ErasureKind says what an erasure is of.
type ErasureKind string

// The kinds of erasure.
const (
	ErasedPerson  ErasureKind = "person"
	ErasedAccount ErasureKind = "account"
)

// Erasure is one ordered erasure. It names nobody.
type Erasure struct {
	Hash LedgerHash
	Kind ErasureKind
	By   string
	At   time.Time
}

// ErasureFlight is the part of an erasure that one flight has to do. It is ordered with the
// erasure and done in a transaction of its own.
type ErasureFlight struct {
	Erasure    LedgerHash
	Flight     passenger.FlightID
	Travellers []passenger.TravellerNo // whose every op loses its body
	Notes      []flightsync.Dot        // further notes that lose theirs
	Op         flightsync.Dot          // the last erase op; zero when no op had to go
	DoneAt     time.Time               // zero until done on ground
}

// TombstoneKind says what a tombstone keeps out.
type TombstoneKind string

// The kinds of tombstone.
const (
	PostStone      TombstoneKind = "post"
	TravellerStone TombstoneKind = "traveller"
	OpStone        TombstoneKind = "op"
)

// Tombstone keeps out what was erased, should it come again.
type Tombstone struct {
	Kind   TombstoneKind
	Flight passenger.FlightID // zero for a post
	Hash   LedgerHash
}
