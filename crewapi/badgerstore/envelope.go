package badgerstore

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"

	"github.com/cabinloop/cabinloop/passenger"
)

const (
	envelopeVersion = 1
	nonceSize       = 12
	overhead        = 1 + nonceSize + 16
)

var errEnvelope = errors.New("the envelope does not open")

// envelope seals values under a flight's key.
type envelope struct {
	aead  cipher.AEAD
	group passenger.FlightID
}

func newEnvelope(key []byte, group passenger.FlightID) (envelope, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return envelope{}, err
	}
	aead, err := cipher.NewGCM(block)
	return envelope{aead, group}, err
}

func (e envelope) aad(key []byte) []byte { return append(e.group[:len(e.group):len(e.group)], key...) }

func (e envelope) seal(key, value []byte) []byte {
	out := make([]byte, 1+nonceSize, overhead+len(value))
	out[0] = envelopeVersion
	rand.Read(out[1:]) // never fails (crypto/rand)
	return e.aead.Seal(out, out[1:], value, e.aad(key))
}

func (e envelope) open(key, sealed []byte) ([]byte, error) {
	if len(sealed) < overhead || sealed[0] != envelopeVersion {
		return nil, errEnvelope
	}
	value, err := e.aead.Open(nil, sealed[1:1+nonceSize], sealed[1+nonceSize:], e.aad(key))
	if err != nil {
		return nil, errEnvelope
	}
	return value, nil
}
