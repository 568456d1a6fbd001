package auth_test

import (
	"crypto/rand"
	"testing"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
)

// shown is what a device shows that had the keys was, nil for none, and has the keys now.
func (g *gate) shown(was, now *keys.Pair, code string) passenger.Device {
	g.Helper()
	d := passenger.Device{PublicKeys: passenger.PublicKeys{Sign: now.Signer().Public(), Agree: now.Agreer().Public()}}
	if was != nil {
		d.Former = was.Signer().Public()
		var err error
		if d.Proof, err = was.Signer().Sign(d.ProofMessage(code)); err != nil {
			g.Fatal(err)
		}
	}
	return d
}

func (g *gate) pair() *keys.Pair {
	g.Helper()
	p, err := keys.Generate(rand.Reader)
	if err != nil {
		g.Fatal(err)
	}
	return p
}

// TestSameDeviceAgain: a device that proves the key it had before is the same one, under its name or
// another; how its access ended stays known, whoever has its name now.
func TestSameDeviceAgain(t *testing.T) {
	onBoth(t, func(g *gate) {
		enrol := func(name string, was, now *keys.Pair) passenger.Enrolment {
			g.Helper()
			code := g.invite(name)
			e, err := g.tablets.Enrol(g.ctx, code, name, g.shown(was, now, code))
			g.want("enrol "+name, err, "")
			return e
		}
		stands := func(what string, of *keys.Pair, want passenger.Access, tablet passenger.TabletID) {
			g.Helper()
			if err := g.db.Read(g.ctx, func(tx ground.Tx) error {
				id, got, err := ground.Standing(g.ctx, tx, of.Signer().Public())
				if got != want || id != tablet {
					g.Errorf("%s: %q of %s, want %q of %s", what, got, id, want, tablet)
				}
				return err
			}); err != nil {
				g.Error(err)
			}
		}
		a, b, c, d := g.pair(), g.pair(), g.pair(), g.pair()
		first := enrol("t1", nil, a)
		stands("enrolled", a, passenger.AccessGood, first.Tablet)
		second := enrol("t1", a, b)
		if second.Former != passenger.AccessRenewed || second.Tablet != first.Tablet {
			g.Errorf("the same device: %+v", second)
		}
		stands("its former key", a, passenger.AccessRenewed, first.Tablet)
		third := enrol("t1", nil, c) // another device
		stands("the one before", b, passenger.AccessReplaced, first.Tablet)
		moved := enrol("t1-old", b, d) // which comes back
		if moved.Former != passenger.AccessRenewed {
			g.Errorf("the replaced device: %+v", moved)
		}
		stands("replaced, and enrolled itself", b, passenger.AccessRenewed, first.Tablet)
		_, err := g.tablets.Authenticate(g.ctx, third.Token)
		g.want("the device that has the name", err, "")

		g.want("lost", g.tablets.Revoke(g.ctx, "t1-old", true, "admin"), "")
		stands("lost", d, passenger.AccessLost, moved.Tablet)
		e := g.pair()
		found := enrol("spare", d, e)
		if found.Former != passenger.AccessLost {
			g.Errorf("the lost device: %+v", found)
		}
		enrol("t1-old", nil, g.pair())
		stands("lost, and its name another's", d, passenger.AccessLost, moved.Tablet)
		if unknown := enrol("t9", g.pair(), g.pair()); unknown.Former != passenger.AccessUnknown {
			g.Errorf("a key that ground does not know: %+v", unknown)
		}
		// A device that goes by another name leaves none behind.
		f := g.pair()
		away := enrol("spare2", e, f)
		_, err = g.tablets.Authenticate(g.ctx, found.Token)
		g.want("the token under the name before", err, passenger.SignedOut)
		_, err = g.tablets.Authenticate(g.ctx, away.Token)
		g.want("the token under the new name", err, "")
	})
}

// TestProofOfAFormerKey: a proof is good for one code and one pair of keys, and costs no code when it is bad.
func TestProofOfAFormerKey(t *testing.T) {
	onBoth(t, func(g *gate) {
		a, b, c := g.pair(), g.pair(), g.pair()
		code, other := g.invite("t1"), g.invite("t2")
		good := g.shown(a, b, code)
		for what, change := range map[string]func(*passenger.Device){
			"for another code":   func(d *passenger.Device) { *d = g.shown(a, b, other) },
			"for other keys":     func(d *passenger.Device) { d.PublicKeys = g.shown(nil, c, code).PublicKeys },
			"of another key":     func(d *passenger.Device) { d.Former = c.Signer().Public() },
			"none":               func(d *passenger.Device) { d.Proof = nil },
			"with one bit wrong": func(d *passenger.Device) { d.Proof = append([]byte{d.Proof[0] ^ 1}, d.Proof[1:]...) },
		} {
			bad := good
			change(&bad)
			_, err := g.tablets.Enrol(g.ctx, code, "t1", bad)
			g.want("a proof "+what, err, passenger.Invalid)
		}
		_, err := g.tablets.Enrol(g.ctx, code, "t1", good)
		g.want("the code after bad proofs", err, "")
	})
}
