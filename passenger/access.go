package passenger

import "crypto/sha256"

// Access is how a device stands with ground: whether its token is good, and if not, why not.
type Access string

// Good access is empty.
const (
	AccessGood     Access = ""
	AccessRenewed  Access = "renewed"  // the same device has enrolled again
	AccessReplaced Access = "replaced" // another device enrolled under the tablet's name
	AccessRevoked  Access = "revoked"
	AccessLost     Access = "lost"
	AccessUnknown  Access = "unknown" // ground knows no such device: its database is from before
)

// ParseAccess reads the word of a ground; a word of a newer one says that access ended.
func ParseAccess(word string) Access {
	switch a := Access(word); a {
	case AccessGood, AccessRenewed, AccessReplaced, AccessRevoked, AccessLost, AccessUnknown:
		return a
	}
	return AccessRevoked
}

// Held reports whether entries of such a device wait for a person: they count for nothing before.
func (a Access) Held() bool { return a != AccessGood && a != AccessRenewed }

// Device is what a device shows when it enrols.
type Device struct {
	PublicKeys
	// Former is the sign key that the device had before; nil for none. Proof is its signature of
	// [Device.ProofMessage]: what it signed for ground is this device's.
	Former, Proof []byte
}

// ProofMessage is what the former key signs, so that the proof is good for this code and these keys.
func (d Device) ProofMessage(code string) []byte {
	sum := sha256.Sum256([]byte(code))
	b := append([]byte("cabinloop device 1\x00"), d.Former...)
	b = append(append(b, sum[:]...), d.Sign...)
	return append(b, d.Agree...)
}
