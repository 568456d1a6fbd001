package sync

import (
	"slices"

	"github.com/cabinloop/cabinloop/passenger"
)

// Memory is a Store that keeps everything in memory, for tests and simulation.
// It is not safe for concurrent use.
type Memory struct {
	state State
	begun bool
	ops   map[Author][]Op
}

var _ Store = (*Memory)(nil)

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{ops: map[Author][]Op{}} }

// State implements [Storage].
func (m *Memory) State() (State, error) {
	if !m.begun {
		return State{}, passenger.Errorf(passenger.NotFound, "sync.Memory.State", "this store holds no flight yet")
	}
	return m.state.clone(), nil
}

// Ops implements [Storage].
func (m *Memory) Ops(a Author, first uint64, yield func(Op) bool) error {
	ops := m.ops[a]
	if first < 1 {
		first = 1
	}
	for i := first - 1; i < uint64(len(ops)); i++ {
		if !yield(ops[i]) {
			break
		}
	}
	return nil
}

// Apply implements [Store]. Errors: corrupt when an op would leave a gap.
func (m *Memory) Apply(b Batch) error {
	if b.IsEmpty() {
		return nil
	}
	next := map[Author]uint64{}
	for _, d := range b.Cuts {
		if d.Seq > uint64(len(m.ops[d.Author])) {
			return passenger.Errorf(passenger.Corrupt, "sync.Memory.Apply", "lane %d has no op %d to be cut behind", d.Author, d.Seq)
		}
		next[d.Author] = d.Seq + 1
	}
	for _, o := range b.Ops {
		want, ok := next[o.Dot.Author]
		if !ok {
			want = uint64(len(m.ops[o.Dot.Author])) + 1
		}
		if o.Dot.Seq != want {
			return passenger.Errorf(passenger.Corrupt, "sync.Memory.Apply", "op %s does not follow op %d", o.Dot, want-1)
		}
		next[o.Dot.Author] = want + 1
	}
	for _, d := range b.Cuts {
		m.ops[d.Author] = slices.Clip(m.ops[d.Author][:d.Seq])
	}
	for _, o := range b.Ops {
		m.ops[o.Dot.Author] = append(m.ops[o.Dot.Author], o)
	}
	for _, d := range b.Stubs {
		if ops := m.ops[d.Author]; d.Seq >= 1 && d.Seq <= uint64(len(ops)) {
			ops[d.Seq-1] = ops[d.Seq-1].Stub()
		}
	}
	m.state, m.begun = b.State.clone(), true
	return nil
}

// Clone returns an independent copy; the bytes of ops are shared.
func (m *Memory) Clone() *Memory {
	c := &Memory{state: m.state.clone(), begun: m.begun, ops: map[Author][]Op{}}
	for a, ops := range m.ops {
		c.ops[a] = slices.Clone(ops)
	}
	return c
}
