package keys

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/json"
	"io"

	"github.com/cabinloop/cabinloop/passenger"
)

// Pair is a [KeyStore] whose keys are in memory; [Open], [Load] and [Save] keep it in a file.
type Pair struct {
	sign      *signer
	agree     Agreer
	agreeKey  [scalarSize]byte
	signBytes [scalarSize]byte
}

var _ KeyStore = (*Pair)(nil)

// scalarSize is the size of a P-256 private key, bytes.
const scalarSize = 32

// Generate makes two keys from 64 random bytes (more, with a chance of 2^-32, where they are no
// keys: FIPS 186-5, A.2.2). The same bytes make the same keys. Errors: unavailable.
func Generate(random io.Reader) (*Pair, error) {
	var sign, agree [scalarSize]byte
	for _, k := range []*[scalarSize]byte{&sign, &agree} {
		for {
			if _, err := io.ReadFull(random, k[:]); err != nil {
				return nil, passenger.Wrap(passenger.Unavailable, "keys.Generate", "no random numbers to make keys of", err)
			}
			if _, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), k[:]); err == nil {
				break
			}
		}
	}
	return newPair(sign[:], agree[:])
}

func newPair(sign, agree []byte) (*Pair, error) {
	const op, text = "keys.newPair", "a private key cannot be read"
	s, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), sign)
	if err != nil {
		return nil, passenger.Wrap(passenger.Corrupt, op, text, err)
	}
	a, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), agree)
	if err != nil {
		return nil, passenger.Wrap(passenger.Corrupt, op, text, err)
	}
	exchanger, err := a.ECDH()
	if err != nil {
		return nil, passenger.Wrap(passenger.Corrupt, op, text, err)
	}
	p := &Pair{sign: &signer{key: s}}
	copy(p.signBytes[:], sign)
	copy(p.agreeKey[:], agree)
	copy(p.sign.public[:], PublicOf(&s.PublicKey))
	p.agree, err = NewAgreer(exchanger)
	return p, err
}

// Signer implements [KeyStore].
func (p *Pair) Signer() Signer { return p.sign }

// Agreer implements [KeyStore].
func (p *Pair) Agreer() Agreer { return p.agree }

// TLS implements [KeyStore].
func (p *Pair) TLS() crypto.Signer { return p.sign.key }

// String hides the keys from logs.
func (p *Pair) String() string { return "•••" }

// encoded is a key file. The public keys are there to be compared: a damaged private key is
// mostly still a key, of nobody.
type encoded struct {
	Version int        `json:"version"`
	Sign    encodedKey `json:"sign"`
	Agree   encodedKey `json:"agree"`
}

type encodedKey struct {
	Private []byte `json:"private"`
	Public  []byte `json:"public"`
}

// Marshal writes the pair as [Parse] reads it. Whoever has the result is the device.
func (p *Pair) Marshal() []byte {
	b, err := json.MarshalIndent(encoded{1, encodedKey{p.signBytes[:], p.sign.Public()}, encodedKey{p.agreeKey[:], p.agree.Public()}}, "", "\t")
	if err != nil {
		panic(err) // byte slices always marshal
	}
	return append(b, '\n')
}

// Parse reads what [Pair.Marshal] wrote. Errors: corrupt.
func Parse(b []byte) (*Pair, error) {
	const op = "keys.Parse"
	var e encoded
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		return nil, passenger.Wrap(passenger.Corrupt, op, "the key file cannot be read; restore it from where it is kept", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, passenger.Errorf(passenger.Corrupt, op, "the key file goes on behind its end; restore it from where it is kept")
	}
	if e.Version != 1 {
		return nil, passenger.Errorf(passenger.Corrupt, op, "the key file has version %d; this program reads version 1", e.Version)
	}
	p, err := newPair(e.Sign.Private, e.Agree.Private)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(p.sign.public[:], e.Sign.Public) || !bytes.Equal(p.agree.Public(), e.Agree.Public) {
		return nil, passenger.Errorf(passenger.Corrupt, op, "the key file is damaged: a private key does not fit its public key; restore it from where it is kept")
	}
	return p, nil
}
