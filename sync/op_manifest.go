package sync

import (
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// Traveller is one line of the manifest on a tablet. The list of fields is closed
// (PRODUCT rule 2): a new one needs a dated decision in docs/privacy.md.
type Traveller struct {
	No   passenger.TravellerNo
	Name string
	Seat passenger.Seat
	Tier string
}

func (t Traveller) encode() []byte {
	var w writer
	w.uint(1, uint64(t.No))
	w.str(2, t.Name)
	w.str(3, string(t.Seat))
	w.str(4, t.Tier)
	return w.b
}

func decodeTraveller(b []byte) (t Traveller, err error) {
	err = fields(b, func(f field) error {
		switch f.id {
		case 1:
			t.No = passenger.TravellerNo(f.num)
		case 2:
			t.Name = f.str()
		case 3:
			t.Seat = passenger.Seat(f.str())
		case 4:
			t.Tier = f.str()
		}
		return nil
	})
	if err == nil && t.No == 0 {
		err = errWire
	}
	return t, err
}

// PageDrafts makes manifest pages of up to [PageSize] travellers each. over lists the pages
// they replace.
func PageDrafts(ts []Traveller, over ...Dot) []Draft {
	var out []Draft
	for i := 0; i < len(ts) || i == 0 && len(over) > 0; i += PageSize {
		var w writer
		for _, t := range ts[min(i, len(ts)):min(i+PageSize, len(ts))] {
			w.bytes(1, t.encode())
		}
		d := Draft{Kind: KindPage, Content: w.b}
		if i == 0 {
			d.Over = over
		}
		out = append(out, d)
	}
	return out
}

func decodePage(b []byte) (ts []Traveller, err error) {
	err = fields(b, func(f field) error {
		if f.id != 1 {
			return nil
		}
		t, err := decodeTraveller(f.data)
		ts = append(ts, t)
		return err
	})
	return ts, err
}

// ChangeDraft adds a traveller or replaces what is known of one.
func ChangeDraft(t Traveller) Draft {
	return Draft{Kind: KindChange, Traveller: t.No, Content: t.encode()}
}

// RemoveDraft takes a traveller off the list; the number is not used again.
func RemoveDraft(no passenger.TravellerNo) Draft { return Draft{Kind: KindRemove, Traveller: no} }

// ListAge says from when the list is and whether to trust it.
type ListAge struct {
	At    time.Time
	Doubt string // "" or why the list is unsure: "totals", "aircraft", "gap"
}

// Draft makes the op.
func (l ListAge) Draft() Draft {
	var w writer
	w.uint(1, unix(l.At))
	w.str(2, l.Doubt)
	return Draft{Kind: KindListAge, Content: w.b}
}

func decodeListAge(b []byte) (l ListAge, err error) {
	err = fields(b, func(f field) error {
		switch f.id {
		case 1:
			l.At = fromUnix(f.num)
		case 2:
			l.Doubt = f.str()
		}
		return nil
	})
	return l, err
}

// AssistanceDraft says the assistance a traveller needs; several siblings stay visible.
func AssistanceDraft(no passenger.TravellerNo, code string, over ...Dot) Draft {
	var w writer
	w.str(1, code)
	return Draft{Kind: KindAssistance, Traveller: no, Over: newest(over), Content: w.b}
}
