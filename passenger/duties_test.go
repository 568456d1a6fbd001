package passenger

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"
)

// TestPage: every flight is on one page, the nearest to its departure first, however many there are
// and though the clock goes on between the pages.
func TestPage(t *testing.T) {
	const limit = 8
	start := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	for _, n := range []int{0, 1, limit - 1, limit, limit + 1, 2 * limit, 9*limit + 3} {
		var all []Assignment
		for i := range n {
			a := Assignment{STD: start.Add(time.Duration(i-n/3) * time.Hour)}
			if i%5 == 4 { // some at the same distance, some without a time
				a.STD = all[i-1].STD
			} else if i == 7 {
				a.STD = time.Time{}
			}
			binary.BigEndian.PutUint64(a.Flight[:], uint64(i*7919%1000+1))
			all = append(all, a)
		}
		seen, pages, far, now := map[FlightID]bool{}, 0, time.Duration(-1), start
		for ask := (DutiesAsk{Limit: limit}); ; pages++ {
			page, next, err := ask.Page(now, all)
			if err != nil || len(page) > limit || next != nil && len(page) < limit {
				t.Fatalf("%d flights: a page of %d, %v", n, len(page), err)
			}
			for _, a := range page {
				d := a.STD.Sub(start).Abs()
				if seen[a.Flight] || d < far {
					t.Errorf("%d flights: told twice %t, %v after %v", n, seen[a.Flight], d, far)
				}
				seen[a.Flight], far = true, d
			}
			if ask.After = next; next == nil {
				break
			}
			now = now.Add(time.Hour)
		}
		if len(seen) != n || pages != max(n-1, 0)/limit {
			t.Errorf("%d flights: %d told, on %d pages more", n, len(seen), pages)
		}
	}
	if _, _, err := (DutiesAsk{Limit: 1, After: bytes.Repeat([]byte{1}, dutyMark-1)}).Page(start, nil); CodeOf(err) != Invalid {
		t.Errorf("a page that there is not: %v, want invalid", err)
	}
}
