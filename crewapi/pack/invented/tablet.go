package invented

import (
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// tablet writes n ops of crew into the lane of a, every kind that tablets have.
func (f *flight) tablet(a flightsync.Author, n int) {
	f.exchange(a)
	for i := range n {
		note := f.noteDot()
		p := pick(f, f.people)
		var d flightsync.Draft
		switch f.IntN(10) {
		case 0, 1, 2:
			d = flightsync.SeenDraft(note)
		case 3, 4, 5, 6:
			d = f.outcome()
		case 7:
			d = flightsync.Gesture{Code: pick(f, []passenger.GestureCode{passenger.Apology, passenger.Drink, passenger.Voucher, passenger.Miles}),
				Quantity: 1 + f.IntN(3), PolicyVersion: 1 + f.IntN(9), Traveller: p.No, Note: note}.Draft(f.nonce())
		case 8:
			d = flightsync.SeatNowDraft(p.No, pick(f, f.people).Seat, nil, f.nonce())
		case 9:
			switch f.IntN(3) {
			case 0:
				d = flightsync.ClaimDraft(note, p.No)
			case 1:
				d = flightsync.ResolveDraft(note, p.No, f.feedback(), []flightsync.Dot{{Author: a, Seq: uint64(1 + i)}, {Author: a + 1, Seq: uint64(1 + f.IntN(60))}}, f.nonce())
			case 2:
				d = flightsync.VoidDraft(flightsync.Dot{Author: a, Seq: uint64(1 + i)}, p.No, f.nonce())
			}
		}
		f.write(a, d)
	}
	f.write(a, flightsync.FinDraft())
}

func (f *flight) noteDot() flightsync.Dot {
	return flightsync.Dot{Author: flightsync.Notes, Seq: uint64(1 + f.IntN(max(1, f.size.Notes)))}
}

func (f *flight) outcome() flightsync.Draft {
	var over []flightsync.Dot
	if f.IntN(6) == 0 {
		over = []flightsync.Dot{{Author: flightsync.FirstTablet + flightsync.Author(f.IntN(4)), Seq: uint64(1 + f.IntN(100))}}
	}
	return flightsync.OutcomeDraft(f.noteDot(), pick(f, f.people).No, f.feedback(), over, f.nonce())
}

func (f *flight) feedback() passenger.Feedback {
	fb := passenger.Feedback{Outcome: pick(f, []passenger.Outcome{passenger.Acted, passenger.Acted, passenger.Acted, passenger.Declined, passenger.NotPossible}),
		Reaction: pick(f, []passenger.Reaction{"", passenger.Pleased, passenger.Neutral, passenger.Displeased})}
	if fb.Outcome == passenger.NotPossible {
		fb.Reason, fb.Reaction = pick(f, passenger.Reasons), ""
	}
	if f.IntN(2) == 0 {
		fb.Words = pick(f, f.cast.Words)
	}
	return fb
}
