package generate_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/cabinloop/cabinloop/internal/keys"
)

// stream is endless bytes of a name: SHA-256(name ‖ counter), one after the other.
type stream struct {
	name string
	n    uint64
	left []byte
}

func (s *stream) Read(p []byte) (int, error) {
	for i := range p {
		if len(s.left) == 0 {
			sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("cabinloop conformance "+s.name), s.n))
			s.left = sum[:]
			s.n++
		}
		p[i], s.left = s.left[0], s.left[1:]
	}
	return len(p), nil
}

func pairOf(tb testing.TB, name string) *keys.Pair {
	tb.Helper()
	p, err := keys.Generate(&stream{name: name})
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// holder is a device of the vectors with all its keys. Nobody else may use them.
type holder struct {
	Name         string `json:"name"`
	SignPrivate  hexed  `json:"sign_private"`
	SignPublic   hexed  `json:"sign_public"`
	AgreePrivate hexed  `json:"agree_private"`
	AgreePublic  hexed  `json:"agree_public"`
}

func holderOf(tb testing.TB, name string) holder {
	tb.Helper()
	var file struct {
		Sign, Agree struct{ Private, Public []byte }
	}
	if err := json.Unmarshal(pairOf(tb, name).Marshal(), &file); err != nil {
		tb.Fatal(err)
	}
	return holder{name, file.Sign.Private, file.Sign.Public, file.Agree.Private, file.Agree.Public}
}

// sealFixed is what keys.Seal makes, with an ephemeral key made of name instead of a random one:
// RFC 9180, base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
func sealFixed(tb testing.TB, name string, public, info, aad, plaintext []byte) []byte {
	tb.Helper()
	must := func(err error) {
		if err != nil {
			tb.Fatal(err)
		}
	}
	ephemeral, err := ecdh.P256().NewPrivateKey(holderOf(tb, "ephemeral "+name).AgreePrivate)
	must(err)
	key, err := keys.ParsePublic(public)
	must(err)
	recipient, err := key.ECDH()
	must(err)
	dh, err := ephemeral.ECDH(recipient)
	must(err)
	enc := ephemeral.PublicKey().Bytes()

	extract := func(suite string, salt []byte, label string, ikm []byte) []byte {
		out, err := hkdf.Extract(sha256.New, append([]byte("HPKE-v1"+suite+label), ikm...), salt)
		must(err)
		return out
	}
	expand := func(suite string, prk []byte, label string, info []byte, n int) []byte {
		labeled := string(binary.BigEndian.AppendUint16(nil, uint16(n))) + "HPKE-v1" + suite + label + string(info)
		out, err := hkdf.Expand(sha256.New, prk, labeled, n)
		must(err)
		return out
	}
	kem, suite := "KEM\x00\x10", "HPKE\x00\x10\x00\x01\x00\x02"
	shared := expand(kem, extract(kem, nil, "eae_prk", dh), "shared_secret", append(enc[:len(enc):len(enc)], recipient.Bytes()...), 32)
	context := append([]byte{0}, extract(suite, nil, "psk_id_hash", nil)...)
	context = append(context, extract(suite, nil, "info_hash", info)...)
	secret := extract(suite, shared, "secret", nil)
	block, err := aes.NewCipher(expand(suite, secret, "key", context, 32))
	must(err)
	aead, err := cipher.NewGCM(block)
	must(err)
	return aead.Seal(enc, expand(suite, secret, "base_nonce", context, 12), plaintext, aad)
}

func TestKeys(t *testing.T) {
	var all []holder
	for _, name := range []string{"ground", "tablet A", "tablet B", "stranger"} {
		all = append(all, holderOf(t, name))
	}
	vector(t, "keys.json", all)
}
