package cabin

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"time"

	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
)

// certificate signs a certificate of the key with itself. It says nothing about the tablet, and
// its dates are wide: nobody looks at them, and clocks are wrong.
func certificate(key crypto.Signer, random io.Reader) (tls.Certificate, error) {
	t := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "cabinloop"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(random, t, t, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, passenger.Wrap(passenger.Internal, "cabin.certificate", "this tablet's key cannot make a certificate", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

var errStranger = errors.New("the key of this certificate is in no flight of this tablet")

// keyOf returns the public key that the other side has proved to hold; nil for none of our kind.
func keyOf(cs *tls.ConnectionState) []byte {
	if cs == nil || len(cs.PeerCertificates) != 1 {
		return nil
	}
	return keys.PublicOf(cs.PeerCertificates[0].PublicKey)
}

// known reports whether a key belongs to another tablet of any of our flights.
func (n *Node) known(key []byte) bool {
	if key == nil || bytes.Equal(key, n.key) {
		return false
	}
	for _, group := range n.Groups() {
		if _, ok := n.member(group, key); ok {
			return true
		}
	}
	return false
}

// knock lets in who is known.
func (n *Node) knock(key []byte) error {
	if !n.known(key) {
		return errStranger
	}
	return nil
}

// member returns who has that key on the roster of a flight as it is now.
func (n *Node) member(group passenger.FlightID, key []byte) (Member, bool) {
	for _, m := range n.Members(group) {
		if len(key) == keys.PublicSize && bytes.Equal(m.PublicKey, key) {
			return m, true
		}
	}
	return Member{}, false
}

// tlsConfig is what both sides have in common. verify gets the key that the other side holds, nil
// for none of our kind.
// There is no resumption: each connection proves the keys anew.
func (n *Node) tlsConfig(verify func(key []byte) error) *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		Certificates:           []tls.Certificate{n.cert},
		NextProtos:             []string{"h2"},
		SessionTicketsDisabled: true,
		ClientAuth:             tls.RequireAnyClientCert,
		// Not less is checked than by names and a CA, but something else: the key itself.
		InsecureSkipVerify: true,
		Rand:               rand.Reader,
		VerifyConnection: func(cs tls.ConnectionState) error {
			return verify(keyOf(&cs))
		},
	}
}
