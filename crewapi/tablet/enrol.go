package tablet

import (
	"context"
	"strings"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
)

// Enrol trades a one-time code for this tablet's identity, with new keys, and keeps both. A
// tablet may enrol again once everything it holds is on ground. Errors: invalid, phase while
// entries are pending, forbidden for a bad code or a ground at the same address with other keys,
// unavailable.
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
	for _, f := range a.list() {
		if n := f.record().Unsent; n > 0 {
			return passenger.Errorf(passenger.Phase, op, "%d entries of other tablets wait here for ground; sync first, or they would be lost", n)
		}
	}
	client, err := crewapi.NewClient(url, "", a.HTTP)
	if err != nil {
		return err
	}
	pair, err := keys.Generate(a.Rand)
	if err != nil {
		return err
	}
	e, err := client.Enrol(ctx, code, name, passenger.PublicKeys{Sign: pair.Signer().Public(), Agree: pair.Agreer().Public()})
	if err != nil {
		return err
	}
	a.mu.Lock()
	known := !a.device.enrolled() || a.device.keeps(url, e.Ground)
	a.mu.Unlock()
	if !known {
		return passenger.Errorf(passenger.Forbidden, op, "ground has other keys than this tablet knows; ask the administrator, and if they were replaced, enrol in an empty data directory")
	}
	return a.become(device{Tablet: e.Tablet, Name: name, Ground: url, Token: e.Token, GroundSign: e.Ground.Sign, GroundAgree: e.Ground.Agree}, pair)
}

// become makes the agent that device; flights of another one go.
func (a *Agent) become(d device, pair *keys.Pair) error {
	client, err := crewapi.NewClient(d.Ground, d.Token, a.HTTP)
	if err != nil {
		return err
	}
	for _, f := range a.list() {
		f.mu.Lock()
		err := a.drop(f)
		f.mu.Unlock()
		if err != nil {
			return err
		}
	}
	if err := a.save(); err != nil {
		return err
	}
	if err := saveKeys(a.path("device.keys"), pair); err != nil {
		return err
	}
	if err := writeFile(a.path("device.json"), d); err != nil {
		return err
	}
	a.mu.Lock()
	a.device, a.keys, a.client, a.problem = d, pair, client, ""
	a.mu.Unlock()
	a.Log.Info("tablet enrolled", "tablet", d.Tablet.String())
	a.wake()
	a.lan.wake()
	return nil
}
