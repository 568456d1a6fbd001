package screen

import (
	"encoding/hex"
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
)

// FuzzPath reads what stands in addresses and forms: flights, notes, nonces.
func FuzzPath(f *testing.F) {
	for _, s := range []string{"KL0641-2026-11-21-AMS", "KL0641-2026-11-21-AMS-2", "3.1", "000102030405060708", "----", "%2e%2e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if k, err := parseKey(s); err == nil {
			if again, err := parseKey(slug(k)); err != nil || again != k {
				t.Errorf("%q reads as %s, and that as %s, %v", s, k, again, err)
			}
		} else if passenger.CodeOf(err) != passenger.NotFound {
			t.Error(err)
		}
		if d, err := parseDot(s); err == nil && d.String() != s {
			t.Errorf("%q reads as %s", s, d)
		}
		if n, err := parseNonce(s); err == nil && len(s) != hex.EncodedLen(len(n)) {
			t.Errorf("%q reads as %x", s, n)
		}
	})
}
