package tablet

import (
	"context"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// HandIn says that this tablet has nothing more to record on the flight. Errors: phase before
// the aircraft is on-block, and while entries are on this tablet only.
func (a *Agent) HandIn(ctx context.Context, key string) error {
	return a.handIn(ctx, key, "")
}

// HandInAnyway hands in although entries are on this tablet only, and records why. Without such
// entries it is [Agent.HandIn]. Errors: invalid for an unknown reason, phase before the aircraft
// is on-block.
func (a *Agent) HandInAnyway(ctx context.Context, key string, reason passenger.HandInReason) error {
	if _, err := passenger.ParseHandInReason(string(reason)); err != nil {
		return err
	}
	return a.handIn(ctx, key, reason)
}

func (a *Agent) handIn(ctx context.Context, key string, anyway passenger.HandInReason) error {
	const op = "tablet.HandIn"
	return a.entering(ctx, op, key, func(f *flight, v *folded) error {
		if !v.landedOrClosed() {
			return passenger.Errorf(passenger.Phase, op, "hand in after the aircraft is on-block; record that movement if it is")
		}
		if _, done := v.Fins[v.me]; done {
			return nil
		}
		n := f.onlyHere(v)
		switch {
		case n == 0:
			return f.write(flightsync.FinDraft(v.Reopened...))
		case anyway == "":
			return passenger.Errorf(passenger.Phase, op, "%d entries are on this tablet only; bring it near another tablet of the flight or online, or say why it is handed in anyway", n)
		}
		f.agent.Log.Warn("handed in with entries that are nowhere else", "flight", f.id.String(), "n", n, "kind", string(anyway))
		return f.write(flightsync.FinAnywayDraft(anyway, n, v.Reopened...))
	})
}
