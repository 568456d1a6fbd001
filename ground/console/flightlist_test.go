package console_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// TestOldFlightsStayOnTheBoardUntilTheyAreSealed: from a fresh look and from what is kept between looks.
func TestOldFlightsStayOnTheBoardUntilTheyAreSealed(t *testing.T) {
	w := newWorld(t)
	w.seed()
	w.user("gop", "ground")
	old := key("KL0868", "2026-11-20", "KIX")
	at := func(stage passenger.Stage) {
		t.Helper()
		w.must(w.db.InTx(w.ctx, func(tx ground.Tx) error {
			f, err := tx.LockFlight(w.ctx, w.flightRow(old).ID)
			if err != nil {
				return err
			}
			f.Stage = stage
			if err := tx.UpdateFlight(w.ctx, f); err != nil {
				return err
			}
			return tx.Notify(w.ctx, "flight", f.ID.String())
		}))
	}
	for i, tt := range []struct {
		stage passenger.Stage
		wait  time.Duration
		want  bool
	}{
		{passenger.Open, 0, true},
		{passenger.Open, 5 * 24 * time.Hour, true},
		{passenger.Closed, time.Second, true},
		{passenger.Closed, 40 * 24 * time.Hour, true},
		{passenger.Sealed, time.Second, false},
		{passenger.Sealed, time.Hour, false},
	} {
		at(tt.stage)
		w.clock.add(tt.wait)
		b := w.signIn("gop")
		if got := strings.Contains(b.get("/flights").body, "KL0868"); got != tt.want {
			t.Errorf("%d: %s after %v more: on the board %v, want %v", i, tt.stage, tt.wait, got, tt.want)
		}
	}
}
