package sync

import "slices"

// Talk is what the asker keeps between exchanges with one peer. It is a hint: one that is lost,
// or that of a peer whose store went back, costs a round and never an op.
type Talk struct {
	Peer   Vector   // how much of each lane the peer is known to hold durably; nil when nothing is known
	Whole  []Author // lanes to send from their start: the peer's history of them is another one
	Claims bool     // histories differ, and it is not known where: say every head
	More   bool     // there is more to fetch: the peer left something out, or a branch here made room
	Sure   Dot      // the last op of this replica's own lane that the peer holds, chains compared
}

// Acked is what people may be told that the peer holds: Peer, with this replica's own lane only as
// far as the chains were compared. Where a store was cloned, a count alone may be the twin's.
func (t Talk) Acked() Vector {
	v := slices.Clone(t.Peer)
	if a := t.Sure.Author; v.Of(a) > t.Sure.Seq && a >= FirstTablet {
		v[a] = t.Sure.Seq
	}
	return v
}

// Ask is the next question. budget bounds the answer's ops and send the question's, in bytes; 0
// is [DefaultBudget].
func (t Talk) Ask(budget, send int) Ask {
	return Ask{Peer: t.Peer, Budget: budget, Send: send, Whole: t.Whole, Claims: t.Claims}
}

// Heard takes the answer; ready is what its Receive became and st the state after it. The peer's
// vector acknowledges nothing in lanes whose histories differ.
func (t *Talk) Heard(res Response, ready Ready, st State) {
	whole := slices.Clone(res.Again)
	// An author whom the peer knows and this replica does not, although no op of ground is left to
	// come: their histories of the roster are not the same.
	strangers := false
	for _, n := range ready.Notes {
		if n.What == FaultFork && !slices.Contains(whole, n.Author) {
			whole = append(whole, n.Author)
		}
		strangers = strangers || n.What == FaultUnbound && !res.More
	}
	peer := slices.Clone(res.Have)
	if peer == nil {
		peer = Vector{}
	}
	for _, a := range whole {
		peer = peer.Set(a, 0)
	}
	v := st.Vector()
	// A peer that holds all that the question spoke of has compared chains.
	sure := Dot{Author: st.Me, Seq: min(t.Sure.Seq, peer.Of(st.Me))}
	if t.Sure.Author != st.Me {
		sure.Seq = 0
	}
	asked := v.Of(st.Me)
	for _, o := range ready.Batch.Ops {
		if o.Dot.Author == st.Me && o.Header.Kind == KindHave {
			asked--
		}
	}
	if n := peer.Of(st.Me); n > 0 && n >= asked {
		sure.Seq = min(n, v.Of(st.Me))
	}
	same, theirs := v.CoversAll(res.Have), res.Have.CoversAll(v)
	// What ground keeps from a tablet that leaves tells it of no other history: heads do, said once.
	kept := theirs && !same && !res.More && !t.Claims
	*t = Talk{Sure: sure, Peer: peer, Whole: whole, More: res.More || len(ready.Batch.Cuts) > 0,
		Claims: len(whole) == 0 && (strangers || kept || same && theirs && st.Digest() != res.Digest)}
}

// Done reports whether neither side lacks anything that it is known to lack.
func (t Talk) Done(st State) bool {
	return !t.More && !t.Claims && len(t.Whole) == 0 && t.Peer.CoversAll(st.Vector())
}
