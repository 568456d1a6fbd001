package sync

// Algorithm numbers a way of signing. Numbers are kept for ever; the roster names one a key.
type Algorithm uint8

// ES256 is ECDSA over P-256 with SHA-256: public key 33 bytes (compressed point), signature 64
// bytes r ‖ s. P-256 because it is what the key stores of tablets hold.
const ES256 Algorithm = 1

// PublicKey is a key that ops are proven with. The zero key proves nothing.
type PublicKey struct {
	Alg   Algorithm
	Bytes string
}
