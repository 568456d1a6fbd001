package sync

import "github.com/cabinloop/cabinloop/passenger"

// NoteDraft makes the op of a service note or an event note. The note must be valid.
func NoteDraft(n passenger.Note) Draft {
	var w writer
	w.bool(1, n.Event)
	w.uint(2, uint64(n.Cases))
	w.str(3, n.Name)
	w.str(4, string(n.Seat))
	w.str(5, n.Tier)
	for i, ps := range [][]passenger.Phrase{n.Happened, n.Do, n.DoNot} {
		for _, p := range ps {
			var pw writer
			pw.str(1, string(p.Code))
			for _, a := range p.Args {
				pw.str(2, a)
			}
			w.bytes(6+i, pw.b)
		}
	}
	for _, c := range n.Why {
		w.str(9, string(c))
	}
	w.str(10, n.Words)
	w.uint(11, uint64(n.Priority))
	w.str(12, string(n.Moment))
	w.bool(13, n.Private)
	w.uint(14, unix(n.Expires))
	d := Draft{Kind: KindNote, Traveller: n.Traveller, Content: w.b}
	if n.Priority == passenger.First {
		d.Flags = Urgent
	}
	return d
}

func decodeNote(traveller passenger.TravellerNo, b []byte) (n passenger.Note, err error) {
	n.Traveller = traveller
	err = fields(b, func(f field) error {
		switch f.id {
		case 1:
			n.Event = f.num != 0
		case 2:
			n.Cases = int(f.num)
		case 3:
			n.Name = f.str()
		case 4:
			n.Seat = passenger.Seat(f.str())
		case 5:
			n.Tier = f.str()
		case 6, 7, 8:
			p, err := decodePhrase(f.data)
			if err != nil {
				return err
			}
			switch f.id {
			case 6:
				n.Happened = append(n.Happened, p)
			case 7:
				n.Do = append(n.Do, p)
			case 8:
				n.DoNot = append(n.DoNot, p)
			}
		case 9:
			n.Why = append(n.Why, passenger.PhraseCode(f.str()))
		case 10:
			n.Words = f.str()
		case 11:
			n.Priority = passenger.Priority(f.num)
		case 12:
			n.Moment = passenger.Moment(f.str())
		case 13:
			n.Private = f.num != 0
		case 14:
			n.Expires = fromUnix(f.num)
		}
		return nil
	})
	if err == nil && n.Event != (n.Traveller == 0) {
		err = errWire
	}
	return n, err
}

func decodePhrase(b []byte) (p passenger.Phrase, err error) {
	err = fields(b, func(f field) error {
		switch f.id {
		case 1:
			p.Code = passenger.PhraseCode(f.str())
		case 2:
			p.Args = append(p.Args, f.str())
		}
		return nil
	})
	return p, err
}

// RetractReason says why a note was taken back.
type RetractReason string

// The retract reasons. The sums keep a retract after delivery in its bucket.
const (
	RetractMoved     RetractReason = "moved"
	RetractCancelled RetractReason = "cancelled"
	RetractConsent   RetractReason = "consent"
	RetractErased    RetractReason = "erased"
	RetractExpired   RetractReason = "expired"
	RetractRecalled  RetractReason = "recalled"
	RetractReplaced  RetractReason = "replaced"
	RetractSettled   RetractReason = "settled"
)

// RetractDraft takes back the note that note names.
func RetractDraft(note Dot, traveller passenger.TravellerNo, reason RetractReason) Draft {
	var w writer
	w.str(1, string(reason))
	return Draft{Kind: KindRetract, Entity: note, Over: []Dot{note}, Traveller: traveller, Content: w.b}
}

func decodeText(b []byte) (s string, err error) {
	err = fields(b, func(f field) error {
		if f.id == 1 {
			s = f.str()
		}
		return nil
	})
	return s, err
}
