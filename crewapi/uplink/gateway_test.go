package uplink

import (
	"maps"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cabinloop/cabinloop/passenger"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func TestChoose(t *testing.T) {
	t.Parallel()
	ago := func(d time.Duration) time.Time { return noon.Add(-d) }
	lead, purser, cabin4, cabin5 := Rank{passenger.Lead, 9}, Rank{passenger.Purser, 4}, Rank{passenger.Cabin, 4}, Rank{passenger.Cabin, 5}
	newer := Rank{"chef", 1}
	near := func(r Rank, since time.Duration, lease time.Duration) Neighbour {
		n := Neighbour{Rank: r, Since: ago(since)}
		if lease != 0 {
			n.Until = noon.Add(lease)
		}
		return n
	}
	for _, tt := range []struct {
		name string
		me   Self
		near []Neighbour
		want Choice
		wait time.Duration // to the next look
	}{
		{"alone", Self{Rank: cabin5}, nil, Choice{Mine: true, Alone: true}, Lease},
		{"the lead among others", Self{Rank: lead}, []Neighbour{near(purser, time.Hour, 0), near(cabin4, time.Hour, 0)}, Choice{Mine: true}, Lease},
		{"role before index", Self{Rank: purser}, []Neighbour{near(lead, time.Hour, 30*time.Second)}, Choice{Leased: true}, 30 * time.Second},
		{"index within a role", Self{Rank: cabin5}, []Neighbour{near(cabin4, time.Hour, 50*time.Second)}, Choice{Leased: true}, 50 * time.Second},
		{"a role of a newer program comes last", Self{Rank: cabin5}, []Neighbour{near(newer, time.Hour, time.Minute)}, Choice{Mine: true}, Lease},
		{"a better one just came: wait for its word", Self{Rank: purser}, []Neighbour{near(lead, 10*time.Second, 0)}, Choice{}, 50 * time.Second},
		{"a better one that never says so", Self{Rank: purser}, []Neighbour{near(lead, 61*time.Second, 0)}, Choice{Mine: true}, Lease},
		{"a better one whose lease ended", Self{Rank: purser}, []Neighbour{near(lead, time.Hour, -time.Second)}, Choice{Mine: true}, Lease},
		{"a worse one has the lease: take over", Self{Rank: lead}, []Neighbour{near(purser, time.Hour, 30*time.Second)}, Choice{Mine: true}, Lease},
		{"my rounds fail: a worse one may", Self{Rank: lead, Fails: 3, Last: ago(time.Minute)}, []Neighbour{near(purser, time.Hour, 30*time.Second)}, Choice{Leased: true, Yields: true}, 30 * time.Second},
		{"my rounds fail, and nobody else can", Self{Rank: lead, Fails: 3, Last: ago(time.Minute)}, []Neighbour{near(purser, time.Hour, 0)}, Choice{Mine: true, Yields: true}, Lease},
		{"my rounds failed long ago", Self{Rank: lead, Fails: 3, Last: ago(time.Hour)}, []Neighbour{near(purser, time.Hour, 30*time.Second)}, Choice{Mine: true}, Lease},
	} {
		got := Choose(noon, tt.me, tt.near)
		tt.want.Recheck = noon.Add(tt.wait)
		if got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// TestOneGateway: whoever sees whom, whichever know of gateways and whichever of those have no way to
// ground, after a while every tablet with a way has a gateway with a way among itself and its
// neighbours; and where all see each other there is exactly one.
func TestOneGateway(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 15).Draw(t, "tablets")
		all := rapid.Bool().Draw(t, "all see all")
		roles := []passenger.Role{passenger.Lead, passenger.Purser, passenger.Cabin}
		selves, able, way := make([]Self, n), make([]bool, n), make([]bool, n)
		sees := make([][]bool, n)
		some := false
		for i := range n {
			selves[i].Rank = Rank{rapid.SampledFrom(roles).Draw(t, "role"), uint32(i)}
			able[i], way[i] = rapid.Bool().Draw(t, "able"), rapid.Bool().Draw(t, "way")
			some = some || able[i] && way[i]
			sees[i] = make([]bool, n)
			for j := range i {
				sees[i][j] = all || rapid.Bool().Draw(t, "sees")
				sees[j][i] = sees[i][j]
			}
		}
		until := make([]time.Time, n) // what each last said; all hear what they see
		speaks := make([]bool, n)     // and have a way
		now := noon
		for range 27 { // nine leases: who gave way has not tried again
			for i := range n {
				if !able[i] {
					continue // it knows nothing of gateways
				}
				var near []Neighbour
				for j := range n {
					if sees[i][j] {
						near = append(near, Neighbour{Rank: selves[j].Rank, Since: noon, Until: until[j]})
					}
				}
				c := Choose(now, selves[i], near)
				if speaks[i] = c.Mine && way[i]; c.Mine && !way[i] {
					selves[i].Fails, selves[i].Last = selves[i].Fails+1, now
				}
				switch {
				case c.Mine && !c.Yields:
					until[i] = now.Add(Lease)
				case c.Yields:
					until[i] = time.Time{}
				}
			}
			now = now.Add(Renew)
		}
		count := 0
		for i := range n {
			ok := speaks[i]
			for j := range n {
				// A neighbour whose own gateway has no way will have given way by then, too.
				ok = ok || sees[i][j] && able[j] && !now.After(until[j])
			}
			if able[i] && way[i] && !ok {
				t.Fatalf("tablet %d has no gateway in reach", i)
			}
			if speaks[i] {
				count++
			}
		}
		if all && some && count != 1 {
			t.Fatalf("%d gateways", count)
		}
	})
}

// TestSpentMerges: in any order, any number of times, the sum is the same.
func TestSpentMerges(t *testing.T) {
	t.Parallel()
	draw := rapid.Custom(func(t *rapid.T) Spent {
		s := Spent{}
		for range rapid.IntRange(0, 4).Draw(t, "n") {
			s[passenger.TabletID{byte(rapid.IntRange(0, 4).Draw(t, "tablet"))}] = rapid.Int64Range(1, 1000).Draw(t, "bytes")
		}
		return s
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := draw.Draw(t, "a"), draw.Draw(t, "b"), draw.Draw(t, "c")
		kept := maps.Clone(a)
		if !maps.Equal(a.Merge(b), b.Merge(a)) || !maps.Equal(a.Merge(b).Merge(c), a.Merge(b.Merge(c))) || !maps.Equal(a.Merge(a), a) {
			t.Fatal("merging depends on the order")
		}
		if x := a.Add(passenger.TabletID{1}, 7); x.Total() != a.Total()+7 || !maps.Equal(a, kept) {
			t.Fatalf("%v and 7 more are %v", a, x)
		}
	})
	if s := Spent(nil).Add(passenger.TabletID{1}, 3); s.Total() != 3 || Spent(nil).Merge(nil).Total() != 0 {
		t.Error(s)
	}
}
