package notes

import (
	"crypto/sha256"
	"encoding/json"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// Hash names the content of a note: re-compiling to the same hash writes nothing. Name, seat,
// tier and expiry take no part: manifest and schedule ops override them on every tablet
// (docs/decisions/0007).
func Hash(n passenger.Note) [16]byte {
	n.Name, n.Seat, n.Tier, n.Expires = "", "", "", time.Time{}
	b, err := json.Marshal(n)
	if err != nil {
		panic("notes.Hash: a note always marshals: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return [16]byte(sum[:16])
}
