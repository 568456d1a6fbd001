package sync

import (
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
)

func TestFinAnyway(t *testing.T) {
	for _, c := range []struct {
		draft  Draft
		reason passenger.HandInReason
		only   int
	}{{FinDraft(), "", 0}, {FinAnywayDraft(passenger.TabletFailing, 3), passenger.TabletFailing, 3}, {FinAnywayDraft("newer", -1), "newer", 0}} {
		reason, only, err := ReadFin(Op{Header: Header{Kind: c.draft.Kind}, Body: append(make([]byte, SaltSize), c.draft.Content...)})
		if reason != c.reason || only != c.only || err != nil {
			t.Errorf("read %q, %d, %v, want %q, %d", reason, only, err, c.reason, c.only)
		}
	}
	for _, o := range []Op{{Header: Header{Kind: KindSeen}, Body: make([]byte, SaltSize)}, {Header: Header{Kind: KindFin}, Body: append(make([]byte, SaltSize), 0xff)}} {
		if _, _, err := ReadFin(o); passenger.CodeOf(err) != passenger.Invalid {
			t.Errorf("%v: %v, want invalid", o, err)
		}
	}
}
