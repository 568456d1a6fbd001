package sync

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/passenger"
)

var quotaStart = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

// signed is what tablets have signed, by index.
type signed struct {
	t    *testing.T
	inc  map[Author]Incarnation
	ops  map[Author][][]byte
	head map[Author]Hash
}

// quotaWorld is a replica of ground that has bound three indexes: two of one key, one of another.
func quotaWorld(t *testing.T) (*Replica, *Memory, *signed) {
	t.Helper()
	m := NewMemory()
	s := &signed{t, map[Author]Incarnation{author(0): {1}, author(1): {2}, author(2): {3}}, map[Author][][]byte{}, map[Author]Hash{}}
	if err := m.Apply(Create(runGroup, Admin, Incarnation{9}, PublicKey{ES256, "root"})); err != nil {
		t.Fatal(err)
	}
	r, err := Load(m, testVerify)
	if err != nil {
		t.Fatal(err)
	}
	for a, key := range map[Author]string{author(0): "k", author(1): "k", author(2): "honest"} {
		ready, err := r.Step(Bind{Entry: RosterEntry{Author: a, Class: TabletLane, Incarnation: s.inc[a], Key: testKey(key)}})
		if err == nil {
			err = m.Apply(ready.Batch)
		}
		if err != nil {
			t.Fatal(err)
		}
		s.head[a] = chainStart(runGroup, a, s.inc[a])
	}
	return r, m, s
}

// run signs n more ops with so many bytes of words.
func (s *signed) run(a Author, key string, n, words int) Run {
	from := uint64(len(s.ops[a]) + 1)
	run := Run{Author: a, First: from}
	for i := range n {
		o := makeOp(Dot{a, from + uint64(i)}, Header{Kind: KindSeen, Entity: Dot{Notes, from + uint64(i)}}, make([]byte, words)...)
		run.Ops, s.head[a] = append(run.Ops, o.Raw()), chainNext(s.head[a], o)
	}
	s.ops[a] = append(s.ops[a], run.Ops...)
	run.Head = s.head[a]
	run.Sig, _ = testSign(key)(Claim{a, s.inc[a], run.last(), run.Head}.Message(runGroup))
	return run
}

// take receives a run at a time, and reports how it was refused.
func take(t *testing.T, r *Replica, m *Memory, run Run, now time.Time) RunFault {
	t.Helper()
	ready, err := r.Step(Receive{Runs: []Run{run}, Now: now})
	if err == nil {
		err = m.Apply(ready.Batch)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(ready.Notes) > 0 {
		return ready.Notes[0].What
	}
	return ""
}

// TestQuotaHoldsUpNoCrew: what honest tablets bring passes at once.
func TestQuotaHoldsUpNoCrew(t *testing.T) {
	const long = passenger.MaxWordsRunes + 100 // an entry with as many words as there may be
	for _, tc := range []struct {
		name            string
		entries, words  int
		again           bool // and all of it once more under the index of another store
		runs            int
		before, between time.Duration
	}{
		{"600 entries after 14 hours offline", 600, 150, false, 3, 14 * time.Hour, 0},
		{"a storm of 30 taps a second for a minute, each a note opened and an outcome", 3600, 60, false, 60, 0, time.Second},
		{"a landing backlog of 5,000 entries with 60 words", 5000, 160, false, 20, 0, 0},
		{"a landing backlog of 5,000 entries with the longest words", 5000, long, false, 20, 0, 0},
		{"a rescued store of 2,000 entries that records all again", 2000, 160, true, 10, 0, 0},
		{"a receiver whose clock stands before every flight", 5000, 160, false, 20, -20 * 365 * 24 * time.Hour, 0},
		{"a receiver whose clock goes back with each run", 5000, 160, false, 20, 0, -time.Hour},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, m, s := quotaWorld(t)
			now := quotaStart.Add(tc.before)
			for _, a := range []Author{author(0), author(1)} {
				if a == author(1) && !tc.again {
					continue
				}
				for i := range tc.runs {
					if f := take(t, r, m, s.run(a, "k", tc.entries/tc.runs, tc.words), now); f != "" {
						t.Fatalf("run %d of index %d: %s", i, a, f)
					}
					now = now.Add(tc.between)
				}
			}
		})
	}
}

// TestQuotaHoldsAFlood: a key brings no more than the burst, under however many indexes; time gives
// it the rest, in order and without a loss, and others never wait.
func TestQuotaHoldsAFlood(t *testing.T) {
	r, m, s := quotaWorld(t)
	now := quotaStart
	var waiting []Run
	for range 15 {
		waiting = append(waiting, s.run(author(0), "k", 1000, 20))
	}
	taken := 0
	for len(waiting) > 0 && take(t, r, m, waiting[0], now) == "" {
		waiting = waiting[1:]
		taken += 1000
	}
	if taken < 8000 || taken > 13000 {
		t.Fatalf("%d ops of a flood at once", taken)
	}
	if f := take(t, r, m, s.run(author(1), "k", 1000, 20), now); f != FaultQuota {
		t.Errorf("the same key under another index: %q, want quota", f)
	}
	if f := take(t, r, m, s.run(author(2), "honest", 5000/4, 200), now); f != "" {
		t.Errorf("another tablet: %q", f)
	}
	// What is owed is stored with the state.
	var err error
	if r, err = Load(m, testVerify); err != nil {
		t.Fatal(err)
	}
	st := r.State()
	if back, err := UnmarshalState(st.Marshal()); err != nil || !cmp.Equal(st, back) {
		t.Errorf("the state, stored and read: %v %s", err, cmp.Diff(st, back))
	}
	minutes := 0
	for len(waiting) > 0 {
		if minutes++; minutes > 60 {
			t.Fatalf("%d runs still wait after an hour", len(waiting))
		}
		now = now.Add(time.Minute)
		for n := 0; len(waiting) > 0 && take(t, r, m, waiting[0], now) == ""; n++ {
			if waiting = waiting[1:]; n > 0 {
				t.Fatalf("minute %d: more than one run of 1,000 ops", minutes)
			}
		}
	}
	if l, _ := r.st.Lane(author(0)); l.Seq != 15000 || l.Head != s.head[author(0)] {
		t.Errorf("in the end %d ops are held", l.Seq)
	}
}

// TestQuotaIsNotInTheView: replicas that took a flood at other times, and one that took it from
// ground, see the same.
func TestQuotaIsNotInTheView(t *testing.T) {
	slow, ms, s := quotaWorld(t)
	quick, mq, _ := quotaWorld(t)
	now := quotaStart
	for range 14 {
		run := s.run(author(0), "k", 1000, 20)
		for take(t, slow, ms, run, now) == FaultQuota {
			now = now.Add(time.Minute)
		}
		if f := take(t, quick, mq, run, time.Time{}); f != "" {
			t.Fatalf("from ground: %s", f)
		}
	}
	if now.Equal(quotaStart) {
		t.Error("nothing ever waited")
	}
	a, err := FoldStorage(ms)
	if err != nil {
		t.Fatal(err)
	}
	b, err := FoldStorage(mq)
	if err != nil {
		t.Fatal(err)
	}
	if !cmp.Equal(a.Vector, b.Vector) || len(a.Quarantine) != len(b.Quarantine) || slow.State().Digest() != quick.State().Digest() {
		t.Errorf("vectors %v and %v, %d and %d in quarantine", a.Vector, b.Vector, len(a.Quarantine), len(b.Quarantine))
	}
}
