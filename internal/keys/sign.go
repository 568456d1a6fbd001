package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"math/big"

	"github.com/cabinloop/cabinloop/passenger"
)

type signer struct {
	key    *ecdsa.PrivateKey
	public [PublicSize]byte
}

func (s *signer) Public() []byte { return append([]byte(nil), s.public[:]...) }

func (s *signer) Sign(msg []byte) ([]byte, error) {
	digest := sha256.Sum256(msg)
	der, err := s.key.Sign(nil, digest[:], crypto.SHA256)
	var sig struct{ R, S *big.Int }
	if err == nil {
		_, err = asn1.Unmarshal(der, &sig)
	}
	if err != nil {
		return nil, passenger.Wrap(passenger.Unavailable, "keys.Sign", "the signing key cannot be used", err)
	}
	out := make([]byte, SignatureSize)
	sig.R.FillBytes(out[:32])
	sig.S.FillBytes(out[32:])
	return out, nil
}

// Verify says whether sig is the signature of msg by the holder of a public key. Anything that
// cannot be read verifies nothing. One call takes about 100 µs, a tenth of it to decode the key:
// too little to keep decoded keys. It is safe for concurrent use.
func Verify(public, msg, sig []byte) bool {
	key, err := ParsePublic(public)
	if err != nil || len(sig) != SignatureSize {
		return false
	}
	digest := sha256.Sum256(msg)
	return ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:]))
}

// ParsePublic reads a public key. Errors: invalid.
func ParsePublic(public []byte) (*ecdsa.PublicKey, error) {
	const op, text = "keys.ParsePublic", "this is no public key: a compressed P-256 point of 33 bytes is needed"
	if len(public) != PublicSize {
		return nil, passenger.Errorf(passenger.Invalid, op, text)
	}
	x, y := elliptic.UnmarshalCompressed(elliptic.P256(), public)
	if x == nil {
		return nil, passenger.Errorf(passenger.Invalid, op, text)
	}
	var point [65]byte
	point[0] = 4
	x.FillBytes(point[1:33])
	y.FillBytes(point[33:])
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point[:])
	if err != nil {
		return nil, passenger.Wrap(passenger.Invalid, op, text, err)
	}
	return key, nil
}

// PublicOf writes a public key as [ParsePublic] reads it: for comparing the key of a certificate
// with a known one. It returns nil for anything but a P-256 key.
func PublicOf(key crypto.PublicKey) []byte {
	k, ok := key.(*ecdsa.PublicKey)
	if !ok || k.Curve != elliptic.P256() {
		return nil
	}
	point, err := k.Bytes()
	if err != nil {
		return nil
	}
	return compress(point)
}

// compress shortens an uncompressed point.
func compress(point []byte) []byte {
	return append([]byte{2 | point[64]&1}, point[1:33]...)
}
