package keys

import (
	"crypto/ecdh"
	"crypto/hpke"

	"github.com/cabinloop/cabinloop/passenger"
)

// encapsulated is the size of HPKE's encapsulated key for P-256, bytes.
const encapsulated = 65

// Seal encrypts plaintext so that only the [Agreer] of a public key can open it, given the same
// info (what it is for) and aad (what it belongs to). The result is [Overhead] bytes longer and
// the caller's. Errors: invalid for a bad public key.
func Seal(public, info, aad, plaintext []byte) ([]byte, error) {
	const op = "keys.Seal"
	key, err := ParsePublic(public)
	if err != nil {
		return nil, err
	}
	fail := func(err error) ([]byte, error) {
		return nil, passenger.Wrap(passenger.Internal, op, "sealing failed", err)
	}
	point, err := key.ECDH()
	if err != nil {
		return fail(err)
	}
	recipient, err := hpke.NewDHKEMPublicKey(point)
	if err != nil {
		return fail(err)
	}
	enc, sender, err := hpke.NewSender(recipient, hpke.HKDFSHA256(), hpke.AES256GCM(), info)
	if err != nil {
		return fail(err)
	}
	ciphertext, err := sender.Seal(aad, plaintext)
	if err != nil {
		return fail(err)
	}
	return append(enc, ciphertext...), nil
}

// NewAgreer makes an agreer of a key that may live elsewhere: a TPM, a phone's key store. Errors:
// invalid for another curve.
func NewAgreer(key ecdh.KeyExchanger) (Agreer, error) {
	const op = "keys.NewAgreer"
	if key.Curve() != ecdh.P256() {
		return nil, passenger.Errorf(passenger.Invalid, op, "an agreement key must be a P-256 key")
	}
	k, err := hpke.NewDHKEMPrivateKey(key)
	if err != nil {
		return nil, passenger.Wrap(passenger.Invalid, op, "the agreement key cannot be used", err)
	}
	return &agreer{key: k, public: compress(key.PublicKey().Bytes())}, nil
}

type agreer struct {
	key    hpke.PrivateKey
	public []byte
}

func (a *agreer) Public() []byte { return append([]byte(nil), a.public...) }

func (a *agreer) Open(info, aad, sealed []byte) ([]byte, error) {
	const op, text = "keys.Open", "sealed data does not open with this key"
	if len(sealed) < Overhead {
		return nil, passenger.Errorf(passenger.Corrupt, op, text)
	}
	r, err := hpke.NewRecipient(sealed[:encapsulated], a.key, hpke.HKDFSHA256(), hpke.AES256GCM(), info)
	if err != nil {
		return nil, passenger.Wrap(passenger.Corrupt, op, text, err)
	}
	out, err := r.Open(aad, sealed[encapsulated:])
	if err != nil {
		return nil, passenger.Wrap(passenger.Corrupt, op, text, err)
	}
	return out, nil
}
