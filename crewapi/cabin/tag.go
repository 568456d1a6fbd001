package cabin

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// tag is what the flight is called on the air during one hour since 1970.
func tag(group passenger.FlightID, hour int64) string {
	mac := hmac.New(sha256.New, group[:])
	mac.Write([]byte("cabinloop lan 1"))
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(hour)))
	return base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil)[:8])
}

func hourOf(t time.Time) int64 { return t.Unix() / 3600 }

// tags returns this hour's tags of our flights.
func (n *Node) tags() []string {
	var out []string
	for _, g := range n.Groups() {
		if len(out) < maxTags {
			out = append(out, tag(g, hourOf(n.Now())))
		}
	}
	slices.Sort(out) // in no order that says anything
	return out
}

// ours reports whether a tag is one of a flight of ours in this hour or the ones beside it.
func (n *Node) ours(tags []string) bool {
	hour := hourOf(n.Now())
	for _, g := range n.Groups() {
		for h := hour - 1; h <= hour+1; h++ {
			if slices.Contains(tags[:min(len(tags), maxTags)], tag(g, h)) {
				return true
			}
		}
	}
	return false
}
