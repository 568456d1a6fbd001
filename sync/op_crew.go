package sync

import "github.com/cabinloop/cabinloop/passenger"

// haveDraft says which ground ops this tablet holds: the delivery evidence.
func haveDraft(v Vector) Draft {
	var w writer
	w.bytes(1, v.Pack())
	return Draft{Kind: KindHave, Content: w.b, Unstamped: true}
}

func decodeHave(b []byte) (v Vector, err error) {
	err = fields(b, func(f field) (err error) {
		if f.id == 1 {
			v, err = UnpackVector(f.data)
		}
		return err
	})
	return v, err
}

// SeenDraft says that the crew of this flight opened the note. It carries no time.
func SeenDraft(note Dot) Draft { return Draft{Kind: KindSeen, Entity: note, Unstamped: true} }

// OutcomeDraft records what became of a note. over lists the outcome ops that were visible.
func OutcomeDraft(note Dot, traveller passenger.TravellerNo, f passenger.Feedback, over []Dot, nonce [8]byte) Draft {
	return Draft{Kind: KindOutcome, Entity: note, Traveller: traveller, Over: newest(over), Nonce: nonce, Content: encodeFeedback(f)}
}

// ResolveDraft settles a disputed note: over lists the heads it was decided between.
func ResolveDraft(note Dot, traveller passenger.TravellerNo, f passenger.Feedback, over []Dot, nonce [8]byte) Draft {
	return Draft{Kind: KindResolve, Entity: note, Traveller: traveller, Over: newest(over), Nonce: nonce, Content: encodeFeedback(f)}
}

func encodeFeedback(f passenger.Feedback) []byte {
	var w writer
	w.str(1, string(f.Outcome))
	w.str(2, string(f.Reason))
	w.str(3, string(f.Reaction))
	w.str(4, f.Words)
	return w.b
}

func decodeFeedback(b []byte) (fb passenger.Feedback, err error) {
	err = fields(b, func(f field) error {
		switch f.id {
		case 1:
			fb.Outcome = passenger.Outcome(f.str())
		case 2:
			fb.Reason = passenger.Reason(f.str())
		case 3:
			fb.Reaction = passenger.Reaction(f.str())
		case 4:
			fb.Words = f.str()
		}
		return nil
	})
	if err == nil {
		err = fb.Validate()
	}
	return fb, err
}

// Gesture is something given, an act of its own. Editing an outcome never touches it.
type Gesture struct {
	Code          passenger.GestureCode
	Quantity      int
	PolicyVersion int
	Traveller     passenger.TravellerNo
	Note          Dot
}

// Draft makes the op.
func (g Gesture) Draft(nonce [8]byte) Draft {
	var w writer
	w.str(1, string(g.Code))
	w.uint(2, uint64(g.Quantity))
	w.uint(3, uint64(g.PolicyVersion))
	if !g.Note.IsZero() {
		w.bytes(4, uvarints(uint64(g.Note.Author), g.Note.Seq))
	}
	return Draft{Kind: KindGesture, Traveller: g.Traveller, Nonce: nonce, Content: w.b}
}

func decodeGesture(traveller passenger.TravellerNo, b []byte) (g Gesture, err error) {
	g.Traveller = traveller
	err = fields(b, func(f field) error {
		switch f.id {
		case 1:
			g.Code = passenger.GestureCode(f.str())
		case 2:
			g.Quantity = int(f.num)
		case 3:
			g.PolicyVersion = int(f.num)
		case 4:
			dots, err := readDots(f.data)
			if err != nil || len(dots) != 1 {
				return errWire
			}
			g.Note = dots[0]
		}
		return nil
	})
	if err == nil && (g.Code == "" || g.Quantity < 1) {
		err = errWire
	}
	return g, err
}

// VoidDraft undoes a gesture.
func VoidDraft(gesture Dot, traveller passenger.TravellerNo, nonce [8]byte) Draft {
	return Draft{Kind: KindVoid, Entity: gesture, Over: []Dot{gesture}, Traveller: traveller, Nonce: nonce}
}

// SeatNowDraft says where a traveller really sits. over lists the seat-now ops that were visible.
func SeatNowDraft(no passenger.TravellerNo, seat passenger.Seat, over []Dot, nonce [8]byte) Draft {
	var w writer
	w.str(1, string(seat))
	return Draft{Kind: KindSeatNow, Traveller: no, Over: newest(over), Nonce: nonce, Content: w.b}
}

// ClaimDraft says that this tablet takes the note on.
func ClaimDraft(note Dot, traveller passenger.TravellerNo) Draft {
	return Draft{Kind: KindClaim, Entity: note, Traveller: traveller, Unstamped: true}
}

// FinDraft says that the tablet hands in; a later op of the tablet voids it. It names the
// last reopening of the flight ([View].Reopened), when there was one.
func FinDraft(reopened ...Dot) Draft { return Draft{Kind: KindFin, Over: reopened} }
