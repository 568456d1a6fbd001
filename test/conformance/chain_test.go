package conformance_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"math/big"
	"testing"
)

func chainStart(group []byte, author uint64, incarnation []byte) []byte {
	if len(incarnation) == 0 {
		incarnation = make([]byte, 8)
	}
	return hash16(group, appendVarint(nil, author), incarnation)
}

func chainNext(h []byte, o op) []byte { return hash16(h, o.head, o.commit) }

func claimMessage(group []byte, author uint64, incarnation []byte, seq uint64, head []byte) []byte {
	if len(incarnation) == 0 {
		incarnation = make([]byte, 8)
	}
	return bytes.Join([][]byte{[]byte("cabinloop lane 1\x00"), group, appendVarint(nil, author), incarnation, appendVarint(nil, seq), head}, nil)
}

// deliveryMessage is what a receipt of a delivery signs.
func deliveryMessage(group []byte, tablet string, author uint64, inc []byte, first uint64, sealed [][]byte) []byte {
	h := sha256.New()
	for _, op := range sealed {
		h.Write(append(appendVarint(nil, uint64(len(op))), op...))
	}
	return bytes.Join([][]byte{[]byte("cabinloop delivery 1\x00"), group, []byte(tablet), appendVarint(nil, author), inc, appendVarint(nil, first),
		appendVarint(nil, first+uint64(len(sealed))-1), h.Sum(nil)}, nil)
}

func receiptMessage(group []byte, author, seq uint64, head []byte) []byte {
	return bytes.Join([][]byte{[]byte("cabinloop receipt 1\x00"), group, appendVarint(nil, author), appendVarint(nil, seq), head}, nil)
}

func newIncarnation(old, first []byte) []byte {
	sum := sha256.Sum256(bytes.Join([][]byte{[]byte("cabinloop incarnation 1\x00"), old, first}, nil))
	return sum[:8]
}

func verify(public, msg, sig []byte) bool {
	x, y := elliptic.UnmarshalCompressed(elliptic.P256(), public)
	if x == nil || len(sig) != 64 {
		return false
	}
	point := append([]byte{4}, make([]byte, 64)...)
	x.FillBytes(point[1:33])
	y.FillBytes(point[33:])
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	sum := sha256.Sum256(msg)
	return err == nil && ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:]))
}

type holder struct {
	Name         string
	SignPublic   hexed `json:"sign_public"`
	SignPrivate  hexed `json:"sign_private"`
	AgreePrivate hexed `json:"agree_private"`
	AgreePublic  hexed `json:"agree_public"`
}

func holders(t *testing.T) map[string]holder {
	out := map[string]holder{}
	for _, h := range load[[]holder](t, "keys.json") {
		out[h.Name] = h
	}
	return out
}

func TestKeys(t *testing.T) {
	for name, h := range holders(t) {
		for _, k := range [][2]hexed{{h.SignPrivate, h.SignPublic}, {h.AgreePrivate, h.AgreePublic}} {
			private, err := ecdh.P256().NewPrivateKey(k[0])
			if err != nil {
				t.Fatal(err)
			}
			p := private.PublicKey().Bytes()
			if !bytes.Equal(k[1], append([]byte{2 | p[64]&1}, p[1:33]...)) {
				t.Errorf("%s: the public key is %x", name, k[1])
			}
		}
	}
}

type opOf struct {
	Dot string
	Raw hexed
}

func TestChains(t *testing.T) {
	v := load[struct {
		Group  hexed
		Chains []struct {
			Author      uint64
			Incarnation hexed
			Ops         []opOf
			Heads       []hexed
		}
		Stubs []opOf
	}](t, "chains.json")
	for i, c := range v.Chains {
		lists := [][]opOf{c.Ops}
		if i == len(v.Chains)-1 {
			lists = append(lists, v.Stubs)
		}
		for _, ops := range lists {
			h := chainStart(v.Group, c.Author, c.Incarnation)
			for n, want := range c.Heads {
				if !bytes.Equal(h, want) {
					t.Errorf("lane %d: h_%d is %x, want %x", c.Author, n, h, want)
				}
				if n < len(ops) {
					o, _ := parseOp(parseDot(ops[n].Dot), ops[n].Raw)
					h = chainNext(h, o)
				}
			}
			if len(ops) != len(c.Heads)-1 {
				t.Errorf("lane %d: %d ops, %d heads", c.Author, len(ops), len(c.Heads))
			}
		}
	}
}

func TestClaims(t *testing.T) {
	type claim struct {
		Name, By           string
		Author, Seq        uint64
		Incarnation        hexed
		Head, Message, Sig hexed
		Valid              bool
	}
	v := load[struct {
		Group           hexed
		Lanes, Receipts []claim
		Incarnations    []struct{ Old, First, New hexed }
	}](t, "claims.json")
	keys := holders(t)
	check := func(c claim, msg []byte) {
		if !bytes.Equal(msg, c.Message) {
			t.Errorf("%s: message %x, want %x", c.Name, msg, c.Message)
		}
		if got := verify(keys[c.By].SignPublic, msg, c.Sig); got != c.Valid {
			t.Errorf("%s: valid is %v", c.Name, got)
		}
	}
	for _, c := range v.Lanes {
		check(c, claimMessage(v.Group, c.Author, c.Incarnation, c.Seq, c.Head))
	}
	for _, c := range v.Receipts {
		check(c, receiptMessage(v.Group, c.Author, c.Seq, c.Head))
	}
	for _, i := range v.Incarnations {
		if got := newIncarnation(i.Old, i.First); !bytes.Equal(got, i.New) {
			t.Errorf("a new incarnation is %x, want %x", got, i.New)
		}
	}
}

// open opens what was sealed to an agree key.
func open(t *testing.T, private []byte, info string, aad, sealed []byte) []byte {
	t.Helper()
	k, err := ecdh.P256().NewPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := hpke.NewDHKEMPrivateKey(k)
	if err != nil || len(sealed) < 65 {
		t.Fatal(err, len(sealed))
	}
	r, err := hpke.NewRecipient(sealed[:65], key, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte(info))
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.Open(aad, sealed[65:])
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSealed(t *testing.T) {
	keys := holders(t)
	for _, v := range load[[]struct {
		Name, For, Info    string
		AAD, Plain, Sealed hexed
	}](t, "sealed.json") {
		if got := open(t, keys[v.For].AgreePrivate, v.Info, v.AAD, v.Sealed); !bytes.Equal(got, v.Plain) {
			t.Errorf("%s: %x", v.Name, got)
		}
	}
}

func TestLAN(t *testing.T) {
	v := load[struct {
		Group, Public hexed
		Fingerprint   string
		Tags          []struct {
			Hour uint64
			Tag  string
		}
	}](t, "lan.json")
	for _, x := range v.Tags {
		mac := hmac.New(sha256.New, v.Group)
		mac.Write(binary.BigEndian.AppendUint64([]byte("cabinloop lan 1"), x.Hour))
		if got := base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil)[:8]); got != x.Tag {
			t.Errorf("hour %d: tag %s, want %s", x.Hour, got, x.Tag)
		}
	}
	sum := sha256.Sum256(v.Public)
	p := base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding).EncodeToString(sum[:10])
	if got := p[:4] + "-" + p[4:8] + "-" + p[8:12] + "-" + p[12:]; got != v.Fingerprint {
		t.Errorf("fingerprint %s, want %s", got, v.Fingerprint)
	}
}
