package dispatch_test

import (
	"crypto/rand"
	"slices"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// handOver brings runs of the tablet as a device without a token.
func (t *tablet) handOver(left uint64, runs ...flightsync.SealedRun) ([][]byte, passenger.Access, error) {
	t.Helper()
	h := flightsync.HandOver{Group: t.flightRow(t.key).ID, Runs: runs, Left: left, Key: t.keys.Signer().Public()}
	var err error
	h.Proof, err = t.keys.Signer().Sign(h.Message())
	t.must(err)
	return t.dispatch.HandOver(t.ctx, h)
}

// end ends the access of a tablet as package auth does.
func (w *world) end(t *tablet, lost bool) {
	w.Helper()
	w.tx(func(tx ground.Tx) error {
		if err := w.dispatch.Dismiss(w.ctx, tx, t.id); err != nil {
			return err
		}
		row, err := tx.Tablet(w.ctx, t.id)
		if err != nil {
			return err
		}
		if row.RevokedAt = w.now; lost {
			row.LostAt = w.now
		}
		return tx.UpdateTablet(w.ctx, row)
	})
}

// waits lists what the report waits for, as text.
func (w *world) waits(k passenger.FlightKey) (out []string) {
	w.Helper()
	for _, x := range w.report(k).Waiting {
		out = append(out, x.String())
	}
	return out
}

// TestHandOver: entries of a tablet whose access ended are taken, count for nothing and are waited for;
// a person lets them count, once, or not.
func TestHandOver(t *testing.T) {
	for name, accept := range map[string]bool{"accepted": true, "written off": false} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(w *world) {
				w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"))
				a := w.tablet("t1", first, passenger.Lead)
				loop := w.loop("C1", passenger.TopicMeal)
				a.sync()
				st := a.rep.State()
				held := st.Vector().Of(st.Me)
				a.record("14C", passenger.Feedback{Outcome: passenger.Acted})
				note := a.view().Notes[0]
				a.write(flightsync.Gesture{Code: passenger.Voucher, Quantity: 1, PolicyVersion: 1, Traveller: note.Note.Traveller, Note: note.Dot}.Draft([8]byte{7}))
				w.end(a, true)
				if got, want := w.waits(first), []string{"tablet t1 was lost and may hold entries"}; !slices.Equal(got, want) || w.report(first).SumsClose {
					t.Errorf("before: %q, want %q", got, want)
				}
				w.move(first, passenger.In)
				if got := w.flightRow(first).Stage; got != passenger.Closed {
					t.Errorf("the flight is %s although the lost tablet may hold entries", got)
				}
				for range 2 {
					receipts, access, err := a.handOver(0, a.sealed(held+1))
					if w.must(err); access != passenger.AccessLost || !w.receipt(a.sealed(held+1), a, receipts[0]) && len(receipts[0]) != 64 {
						t.Errorf("hand-over: %q, receipts %x", access, receipts)
					}
				}
				r := w.report(first)
				if r.Acted != 0 || r.Seen != 0 || r.Gestures != 0 || r.Quarantined != 3 || r.OpsIssued != r.OpsOnGround || r.SumsClose {
					t.Errorf("held: %+v", r)
				}
				if got, want := w.waits(first), []string{"3 entries of tablet t1 wait for a decision: its access had ended"}; !slices.Equal(got, want) {
					t.Errorf("waiting: %q, want %q", got, want)
				}
				if l := w.read(loop.ID); l.State != ground.LoopReconciled && l.State != ground.LoopWaiting || l.Outcome.Outcome == passenger.Acted {
					t.Errorf("loop before the decision: %+v", l)
				}
				list, err := w.followup.Held(w.ctx, w.flightRow(first).ID)
				if w.must(err); len(list) != 3 || list[1].Outcome != passenger.Acted || list[2].Gesture != passenger.Voucher || list[1].Seat != "14C" {
					t.Errorf("for the person who decides: %+v", list)
				}
				open := func() (n int) {
					w.tx(func(tx ground.Tx) error {
						fs, err := tx.ListFollowUps(w.ctx, true)
						for _, f := range fs {
							if f.Cause == "held-entries" {
								n++
							}
						}
						return err
					})
					return n
				}
				if n := open(); n != 1 {
					t.Errorf("%d follow-ups for the held entries, want 1", n)
				}
				if _, err := w.dispatch.Accept(w.ctx, first, "t1", "anna", " "); passenger.CodeOf(err) != passenger.Invalid {
					t.Errorf("without a reason: %v", err)
				}
				if accept {
					n, err := w.dispatch.Accept(w.ctx, first, "t1", "anna", "seen by the purser")
					if w.must(err); n != 3 {
						t.Errorf("%d entries accepted, want 3", n)
					}
					if _, err := w.dispatch.Accept(w.ctx, first, "t1", "anna", "again"); passenger.CodeOf(err) != passenger.Phase {
						t.Errorf("accepted twice: %v", err)
					}
				} else {
					w.must(w.dispatch.WriteOff(w.ctx, first, "t1", "anna", "cannot be true"))
				}
				want := map[bool]int{true: 1}[accept]
				r = w.report(first)
				if r.Acted != want || r.Gestures != want || len(r.Waiting) != 0 || !r.SumsClose || open() != 0 || r.Stage != string(passenger.Sealed) {
					t.Errorf("after the decision: %+v", r)
				}
			})
		})
	}
}

// TestThiefsTablet: who holds the keys of a lost tablet can change nothing that counts, by no history it
// signs, reads nothing, and cannot fill ground.
func TestThiefsTablet(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"), row("C2", "VISSER", "15A"))
		a, b := w.tablet("t1", first, passenger.Lead), w.tablet("t2", first, passenger.Cabin)
		w.loop("C1", passenger.TopicMeal)
		w.loop("C2", passenger.TopicMeal)
		a.sync()
		b.sync()
		twin := a.clone() // of the same disk: it signs a second history of the lane
		a.record("14C", passenger.Feedback{Outcome: passenger.Acted})
		a.sync()
		b.sync()
		w.end(a, true)
		before := w.report(first)

		st := twin.rep.State()
		own := st.Vector().Of(st.Me)
		twin.record("14C", passenger.Feedback{Outcome: passenger.Declined})
		twin.record("15A", passenger.Feedback{Outcome: passenger.Declined})
		if _, _, err := twin.handOver(0, twin.sealed(own+1)); err != nil {
			t.Fatal(err)
		}
		a.record("15A", passenger.Feedback{Outcome: passenger.Acted})
		if _, _, err := a.handOver(0, a.sealed(own+1)); err != nil {
			t.Fatal(err)
		}
		b.sync()
		r := w.report(first)
		if r.Sums != before.Sums || r.Gestures != before.Gestures {
			t.Errorf("what counts changed: %+v, was %+v", r.Sums, before.Sums)
		}
		for _, v := range []*flightsync.View{b.view()} {
			if s := v.Sums(); s != before.Sums {
				t.Errorf("what counts on another tablet changed: %+v, was %+v", s, before.Sums)
			}
		}
		// Another flight, another's key, no proof.
		w.flight(second, start.Add(28*time.Hour), true)
		other := *a
		other.key = second
		if _, _, err := other.handOver(0); passenger.CodeOf(err) != passenger.Forbidden {
			t.Errorf("a flight that it never served: %v", err)
		}
		h := flightsync.HandOver{Group: w.flightRow(first).ID, Key: b.keys.Signer().Public()}
		h.Proof, _ = a.keys.Signer().Sign(h.Message())
		if _, _, err := w.dispatch.HandOver(w.ctx, h); passenger.CodeOf(err) != passenger.Forbidden {
			t.Errorf("as another tablet: %v", err)
		}
		if _, err := w.dispatch.Exchange(w.ctx, b.id, *b.step(b.talk.Ask(0, 0)).Request); err != nil {
			t.Errorf("the others go on: %v", err)
		}
		// As much as it likes: it stops at the bound.
		var err error
		note := a.view().Notes[0].Dot
		for range 10 {
			st := a.rep.State()
			from := st.Vector().Of(st.Me)
			ds := make([]flightsync.Draft, 600)
			for i := range ds {
				ds[i] = flightsync.SeenDraft(note)
			}
			a.write(ds...)
			if _, _, err = a.handOver(0, a.sealed(from+1)); err != nil {
				break
			}
		}
		if passenger.CodeOf(err) != passenger.TooMuch {
			t.Errorf("thousands of entries of a lost tablet: %v", err)
		}
	})
}

// TestReplacedDevice: what an old device has of a tablet that another device took over waits for a
// person, until it enrols again itself.
func TestReplacedDevice(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"))
		a := w.tablet("t1", first, passenger.Lead)
		w.loop("C1", passenger.TopicMeal)
		a.sync()
		st := a.rep.State()
		held := st.Vector().Of(st.Me)
		a.record("14C", passenger.Feedback{Outcome: passenger.Acted})
		key := a.keys.Signer().Public()
		w.tx(func(tx ground.Tx) error {
			row, err := tx.Tablet(w.ctx, a.id)
			if err != nil {
				return err
			}
			row.SignKey = otherKeys(t).Signer().Public()
			if err := tx.UpdateTablet(w.ctx, row); err != nil {
				return err
			}
			return tx.PutFormerKey(w.ctx, ground.FormerKey{Key: key, Tablet: a.id, Why: passenger.AccessReplaced, EndedAt: w.now})
		})
		if got, want := w.waits(first), []string{"tablet t1 was replaced by another device and may hold entries"}; !slices.Equal(got, want) {
			t.Errorf("waiting: %q, want %q", got, want)
		}
		if _, access, err := a.handOver(0, a.sealed(held+1)); err != nil || access != passenger.AccessReplaced {
			t.Fatalf("hand-over: %q, %v", access, err)
		}
		if r := w.report(first); r.Acted != 0 || r.Quarantined != 2 {
			t.Errorf("held: %+v", r)
		}
		w.tx(func(tx ground.Tx) error { return w.dispatch.Release(w.ctx, tx, a.id, key) })
		w.tx(func(tx ground.Tx) error {
			return tx.PutFormerKey(w.ctx, ground.FormerKey{Key: key, Tablet: a.id, Why: passenger.AccessRenewed, EndedAt: w.now})
		})
		if r := w.report(first); r.Acted != 1 || r.Quarantined != 0 || len(r.Waiting) != 0 {
			t.Errorf("released: %+v", r)
		}
		a.record("14C", passenger.Feedback{Outcome: passenger.Declined})
		if _, _, err := a.handOver(0, a.sealed(held+3)); err != nil {
			t.Fatal(err)
		}
		if r := w.report(first); r.Declined != 1 || r.Quarantined != 0 {
			t.Errorf("what it still had: %+v", r)
		}
	})
}

func otherKeys(t *testing.T) *keys.Pair {
	t.Helper()
	p, err := keys.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// clone is a second device with the same keys and the same store.
func (t *tablet) clone() *tablet {
	t.Helper()
	c := *t
	c.store = flightsync.NewMemory()
	st := t.rep.State()
	b := flightsync.Batch{State: st}
	for _, l := range st.Lanes {
		t.must(t.store.Ops(l.Author, 1, func(o flightsync.Op) bool { b.Ops = append(b.Ops, o); return true }))
	}
	t.must(c.store.Apply(b))
	c.nonce += 100
	c.reload()
	return &c
}
