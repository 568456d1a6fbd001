package sync

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
)

// bigFlight is a full long-haul flight as the goals describe it: 360 travellers, 50 notes, a
// purser and three colleagues with 500 ops of theirs.
func bigFlight(b *testing.B) *crew {
	c := newCrew(b, 4)
	var ts []Traveller
	for i := range 360 {
		ts = append(ts, Traveller{No: passenger.TravellerNo(i + 1), Name: fmt.Sprintf("Mx %c. Sample%03d", 'A'+i%26, i), Seat: passenger.Seat(fmt.Sprintf("%d%c", 1+i/9, "ABCDEFGHK"[i%9])), Tier: []string{"", "", "silver", "gold"}[i%4]})
	}
	c.ground.write(Manifest, PageDrafts(ts, Dot{Manifest, 1})...)
	for i := range 50 {
		c.ground.write(Notes, NoteDraft(testNote(passenger.TravellerNo(7*i+1))))
	}
	c.all()
	for i := range 500 {
		note := Dot{Notes, uint64(i%50) + 1}
		k := i % 4
		d := SeenDraft(note)
		if i >= 200 {
			d = OutcomeDraft(note, passenger.TravellerNo(7*(i%50)+1), acted(), c.tablets[k].note(note).HeadDots(), [8]byte{byte(i), byte(i >> 8), 1})
		}
		c.tablets[k].write(author(k), d)
	}
	c.all()
	return c
}

func BenchmarkFold(b *testing.B) {
	ops := bigFlight(b).ground.ops()
	b.ReportAllocs()
	b.ReportMetric(float64(len(ops)), "ops/flight")
	for b.Loop() {
		Fold(ops)
	}
}

func bytesIn(runs []Run) (n int) {
	for _, r := range runs {
		for _, raw := range r.Ops {
			n += len(raw)
		}
	}
	return n
}

// BenchmarkFirstLoad answers a tablet that holds nothing: op bytes before compression.
func BenchmarkFirstLoad(b *testing.B) {
	c := bigFlight(b)
	req := Request{Group: passenger.FlightID{1}, Budget: 1 << 20}
	var res *Response
	b.ReportAllocs()
	for b.Loop() {
		res = c.ground.do(Answer{Request: req, Limit: 1 << 20}).Response
	}
	ground, crew := 0, 0
	for _, r := range res.Runs {
		if n := bytesIn([]Run{r}); r.Author < FirstTablet {
			ground += n
		} else {
			crew += n
		}
	}
	b.ReportMetric(float64(ground+crew), "bytes/flight")
	b.ReportMetric(float64(ground), "ground-bytes/flight")
}

// BenchmarkIdleExchange is an exchange in which nobody has news.
func BenchmarkIdleExchange(b *testing.B) {
	c := bigFlight(b)
	b.ReportAllocs()
	for b.Loop() {
		if c.once(0, 0) {
			b.Fatal("something moved")
		}
	}
	b.ReportMetric(float64(len(c.ground.State().Vector().Pack())), "vector-bytes")
}

// BenchmarkReceiveReplay takes a first load that is all held already.
func BenchmarkReceiveReplay(b *testing.B) {
	c := bigFlight(b)
	res := c.ground.do(Answer{Request: Request{Group: passenger.FlightID{1}}, Limit: 1 << 20}).Response
	b.ReportAllocs()
	for b.Loop() {
		c.tablets[0].do(Receive{Runs: res.Runs})
	}
}

// BenchmarkFeedbackOp writes one outcome; its size is that of the raw op in a run.
func BenchmarkFeedbackOp(b *testing.B) {
	for _, words := range []int{0, 40} {
		b.Run(fmt.Sprintf("words=%d", words), func(b *testing.B) {
			c := newCrew(b, 1)
			c.ground.write(Notes, NoteDraft(testNote(1)))
			c.all()
			fb := acted()
			fb.Reaction, fb.Words = passenger.Pleased, strings.Repeat("word ", words/5)
			d := OutcomeDraft(noteDot, 1, fb, nil, [8]byte{1, 2, 3, 4, 5, 6, 7, 8})
			ev := Write{Author: author(0), Drafts: []Draft{d}, Salts: make([][SaltSize]byte, 1), Now: t0}
			r := c.tablets[0].Replica
			var ready Ready
			var err error
			b.ReportAllocs()
			for b.Loop() {
				if ready, err = r.Step(ev); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(ready.Batch.Ops[0].Raw())), "bytes/op-on-wire")
		})
	}
}
