package uplink

import (
	"testing"
	"time"
)

func TestDue(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	const m, h = time.Minute, time.Hour
	empty := Purse{Limit: 10, Used: 10}
	for _, tt := range []struct {
		name string
		w    Waiting
		why  Why
		next time.Duration // from now, when not due
	}{
		{"never asked", Waiting{}, Poll, 0},
		{"nothing to do", Waiting{Asked: ago(10 * m)}, None, 20 * m},
		{"poll", Waiting{Asked: ago(30 * m)}, Poll, 0},
		{"one entry waits", Waiting{Asked: ago(5 * m), Pending: 1, Since: ago(1 * m)}, None, 25 * m},
		{"the entry waits no longer than it may", Waiting{Asked: ago(1 * m), Pending: 1, Since: ago(20 * m)}, None, 10 * m},
		{"held", Waiting{Asked: ago(1 * m), Pending: 1, Since: ago(30 * m)}, Held, 0},
		{"batch", Waiting{Asked: ago(1 * m), Pending: 20, Since: ago(1 * m)}, Batch, 0},
		{"not yet a batch", Waiting{Asked: ago(1 * m), Pending: 19, Since: ago(0)}, None, 29 * m},
		{"urgent", Waiting{Asked: ago(1 * m), Pending: 1, Urgent: true, Since: ago(0)}, Urgent, 0},
		{"top of descent ahead", Waiting{Asked: ago(10 * m), Arrives: now.Add(45 * m)}, None, 15 * m},
		{"top of descent", Waiting{Asked: ago(10 * m), Arrives: now.Add(29 * m)}, Descent, 0},
		{"asked since the top of descent", Waiting{Asked: ago(1 * m), Arrives: now.Add(25 * m)}, None, 29 * m},
		{"arrived long ago", Waiting{Asked: ago(10 * m), Arrives: ago(5 * m)}, None, 20 * m},
		{"empty purse", Waiting{Asked: ago(3 * h), Pending: 40, Since: ago(2 * h), Purse: empty}, None, 30 * m},
		{"urgent with an empty purse", Waiting{Asked: ago(3 * h), Pending: 40, Urgent: true, Purse: empty}, Urgent, 0},
		{"the clock went back", Waiting{Asked: now.Add(9 * h)}, Poll, 0},
	} {
		why, next := For(Satcom).Due(now, tt.w)
		if why != tt.why || why == None && !next.Equal(now.Add(tt.next)) {
			t.Errorf("%s: %q at %v, want %q in %v", tt.name, why, next, tt.why, tt.next)
		}
	}
}

// TestDueIsNeverStuck: who is not due has a time, within the poll, at which it is, unless the purse
// is empty.
func TestDueIsNeverStuck(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for pending := range 25 {
		for asked := -40; asked < 40; asked += 7 {
			for since := -40; since < 40; since += 7 {
				w := Waiting{Pending: pending, Asked: now.Add(time.Duration(asked) * time.Minute), Since: now.Add(time.Duration(since) * time.Minute), Arrives: now.Add(50 * time.Minute)}
				p := For(Satcom)
				for n, at := 0, now; ; n++ {
					why, next := p.Due(at, w)
					if why != None {
						break
					}
					if !next.After(at) || next.Sub(now) > p.Poll || n > 5 {
						t.Fatalf("%+v: next at %v", w, next)
					}
					at = next
				}
			}
		}
	}
}

func TestPurse(t *testing.T) {
	t.Parallel()
	p := Purse{Limit: 100, Used: 99}
	if p.Empty() || p.Left() != 1 || !p.Allows(Poll) {
		t.Errorf("%+v", p)
	}
	p.Used = 120
	if !p.Empty() || p.Left() != 0 || p.Allows(Batch) || !p.Allows(Urgent) || !p.Allows(Person) {
		t.Errorf("%+v", p)
	}
	if p = (Purse{Used: 1 << 40}); p.Empty() || !p.Allows(Poll) {
		t.Errorf("no limit: %+v", p)
	}
}
