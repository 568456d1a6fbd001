package sim

import (
	"slices"

	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Plant is a bug of a driver, a store or a key that a run can be given.
type Plant string

// The planted bugs.
const (
	SkipFsync          Plant = "skip-fsync"                     // a store's flushes do nothing
	AckBeforeCommit    Plant = "ack-before-commit"              // a tablet says "saved" and persists with the next event
	AnswerBeforeCommit Plant = "answer-before-commit"           // ground answers before its transaction is durable
	HalfBatch          Plant = "half-batch"                     // a crash leaves the state with half of its ops
	KeepReplica        Plant = "keep-stale-replica"             // a driver steps on after a batch that was not persisted
	ClaimGap           Plant = "seq-gap"                        // ground's vector says one op too many
	MarkSentOnSend     Plant = "mark-sent-on-send"              // a tablet takes what it sent for received
	AckInForkedLane    Plant = "ack-in-forked-lane"             // a tablet takes a count for an acknowledgement though histories differ
	SkipDedupe         Plant = "skip-dedupe"                    // ground works the effects of every delivery
	ForgetDedupe       Plant = "forget-dedupe"                  // what was worked is forgotten in a crash
	RewriteAfterCrash  Plant = "rewrite-after-crash"            // a tablet writes its last entry again after a restart
	DropUnknown        Plant = "drop-unknown-kinds"             // a tablet does not forward what it does not know
	DropUnknownFields  Plant = "drop-unknown-fields"            // a tablet writes ops down as it understands them
	ClockOrder         Plant = "order-by-clock-alone"           // a view takes the latest stamp for the last word
	LocalClockBound    Plant = "bound-by-local-clock"           // a view sets aside stamps far from its own clock
	ClockDrags         Plant = "flagged-stamp-drags"            // a tablet's clock follows the latest stamp it saw
	LastWriteWins      Plant = "lww-on-outcome"                 // a view keeps one of several outcomes
	LastArrivalDecides Plant = "last-arrival-decides"           // a view depends on the order of arrival
	ForgetRetracts     Plant = "forget-retracts"                // a view forgets retracts over a restart
	IgnoreCut          Plant = "ignore-cut"                     // a view knows no cuts
	TrustAnyLane       Plant = "any-kind-in-any-lane"           // a view takes a tablet's word for ground's
	StubIsErased       Plant = "stub-taken-for-erased"          // a view takes a stub for an erasure
	AcceptUnsigned     Plant = "accept-unsigned-runs"           // signatures are not checked
	AcceptUnbound      Plant = "accept-unbound-author"          // a tablet binds whoever comes
	ForeignFlight      Plant = "foreign-flight"                 // ground writes another flight's note here
	NeverRehome        Plant = "never-re-home"                  // ground gives no branch a home
	LoseBranch         Plant = "lose-moved-branch"              // the store cuts a lane and forgets what moves
	HaveTooMuch        Plant = "have-without-covering"          // a tablet says it holds what it does not
	SkipHave           Plant = "skip-have"                      // a tablet does not tell what it holds
	VerdictTwice       Plant = "verdict-twice"                  // ground answers an op more than once
	IgnoreErase        Plant = "erase-not-obeyed"               // tablets but the first keep erased bodies
	PoisonStops        Plant = "poison-stops-lane"              // a tablet takes nothing behind an op it cannot read
	PurgeEarly         Plant = "purge-before-receipt"           // a sealed flight is destroyed though ground lacks ops
	ForgetPurge        Plant = "resurrect-after-purge"          // a tablet does not know that it purged
	MergeDropsOld      Plant = "merge-drops-old-first"          // a merge lets the old store go before the new one is whole
	OwnClock           Plant = "destroy-on-own-clock"           // a tablet's clock alone destroys a flight
	BelieveCrossed     Plant = "believe-crossed-answer"         // an answer is taken whatever it answers
	EnrolForgets       Plant = "enrol-forgets"                  // enrolling again drops what was unsent
	DropUnsigned       Plant = "drop-sealed-on-unsigned-vector" // a sealed entry goes for a word that nobody signed
	BelieveShortList   Plant = "believe-short-list"             // what one page of a list does not name is taken for gone
	CountReviews       Plant = "count-reviews-again"            // an entry that comes home as review counts besides its op
	NoRollbackCheck    Plant = "same-name-again"                // a renewed store goes on under its old incarnation
)

// Plants lists every planted bug.
var Plants = []Plant{SkipFsync, AckBeforeCommit, AnswerBeforeCommit, HalfBatch, KeepReplica, ClaimGap, MarkSentOnSend, AckInForkedLane, SkipDedupe,
	ForgetDedupe, RewriteAfterCrash, DropUnknown, DropUnknownFields, ClockOrder, LocalClockBound, ClockDrags, LastWriteWins, LastArrivalDecides,
	ForgetRetracts, IgnoreCut, TrustAnyLane, StubIsErased, AcceptUnsigned, AcceptUnbound, ForeignFlight, NeverRehome, LoseBranch, HaveTooMuch,
	SkipHave, VerdictTwice, IgnoreErase, PoisonStops, PurgeEarly, ForgetPurge, MergeDropsOld, OwnClock, BelieveCrossed, EnrolForgets, DropUnsigned, BelieveShortList, CountReviews}

// misfold is what a wrong program folds instead of what it holds.
func (w *world) misfold(t *tablet, ops []flightsync.Op) []flightsync.Op {
	drop := func(bad func(flightsync.Op) bool) []flightsync.Op { return slices.DeleteFunc(ops, bad) }
	kind := func(ks ...flightsync.Kind) func(flightsync.Op) bool {
		return func(o flightsync.Op) bool { return slices.Contains(ks, o.Header.Kind) }
	}
	switch w.opt.Plant {
	case ForgetRetracts:
		if t.born > 1 {
			return drop(kind(flightsync.KindRetract))
		}
	case IgnoreCut:
		return drop(kind(flightsync.KindCut))
	case LocalClockBound:
		now := t.clock()
		return drop(func(o flightsync.Op) bool {
			return o.Header.Stamp.Ms > 0 && max(o.Header.Stamp.Time().Sub(now), now.Sub(o.Header.Stamp.Time())) > 48*60*60*1e9
		})
	case ClockOrder, LastWriteWins:
		best := map[flightsync.Dot]flightsync.Op{}
		later := func(a, b flightsync.Op) bool {
			if w.planted(LastWriteWins) {
				return a.Dot.Author > b.Dot.Author || a.Dot.Author == b.Dot.Author && a.Dot.Seq > b.Dot.Seq
			}
			return b.Header.Stamp.Less(a.Header.Stamp)
		}
		for _, o := range ops {
			if b, ok := best[o.Header.Entity]; o.Header.Kind == flightsync.KindOutcome && (!ok || later(o, b)) {
				best[o.Header.Entity] = o
			}
		}
		return drop(func(o flightsync.Op) bool {
			return o.Header.Kind == flightsync.KindOutcome && best[o.Header.Entity].Dot != o.Dot
		})
	case LastArrivalDecides:
		n := 0
		return drop(func(o flightsync.Op) bool {
			if o.Header.Kind != flightsync.KindOutcome {
				return false
			}
			n++
			return n > 1 && n%(t.at+2) == 0
		})
	case TrustAnyLane:
		for i, o := range ops {
			if o.Header.Kind == flightsync.KindNote && o.Dot.Author >= flightsync.FirstTablet && o.Dot.Author < 40 {
				ops[i].Dot = flightsync.Dot{Author: flightsync.Notes, Seq: 4000 + o.Dot.Seq}
			}
			if o.Header.Kind == flightsync.KindClose {
				ops[i].Dot = flightsync.Dot{Author: flightsync.Admin, Seq: 4000 + o.Dot.Seq}
			}
		}
	case StubIsErased:
		var dots []flightsync.Dot
		for _, o := range ops {
			if o.IsStub() {
				dots = append(dots, o.Dot)
			}
		}
		return drop(func(o flightsync.Op) bool { return o.IsStub() && len(dots) > 0 && t.at%2 == 1 })
	}
	return ops
}

// taken is what a wrong program takes of the runs that come.
func (t *tablet) taken(runs []flightsync.Run) []flightsync.Run {
	switch t.w.opt.Plant {
	case DropUnknown:
		return dropUnknown(runs)
	case DropUnknownFields:
		return refield(runs)
	case PoisonStops:
		return behindPoison(runs)
	}
	return runs
}

func (g *ground) taken(runs []flightsync.Run) []flightsync.Run {
	if g.w.planted(PoisonStops) {
		return behindPoison(runs)
	}
	return runs
}

func eachOp(runs []flightsync.Run, fn func(flightsync.Op, []byte) ([]byte, bool)) []flightsync.Run {
	var out []flightsync.Run
	for _, run := range runs {
		ops := run.Ops
		run.Ops = nil
		for i, raw := range ops {
			o, err := flightsync.ParseOp(flightsync.Dot{Author: run.Author, Seq: run.First + uint64(i)}, raw)
			if err != nil {
				continue
			}
			if raw, ok := fn(o, raw); ok {
				run.Ops = append(run.Ops, raw)
			}
		}
		if len(run.Ops) > 0 {
			out = append(out, run)
		}
	}
	return out
}

func dropUnknown(runs []flightsync.Run) []flightsync.Run {
	return eachOp(runs, func(o flightsync.Op, raw []byte) ([]byte, bool) { return raw, o.Header.Kind < 4000 })
}

func refield(runs []flightsync.Run) []flightsync.Run {
	return eachOp(runs, func(o flightsync.Op, raw []byte) ([]byte, bool) {
		if o.Header.Flags&(1<<40) != 0 && !o.IsStub() && len(o.Body) > 6 {
			o.Body = o.Body[:len(o.Body)-6]
			return o.Raw(), true
		}
		return raw, true
	})
}

func behindPoison(runs []flightsync.Run) (out []flightsync.Run) {
	for _, run := range runs {
		bad := slices.IndexFunc(run.Ops, func(raw []byte) bool {
			o, err := flightsync.ParseOp(flightsync.Dot{Author: run.Author, Seq: 1}, raw)
			return err != nil || o.Poison != ""
		})
		if bad < 0 {
			out = append(out, run)
		}
	}
	return out
}

// spoil is what a wrong store makes of a batch.
func (t *tablet) spoil(b flightsync.Batch) flightsync.Batch { return t.w.spoil(b) }

func (g *ground) spoil(b flightsync.Batch) flightsync.Batch { return g.w.spoil(b) }

func (w *world) spoil(b flightsync.Batch) flightsync.Batch {
	if !w.planted(LoseBranch) || len(b.Cuts) == 0 {
		return b
	}
	b.State.Lanes = slices.Clone(b.State.Lanes)
	for _, c := range b.Cuts {
		for i, l := range b.State.Lanes {
			if l.Fork.Is() && l.Fork.Of == c.Author && l.Fork.At == c.Seq {
				b.State.Lanes[i].Seq, b.State.Lanes[i].Head, b.State.Lanes[i].Points = 0, l.Fork.Start, nil
				b.Ops = slices.DeleteFunc(slices.Clone(b.Ops), func(o flightsync.Op) bool { return o.Dot.Author == l.Author })
			}
		}
	}
	return b
}
