package tablet

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"strings"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/passenger"
)

// Enrol trades a one-time code for this tablet's identity and keeps it. A tablet may enrol
// again once everything it recorded is on ground. Errors: invalid, phase while entries are
// pending, forbidden for a bad code, unavailable.
func (a *Agent) Enrol(ctx context.Context, url, code, name string) error {
	const op = "tablet.Enrol"
	url, name = strings.TrimRight(url, "/"), strings.TrimSpace(name)
	st, err := a.Status(ctx)
	if err != nil {
		return err
	}
	if st.Pending > 0 {
		return passenger.Errorf(passenger.Phase, op, "%d entries of this tablet are not on ground yet; sync first, or they would be lost", st.Pending)
	}
	client, err := crewapi.NewClient(url, "", a.HTTP)
	if err != nil {
		return err
	}
	fail := func(err error) error {
		return passenger.Wrap(passenger.Internal, op, "this tablet could not make its key", err)
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), a.Rand)
	if err != nil {
		return fail(err)
	}
	d := device{Name: name, Ground: url}
	if d.Private, err = x509.MarshalPKCS8PrivateKey(private); err != nil {
		return fail(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		return fail(err)
	}
	if d.StoreKey, err = a.random(32); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if d.Tablet, d.Token, err = client.Enrol(ctx, code, name, public); err != nil {
		return err
	}
	return a.become(d)
}

// become makes the agent that device; flights of another one go.
func (a *Agent) become(d device) error {
	client, err := crewapi.NewClient(d.Ground, d.Token, a.HTTP)
	if err != nil {
		return err
	}
	for _, f := range a.list() {
		if err := a.forget(f); err != nil {
			return err
		}
	}
	if err := a.save(); err != nil {
		return err
	}
	if err := writeFile(a.path("device.json"), "", d); err != nil {
		return err
	}
	a.mu.Lock()
	a.device, a.client, a.problem = d, client, ""
	a.mu.Unlock()
	a.Log.Info("tablet enrolled", "tablet", d.Tablet.String())
	a.wake()
	return nil
}
