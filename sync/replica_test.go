package sync

import (
	"bytes"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

var t0 = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

// node is a replica with its store: the shortest driver.
type node struct {
	tb    testing.TB
	store *Memory
	*Replica
	salt byte
	key  string
}

// testAlg is a cheap stand-in for a signature: SHA-256 over key and message.
const testAlg Algorithm = 200

func testKey(name string) PublicKey { return PublicKey{testAlg, name} }

func testSign(key string) func([]byte) ([]byte, error) {
	return func(msg []byte) ([]byte, error) {
		sum := sha256.Sum256(append([]byte(key+"\x00"), msg...))
		return sum[:], nil
	}
}

func testVerify(alg Algorithm, public, msg, sig []byte) bool {
	want, _ := testSign(string(public))(msg)
	return alg == testAlg && bytes.Equal(want, sig)
}

func newNode(tb testing.TB, group passenger.FlightID, me Author, inc byte) *node {
	tb.Helper()
	n := &node{tb: tb, store: NewMemory()}
	n.key = "ground"
	if me != Admin {
		n.key = string([]byte{inc})
	}
	if err := n.store.Apply(Create(group, me, Incarnation{inc}, testKey("ground"))); err != nil {
		tb.Fatal(err)
	}
	n.reload()
	return n
}

func (n *node) reload() {
	n.tb.Helper()
	r, err := Load(n.store, testVerify)
	if err != nil {
		n.tb.Fatal(err)
	}
	n.Replica = r
}

func (n *node) do(ev Event) Ready {
	n.tb.Helper()
	ready, err := n.Step(ev)
	if err == nil {
		err = n.Sign(&ready, testSign(n.key))
	}
	if err != nil {
		n.tb.Fatal(err)
	}
	if err := n.store.Apply(ready.Batch); err != nil {
		n.tb.Fatal(err)
	}
	return ready
}

func (n *node) write(a Author, ds ...Draft) []Dot {
	n.tb.Helper()
	salts := make([][SaltSize]byte, len(ds))
	for i := range salts {
		n.salt++
		salts[i] = [SaltSize]byte{n.salt, byte(a)}
	}
	return n.do(Write{Author: a, Drafts: ds, Salts: salts, Now: t0}).Changed
}

// exchange runs one exchange of tablet with ground, which knows it as you.
func exchange(tablet, ground *node, you Author, budget int) bool {
	tablet.tb.Helper()
	req := tablet.do(Ask{Peer: ground.State().Vector(), Budget: budget}).Request
	ground.do(Receive{Runs: req.Runs})
	res := ground.do(Answer{Request: *req}).Response
	tablet.do(Receive{Runs: res.Runs, Have: true, Salt: [SaltSize]byte{9}})
	return res.More
}

func testNote(no passenger.TravellerNo) passenger.Note {
	return passenger.Note{Traveller: no, Name: "Ms J. Jansen", Seat: "14C", Priority: passenger.First, Moment: passenger.AtMeal,
		Happened: []passenger.Phrase{{Code: "h.meal", Args: []string{"KL0641", "2026-05-12"}}},
		Do:       []passenger.Phrase{{Code: "d.apologise"}}, Expires: t0.Add(48 * time.Hour)}
}

func groundAndTablet(t *testing.T) (ground, tablet *node) {
	group := passenger.FlightID{1}
	ground, tablet = newNode(t, group, Admin, 1), newNode(t, group, Nobody, 2)
	ground.write(Admin, Genesis{Key: passenger.FlightKey{Carrier: "KL", Number: 641, Date: "2026-11-21", Departure: "AMS", Attempt: 1}, STD: t0, STA: t0.Add(8 * time.Hour)}.Draft())
	ground.write(Admin, RosterEntry{Author: FirstTablet, Class: TabletLane, Role: passenger.Lead, Incarnation: Incarnation{2}, Key: testKey("\x02")}.Draft())
	ground.write(Manifest, PageDrafts([]Traveller{{No: 1, Name: "Ms J. Jansen", Seat: "14C"}})...)
	return ground, tablet
}

func TestOneNoteThereAndBack(t *testing.T) {
	ground, tablet := groundAndTablet(t)
	note := ground.write(Notes, NoteDraft(testNote(1)))[0]
	exchange(tablet, ground, FirstTablet, 0)

	v, err := FoldStorage(tablet.store)
	if err != nil {
		t.Fatal(err)
	}
	n, ok := v.Note(note)
	if !ok || !n.Delivered || n.Note.Name != "Ms J. Jansen" || len(v.Quarantine) != 0 {
		t.Fatalf("note on the tablet: %+v, quarantine %v", n, v.Quarantine)
	}
	tablet.write(FirstTablet, SeenDraft(note), OutcomeDraft(note, 1, passenger.Feedback{Outcome: passenger.Acted}, nil, [8]byte{1}))
	tablet.reload()
	exchange(tablet, ground, FirstTablet, 0)

	v, _ = FoldStorage(ground.store)
	if got := v.Sums(); got.Acted != 1 || got.Compiled != 1 || !got.Close() {
		t.Errorf("sums on ground: %+v", got)
	}
	if ground.State().Digest() != tablet.State().Digest() {
		t.Error("chains differ after the exchange")
	}
}

// A device that the roster does not name has no lane: whatever it signs, nobody takes it.
func TestUnboundAuthorIsNotTaken(t *testing.T) {
	ground, tablet := groundAndTablet(t)
	o := makeOp(Dot{9, 1}, Header{Kind: KindClose}, CloseDraft("person").Content...)
	run := makeRun(passenger.FlightID{1}, 9, Incarnation{7}, "\x07", o.Raw())
	for _, n := range []*node{ground, tablet} {
		ready := n.do(Receive{Runs: []Run{run}})
		if len(ready.Changed) != 0 || len(ready.Notes) != 1 || ready.Notes[0].What != FaultUnbound {
			t.Errorf("took %v, notes %v", ready.Changed, ready.Notes)
		}
	}
}

func TestBudgetCutsAndResumes(t *testing.T) {
	ground, tablet := groundAndTablet(t)
	for range 20 {
		ground.write(Notes, NoteDraft(testNote(1)))
	}
	rounds := 1
	for exchange(tablet, ground, FirstTablet, 300) {
		if rounds++; rounds > 50 {
			t.Fatal("does not come to an end")
		}
	}
	if rounds < 3 {
		t.Errorf("%d rounds: the budget was not kept", rounds)
	}
	if !tablet.State().Vector().CoversAll(ground.State().Vector()) {
		t.Error("the tablet lacks ops")
	}
}
