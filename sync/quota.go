package sync

import "time"

// What one tablet's key signs goes to every replica of the flight and into every fold. So that one
// program gone wild, or one stolen key, does not make the taps of all others slow, a replica takes
// from a key no more than [QuotaBurst] at once and [QuotaPerMinute] after that. What is beyond
// stays with its author and comes through later; nothing of it was acknowledged.
//
// The quota decides when ops are taken, never what they mean: equal op sets fold alike, whenever
// their ops came. It counts by the receiver's clock, since a flooding author picks the times that it
// signs; a clock that jumps back or stands still costs the waiting only of those who are above the
// burst. What a tablet takes from ground, ground has counted.

// payer returns the lane that keeps the account of all lanes of a key: the one with the lowest
// index.
func (r *Replica) payer(of Lane) Lane {
	for _, l := range r.st.Lanes {
		if l.Class == TabletLane && l.Key == of.Key {
			return l
		}
	}
	return of
}

// owes is what a key has taken and time has not yet given back.
func owes(l Lane, now uint64) uint64 {
	if now <= l.SpentAt {
		return l.Spent
	}
	back := min(now-l.SpentAt, uint64(QuotaBurst/QuotaPerMinute*2*time.Minute/time.Millisecond)) * QuotaPerMinute / uint64(time.Minute/time.Millisecond)
	return l.Spent - min(l.Spent, back)
}

// withinQuota reports whether more of a lane may be taken now. A run may go beyond the burst by itself: it
// is never larger than one message.
func (r *Replica) withinQuota(l Lane, now time.Time) bool {
	own := l.Author == r.st.Me || l.Key == r.st.Own // what comes back after a loss
	return now.IsZero() || l.Class != TabletLane || own || owes(r.payer(l), ms(now)) < QuotaBurst
}

// charge puts new ops on the account of their key, and returns the lane as it is then.
func (r *Replica) charge(l Lane, raws [][]byte, now time.Time) Lane {
	if now.IsZero() || l.Class != TabletLane {
		return l
	}
	p := r.payer(l)
	p.Spent, p.SpentAt = owes(p, ms(now)), ms(now)
	for _, raw := range raws {
		p.Spent += uint64(len(raw)) + QuotaOp
	}
	if p.Author == l.Author {
		return p
	}
	r.st.setLane(p)
	return l
}
