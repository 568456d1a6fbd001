package sync

import "github.com/cabinloop/cabinloop/passenger"

// FinAnywayDraft hands in although only ops of the tablets are on no other device: the reason
// stays in the log. It names the last reopening as [FinDraft] does.
func FinAnywayDraft(reason passenger.HandInReason, only int, reopened ...Dot) Draft {
	var w writer
	w.str(1, string(reason))
	w.uint(2, uint64(max(only, 0)))
	return Draft{Kind: KindFin, Over: reopened, Content: w.b}
}

// ReadFin returns why a tablet handed in anyway, and how many ops were on no other device; "" and
// 0 of a plain fin. A reason of a newer program is returned as it is. Errors: invalid.
func ReadFin(o Op) (reason passenger.HandInReason, only int, err error) {
	err = fields(o.Content(), func(f field) error {
		switch f.id {
		case 1:
			reason = passenger.HandInReason(f.str())
		case 2:
			only = int(f.num)
		}
		return nil
	})
	if o.Header.Kind != KindFin || err != nil {
		return "", 0, passenger.Wrap(passenger.Invalid, "sync.ReadFin", "this op hands nothing in", err)
	}
	return reason, only, nil
}
