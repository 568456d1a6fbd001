// Package keys holds the two private keys of a device: one signs, one agrees; one purpose a key.
// Both are P-256, which phone key stores and TPMs hold (decision 0016).
//
//	signature   ECDSA with SHA-256, 64 bytes r ‖ s, big endian; deterministic (RFC 6979)
//	public key  compressed point, 33 bytes (SEC 1, 2.3.3)
//	sealed      HPKE (RFC 9180) base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM:
//	            encapsulated key, 65 bytes ‖ ciphertext ‖ tag, 16 bytes
//
// A signature may have a second valid form, (r, n−s): never take two signatures apart by their
// bytes. The sign key also signs TLS handshakes, whose input starts with 64 spaces; whatever else
// is signed must start differently.
//
// A [KeyStore] is where the private keys live. [Pair] is a file with mode 0600; stores of an
// operating system or a TPM come later behind the same interface, and pass keystest.
package keys
