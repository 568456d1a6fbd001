package notes

import (
	"crypto/sha256"
	"encoding/json"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// Hash names the content of a note: re-compiling to the same hash writes nothing. Name, seat
// and tier take no part, since the manifest overrides them on every tablet; the expiry takes
// part by its UTC day, so that a small re-timing does not send the note again.
func Hash(n passenger.Note) [16]byte {
	n.Name, n.Seat, n.Tier = "", "", ""
	n.Expires = n.Expires.UTC().Truncate(24 * time.Hour)
	b, err := json.Marshal(n)
	if err != nil {
		panic("notes.Hash: a note always marshals: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return [16]byte(sum[:16])
}
