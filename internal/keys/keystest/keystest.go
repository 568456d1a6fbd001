// Package keystest is the contract of a [keys.KeyStore], as a test that every store passes.
package keystest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
)

// Run tests the stores that open makes. again opens the store of a place once more, as after a
// restart; other places hold other keys.
func Run(t *testing.T, open func(t *testing.T) (store keys.KeyStore, again func() keys.KeyStore)) {
	t.Run("sign", func(t *testing.T) {
		s, _ := open(t)
		other, _ := open(t)
		for _, msg := range [][]byte{nil, {0}, []byte("one"), bytes.Repeat([]byte("many"), 10_000)} {
			sig, err := s.Signer().Sign(msg)
			if err != nil || len(sig) != keys.SignatureSize {
				t.Fatalf("signature of %d bytes: %d bytes, error %v", len(msg), len(sig), err)
			}
			if !keys.Verify(s.Signer().Public(), msg, sig) {
				t.Errorf("own signature of %d bytes does not verify", len(msg))
			}
			if keys.Verify(s.Signer().Public(), append([]byte{1}, msg...), sig) || keys.Verify(other.Signer().Public(), msg, sig) || keys.Verify(s.Agreer().Public(), msg, sig) {
				t.Errorf("the signature of %d bytes verifies something else", len(msg))
			}
		}
	})
	t.Run("agree", func(t *testing.T) {
		s, _ := open(t)
		other, _ := open(t)
		sealed, err := keys.Seal(s.Agreer().Public(), []byte("info"), []byte("aad"), []byte("secret"))
		if err != nil || len(sealed) != len("secret")+keys.Overhead {
			t.Fatalf("sealed: %d bytes, error %v", len(sealed), err)
		}
		if got, err := s.Agreer().Open([]byte("info"), []byte("aad"), sealed); err != nil || string(got) != "secret" {
			t.Errorf("opened %q, %v", got, err)
		}
		for name, try := range map[string]func() ([]byte, error){
			"other info": func() ([]byte, error) { return s.Agreer().Open([]byte("inf"), []byte("aad"), sealed) },
			"other aad":  func() ([]byte, error) { return s.Agreer().Open([]byte("info"), []byte("aa"), sealed) },
			"other key":  func() ([]byte, error) { return other.Agreer().Open([]byte("info"), []byte("aad"), sealed) },
			"cut short":  func() ([]byte, error) { return s.Agreer().Open([]byte("info"), []byte("aad"), sealed[:len(sealed)-1]) },
			"nothing":    func() ([]byte, error) { return s.Agreer().Open([]byte("info"), []byte("aad"), nil) },
		} {
			if got, err := try(); passenger.CodeOf(err) != passenger.Corrupt || got != nil {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
	})
	t.Run("public keys", func(t *testing.T) {
		s, _ := open(t)
		if bytes.Equal(s.Signer().Public(), s.Agreer().Public()) {
			t.Error("one key for two purposes")
		}
		if !bytes.Equal(keys.PublicOf(s.TLS().Public()), s.Signer().Public()) {
			t.Error("the key for certificates is not the sign key")
		}
		for _, public := range []func() []byte{s.Signer().Public, s.Agreer().Public} {
			k, err := keys.ParsePublic(public())
			if err != nil || !bytes.Equal(keys.PublicOf(k), public()) {
				t.Errorf("public key does not survive reading: %v", err)
			}
			public()[0] = 99
			if public()[0] == 99 {
				t.Error("the caller changed the store's key")
			}
		}
	})
	t.Run("certificate", func(t *testing.T) { certificate(t, open) })
	t.Run("restart", func(t *testing.T) {
		s, again := open(t)
		r := again()
		if !bytes.Equal(s.Signer().Public(), r.Signer().Public()) || !bytes.Equal(s.Agreer().Public(), r.Agreer().Public()) {
			t.Fatal("other keys after a restart")
		}
		sealed, err := keys.Seal(s.Agreer().Public(), nil, nil, []byte("before"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.Agreer().Open(nil, nil, sealed); err != nil || string(got) != "before" {
			t.Errorf("opened %q, %v after a restart", got, err)
		}
	})
	t.Run("concurrent use", func(t *testing.T) {
		s, _ := open(t)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				sig, err := s.Signer().Sign([]byte("m"))
				if err != nil || !keys.Verify(s.Signer().Public(), []byte("m"), sig) {
					t.Errorf("signature: %v", err)
				}
				sealed, err := keys.Seal(s.Agreer().Public(), nil, nil, []byte("s"))
				if err != nil {
					t.Error(err)
				}
				if _, err := s.Agreer().Open(nil, nil, sealed); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

// certificate lets two stores meet over mutual TLS 1.3 with self-signed certificates, each
// looking for the other's key.
func certificate(t *testing.T, open func(t *testing.T) (keys.KeyStore, func() keys.KeyStore)) {
	a, _ := open(t)
	b, _ := open(t)
	config := func(me, peer keys.KeyStore) *tls.Config {
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, me.TLS().Public(), me.TLS())
		if err != nil {
			t.Fatal(err)
		}
		return &tls.Config{
			MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, ClientAuth: tls.RequireAnyClientCert,
			Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: me.TLS()}},
			VerifyConnection: func(s tls.ConnectionState) error {
				if key, ok := s.PeerCertificates[0].PublicKey.(*ecdsa.PublicKey); !ok || !bytes.Equal(keys.PublicOf(key), peer.Signer().Public()) {
					return passenger.Errorf(passenger.Forbidden, "keystest", "not the peer")
				}
				return nil
			},
		}
	}
	left, right := net.Pipe()
	defer left.Close()
	defer right.Close()
	done := make(chan error, 1)
	go func() { done <- tls.Server(left, config(a, b)).Handshake() }()
	client := tls.Client(right, config(b, a))
	if err := client.Handshake(); err != nil {
		t.Fatal(err)
	}
	go client.Read(make([]byte, 1)) // takes the server's session tickets
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
