package keys

import "crypto"

// Algorithm numbers this package's signatures wherever an algorithm is named: ECDSA P-256 with
// SHA-256.
const Algorithm = 1

// Sizes in bytes.
const (
	PublicSize    = 33      // a public key
	SignatureSize = 64      // a signature
	Overhead      = 65 + 16 // what sealing adds
)

// Signer signs with a private key. It is safe for concurrent use.
type Signer interface {
	// Public returns the public key, [PublicSize] bytes; the caller owns it.
	Public() []byte
	// Sign returns the signature of msg, [SignatureSize] bytes. Errors: unavailable when the key
	// cannot be used now.
	Sign(msg []byte) ([]byte, error)
}

// Agreer opens what was sealed to its public key. It is safe for concurrent use.
type Agreer interface {
	// Public returns the public key, [PublicSize] bytes; the caller owns it.
	Public() []byte
	// Open undoes [Seal] with the same info and aad. Errors: corrupt when it does not open.
	Open(info, aad, sealed []byte) ([]byte, error)
}

// KeyStore holds the keys of one device. It is safe for concurrent use.
type KeyStore interface {
	Signer() Signer
	Agreer() Agreer
	// TLS is the sign key as certificates need it.
	TLS() crypto.Signer
}
