package sim

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	flightsync "github.com/cabinloop/cabinloop/sync"
)

// proto reads fields: numbers and bytes by field number, the last of each; all bytes of field many.
func proto(b []byte, many int) (num map[int]uint64, data map[int][]byte, all [][]byte) {
	num, data = map[int]uint64{}, map[int][]byte{}
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		v, k := binary.Uvarint(b[n:])
		b = b[n+k:]
		if tag&7 == 0 {
			num[int(tag>>3)] = v
			continue
		}
		data[int(tag>>3)] = b[:v]
		if int(tag>>3) == many {
			all = append(all, b[:v])
		}
		b = b[v:]
	}
	return num, data, all
}

func byDot(a, b flightsync.Op) int {
	return cmp.Or(cmp.Compare(a.Dot.Author, b.Dot.Author), cmp.Compare(a.Dot.Seq, b.Dot.Seq))
}

// render writes a view in the lines of [model].
func render(v *flightsync.View) (out []string) {
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, e := range v.Roster {
		say("roster %d %s removed=%v branch=%v", e.Author, e.Role, e.Removed, e.Fork.Is())
	}
	for _, m := range v.Movements {
		say("movement %s", m.Word)
	}
	for _, m := range v.Reported {
		say("reported %s by %d", m.Word, m.By)
	}
	for _, x := range v.Verdicts {
		say("verdict %d.%d %s", x.Author, x.From, x.Code)
	}
	if v.Closed != "" {
		say("closed")
	}
	if v.Sealed {
		say("sealed")
	}
	for _, q := range v.Quarantine {
		say("quarantine %s %s", q.Dot, q.Reason)
	}
	for _, d := range v.Skewed {
		say("skewed %s", d)
	}
	for _, t := range v.Travellers {
		var dots []string
		for _, d := range t.SeatDots {
			dots = append(dots, d.String())
		}
		say("traveller %d %s removed=%v now=%s %v needs %v", t.No, t.Seat, t.Removed, t.SeatNow, dots, t.Assistance)
	}
	for _, g := range v.Gestures {
		say("gesture %s %s void=%v", g.Dot, g.Code, g.Voided)
	}
	for _, n := range v.Notes {
		say("note %s for %d %q retracted=%s delivered=%v seen %v claimed %v", n.Dot, n.Note.Traveller, n.Note.Words, n.Retracted, n.Delivered, n.SeenBy, n.Claimed)
		for _, h := range n.Heads {
			say("head %s of %s %s %s", h.Dot, n.Dot, h.Feedback.Outcome, h.Feedback.Reason)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
