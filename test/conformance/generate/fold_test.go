package generate_test

import (
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// folded is a set of ops and what everybody must see of it.
type folded struct {
	Name string `json:"name"`
	Ops  []opOf `json:"ops"`
	View view   `json:"view"`
}

type view struct {
	Key        string            `json:"key,omitempty"`
	Arrival    string            `json:"arrival,omitempty"`
	STD        int64             `json:"std,omitempty"`
	STA        int64             `json:"sta,omitempty"`
	Roster     []member          `json:"roster,omitempty"`
	ActingLead *int              `json:"acting_lead"`
	Movements  []movement        `json:"movements,omitempty"`
	Reported   []movement        `json:"reported,omitempty"`
	Travellers []traveller       `json:"travellers,omitempty"`
	ListDoubt  string            `json:"list_doubt,omitempty"`
	Notes      []note            `json:"notes,omitempty"`
	Gestures   []gesture         `json:"gestures,omitempty"`
	Verdicts   []verdict         `json:"verdicts,omitempty"`
	Fins       map[int]uint64    `json:"fins,omitempty"`
	Closed     string            `json:"closed,omitempty"`
	Sealed     bool              `json:"sealed"`
	Final      flightsync.Vector `json:"final,omitempty"`
	Quarantine map[string]string `json:"quarantine,omitempty"`
	Skewed     []string          `json:"skewed,omitempty"`
	Sums       flightsync.Sums   `json:"sums"`
}

type member struct {
	Author  int    `json:"author"`
	Class   int    `json:"class"`
	Role    string `json:"role"`
	Removed bool   `json:"removed,omitempty"`
	Branch  bool   `json:"branch,omitempty"`
}

type movement struct {
	Word string `json:"word"`
	At   int64  `json:"at"`
	By   *int   `json:"by,omitempty"`
}

type traveller struct {
	No         int      `json:"no"`
	Name       string   `json:"name,omitempty"`
	Seat       string   `json:"seat,omitempty"`
	SeatNow    string   `json:"seat_now,omitempty"`
	Assistance []string `json:"assistance,omitempty"`
	Removed    bool     `json:"removed,omitempty"`
}

type note struct {
	Dot       string `json:"dot"`
	Traveller int    `json:"traveller,omitempty"`
	Erased    bool   `json:"erased,omitempty"`
	Retracted string `json:"retracted,omitempty"`
	Delivered bool   `json:"delivered"`
	SeenBy    []int  `json:"seen_by,omitempty"`
	Claimed   []int  `json:"claimed,omitempty"`
	Disputed  bool   `json:"disputed,omitempty"`
	Outcome   string `json:"outcome,omitempty"` // the one outcome there is
	Heads     []head `json:"heads,omitempty"`
	Bucket    string `json:"bucket"`
}

type head struct {
	Dot     string `json:"dot"`
	Outcome string `json:"outcome"`
	Reason  string `json:"reason,omitempty"`
	Resolve bool   `json:"resolve,omitempty"`
}

type gesture struct {
	Dot      string `json:"dot"`
	Code     string `json:"code"`
	Quantity int    `json:"quantity"`
	Voided   bool   `json:"voided,omitempty"`
}

type verdict struct {
	Author int    `json:"author"`
	From   int    `json:"from"`
	To     int    `json:"to"`
	Code   string `json:"code"`
}

func ints(as []flightsync.Author) (out []int) {
	for _, a := range as {
		out = append(out, int(a))
	}
	return out
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func viewOf(v *flightsync.View) view {
	out := view{Arrival: v.Genesis.Arrival, STD: unix(v.Genesis.STD), STA: unix(v.Genesis.STA), ListDoubt: v.List.Doubt, Closed: v.Closed, Sealed: v.Sealed, Final: v.Final,
		Fins: map[int]uint64{}, Quarantine: map[string]string{}, Sums: v.Sums()}
	if v.Genesis.Key.Carrier != "" {
		out.Key = v.Genesis.Key.String()
	}
	for _, e := range v.Roster {
		out.Roster = append(out.Roster, member{int(e.Author), int(e.Class), string(e.Role), e.Removed, e.Fork.Is()})
	}
	if a, ok := v.ActingLead(); ok {
		n := int(a)
		out.ActingLead = &n
	}
	for _, m := range v.Movements {
		out.Movements = append(out.Movements, movement{string(m.Word), unix(m.At), nil})
	}
	for _, m := range v.Reported {
		by := int(m.By)
		out.Reported = append(out.Reported, movement{string(m.Word), unix(m.At), &by})
	}
	for _, t := range v.Travellers {
		out.Travellers = append(out.Travellers, traveller{int(t.No), t.Name, string(t.Seat), string(t.SeatNow), t.Assistance, t.Removed})
	}
	for _, n := range v.Notes {
		x := note{Dot: n.Dot.String(), Traveller: int(n.Note.Traveller), Erased: n.Erased, Retracted: string(n.Retracted), Delivered: n.Delivered, SeenBy: ints(n.SeenBy),
			Claimed: ints(n.Claimed), Disputed: n.Disputed(), Bucket: n.Bucket()}
		if fb, ok := n.Outcome(); ok {
			x.Outcome = string(fb.Outcome)
		}
		for _, h := range n.Heads {
			x.Heads = append(x.Heads, head{h.Dot.String(), string(h.Feedback.Outcome), string(h.Feedback.Reason), h.Resolve})
		}
		out.Notes = append(out.Notes, x)
	}
	for _, g := range v.Gestures {
		out.Gestures = append(out.Gestures, gesture{g.Dot.String(), string(g.Code), g.Quantity, g.Voided})
	}
	for _, x := range v.Verdicts {
		out.Verdicts = append(out.Verdicts, verdict{int(x.Author), int(x.From), int(x.To), string(x.Code)})
	}
	for a, n := range v.Fins {
		out.Fins[int(a)] = n
	}
	for _, q := range v.Quarantine {
		out.Quarantine[q.Dot.String()] = q.Reason
	}
	for _, d := range v.Skewed {
		out.Skewed = append(out.Skewed, d.String())
	}
	return out
}

// scene is a flight with a lead, another tablet and a note for each traveller, all in step.
type scene struct {
	*play
	a, b  *node
	notes []flightsync.Dot
}

func newScene(t *testing.T) *scene {
	s := &scene{play: begin(t, "")}
	s.ground.write(flightsync.Manifest, flightsync.PageDrafts(travellers)...)
	for i := range travellers {
		s.notes = append(s.notes, s.ground.write(flightsync.Notes, flightsync.NoteDraft(noteFor(passenger.TravellerNo(i+1))))...)
	}
	s.a, s.b = s.tablet("tablet A", passenger.Lead), s.tablet("tablet B", passenger.Cabin)
	s.sync()
	return s
}

func (s *scene) sync() {
	for range 2 {
		s.all(s.a, "", 0)
		s.all(s.b, "", 0)
	}
}

func TestFold(t *testing.T) {
	in := flightsync.MovementFact{Word: passenger.In, At: genesis.STA}
	var all []folded
	for _, c := range []struct {
		name string
		do   func(*scene)
	}{
		{"nobody has looked", func(*scene) {}},
		{"seen, acted, declined", func(s *scene) {
			s.a.mine(flightsync.SeenDraft(s.notes[0]), flightsync.ClaimDraft(s.notes[0], 1), flightsync.OutcomeDraft(s.notes[0], 1, acted, nil, form(1)))
			s.b.mine(flightsync.OutcomeDraft(s.notes[1], 2, declined, nil, form(2)), flightsync.SeenDraft(s.notes[2]))
		}},
		{"an outcome is edited", func(s *scene) {
			d := s.a.mine(flightsync.OutcomeDraft(s.notes[0], 1, acted, nil, form(1)))
			s.sync()
			s.b.mine(flightsync.OutcomeDraft(s.notes[0], 1, asleep, d, form(2)))
		}},
		{"two tablets disagree", func(s *scene) {
			s.a.mine(flightsync.OutcomeDraft(s.notes[0], 1, acted, nil, form(1)))
			s.b.mine(flightsync.OutcomeDraft(s.notes[0], 1, declined, nil, form(2)))
		}},
		{"two tablets agree", func(s *scene) {
			s.a.mine(flightsync.OutcomeDraft(s.notes[0], 1, acted, nil, form(1)))
			s.b.mine(flightsync.OutcomeDraft(s.notes[0], 1, passenger.Feedback{Outcome: passenger.Acted}, nil, form(2)))
		}},
		{"the lead settles it, the other tablet may not", func(s *scene) {
			x := s.a.mine(flightsync.OutcomeDraft(s.notes[0], 1, acted, nil, form(1)))
			y := s.b.mine(flightsync.OutcomeDraft(s.notes[0], 1, declined, nil, form(2)), flightsync.OutcomeDraft(s.notes[1], 2, declined, nil, form(3)))
			s.sync()
			s.b.mine(flightsync.ResolveDraft(s.notes[0], 1, declined, []flightsync.Dot{x[0], y[0]}, form(4)))
			s.a.mine(flightsync.ResolveDraft(s.notes[0], 1, acted, []flightsync.Dot{x[0], y[0]}, form(5)))
		}},
		{"ground settles over the lead", func(s *scene) {
			x := s.a.mine(flightsync.OutcomeDraft(s.notes[0], 1, acted, nil, form(1)))
			s.sync()
			s.a.mine(flightsync.ResolveDraft(s.notes[0], 1, acted, x, form(5)))
			s.ground.write(flightsync.Admin, flightsync.ResolveDraft(s.notes[0], 1, asleep, x, form(6)))
		}},
		{"withdrawn, and taken back after delivery", func(s *scene) {
			late := s.ground.write(flightsync.Notes, flightsync.NoteDraft(noteFor(2)))[0]
			s.ground.write(flightsync.Notes, flightsync.RetractDraft(late, 2, flightsync.RetractConsent), flightsync.RetractDraft(s.notes[0], 1, flightsync.RetractMoved))
		}},
		{"a note that comes behind on-block is never delivered", func(s *scene) {
			s.ground.write(flightsync.Admin, in.Draft())
			s.ground.write(flightsync.Notes, flightsync.NoteDraft(noteFor(2)))
		}},
		{"on-block by the lead's hand", func(s *scene) {
			s.ground.write(flightsync.Notes, flightsync.NoteDraft(noteFor(2)))
			s.a.mine(in.Draft())
			s.b.mine(in.Draft())
		}},
		{"what tablets may not do", func(s *scene) {
			s.a.mine(genesis.Draft(), flightsync.NoteDraft(noteFor(1)), flightsync.Verdict{Author: 4, From: 1, To: 1, Code: flightsync.VerdictReceived}.Draft())
			s.ground.write(flightsync.Notes, flightsync.SeenDraft(s.notes[0]))
			s.ground.write(flightsync.Safety, flightsync.NoteDraft(noteFor(1)))
		}},
		{"what cannot be read, and what it is about is not there", func(s *scene) {
			s.a.mine(flightsync.Draft{Kind: flightsync.KindOutcome, Entity: s.notes[0], Traveller: 1, Content: []byte{0xff}},
				flightsync.Draft{Kind: flightsync.KindOutcome, Entity: s.notes[0], Traveller: 1, Content: []byte{0x0a, 2, 'n', 'o'}},
				flightsync.OutcomeDraft(flightsync.Dot{Author: 3, Seq: 99}, 1, acted, nil, form(1)), flightsync.OutcomeDraft(s.notes[0], 2, acted, nil, form(2)),
				flightsync.Draft{Kind: 1000}, flightsync.Draft{Kind: 1001, Flags: flightsync.MustUnderstand})
		}},
		{"a lane that is cut", func(s *scene) {
			s.b.mine(flightsync.SeenDraft(s.notes[0]), flightsync.OutcomeDraft(s.notes[0], 1, acted, nil, form(1)))
			s.sync()
			s.ground.write(flightsync.Admin, flightsync.Cut{Author: s.b.State().Me, Seq: 2}.Draft())
		}},
		{"erased: a note, an outcome", func(s *scene) {
			d := s.a.mine(flightsync.OutcomeDraft(s.notes[0], 1, acted, nil, form(1)), flightsync.OutcomeDraft(s.notes[1], 2, declined, nil, form(2)))
			s.sync()
			s.ground.write(flightsync.Admin, flightsync.EraseDraft([]flightsync.Dot{s.notes[0], d[1]}))
			s.ground.do(flightsync.EraseBodies{Dots: []flightsync.Dot{s.notes[0], d[1]}})
		}},
		{"a body that is gone without an order", func(s *scene) {
			d := s.a.mine(flightsync.OutcomeDraft(s.notes[0], 1, acted, nil, form(1)))
			s.sync()
			s.ground.do(flightsync.EraseBodies{Dots: d})
		}},
		{"the list changes", func(s *scene) {
			s.ground.write(flightsync.Manifest, flightsync.ChangeDraft(flightsync.Traveller{No: 4, Name: "Mx Q. Vos", Seat: "5F"}), flightsync.RemoveDraft(2),
				flightsync.ListAge{At: boarding, Doubt: "totals"}.Draft())
			s.ground.write(flightsync.Manifest, flightsync.PageDrafts(travellers[:1], flightsync.Dot{Author: flightsync.Manifest, Seq: 1})...)
		}},
		{"now sits at: observed ones go, siblings go by time", func(s *scene) {
			x := s.a.mine(flightsync.SeatNowDraft(1, "1A", nil, form(1)))
			s.sync()
			s.b.now = s.a.now.Add(time.Hour)
			s.b.mine(flightsync.SeatNowDraft(1, "1C", x, form(2)), flightsync.SeatNowDraft(2, "9K", nil, form(3)))
			s.a.mine(flightsync.SeatNowDraft(2, "9A", nil, form(4)), flightsync.SeatNowDraft(3, "none", nil, form(5)))
		}},
		{"assistance: ground's word and the crew's", func(s *scene) {
			x := s.ground.write(flightsync.Safety, flightsync.AssistanceDraft(2, "WCHR"))
			s.sync()
			s.a.mine(flightsync.AssistanceDraft(2, "WCHC", x...))
			s.ground.write(flightsync.Safety, flightsync.AssistanceDraft(1, "BLND"))
		}},
		{"gestures: a form that came twice, one undone", func(s *scene) {
			g := flightsync.Gesture{Code: passenger.Drink, Quantity: 2, PolicyVersion: 1, Traveller: 1, Note: s.notes[0]}
			d := s.a.mine(g.Draft(form(1)), g.Draft(form(1)), g.Draft(form(2)))
			s.a.mine(flightsync.VoidDraft(d[2], 1, form(3)))
		}},
		{"an entry that was recorded again is one", func(s *scene) {
			s.a.mine(flightsync.OutcomeDraft(s.notes[0], 1, acted, nil, form(1)))
			again := s.a.mine(flightsync.OutcomeDraft(s.notes[0], 1, acted, nil, form(1)), flightsync.OutcomeDraft(s.notes[0], 1, declined, nil, form(1)))
			s.sync()
			s.b.mine(flightsync.OutcomeDraft(s.notes[0], 1, asleep, []flightsync.Dot{again[0]}, form(2)))
		}},
		{"a copy supersedes its own op, not the one that has its dot now", func(s *scene) {
			c := s.a.clone("copy of tablet A")
			s.ids[c.name] = s.ids[s.a.name]
			s.a.mine(flightsync.OutcomeDraft(s.notes[0], 1, acted, nil, form(1)))
			d := c.mine(flightsync.OutcomeDraft(s.notes[0], 1, declined, nil, form(2)))
			s.gossip(s.b, c, "")
			s.b.mine(flightsync.OutcomeDraft(s.notes[0], 1, asleep, d, form(3)))
			s.sync()
			s.all(c, "", 0)
		}},
		{"a clock ten years ahead, one ten years behind", func(s *scene) {
			s.b.now, s.a.now = boarding.AddDate(10, 0, 0), boarding.AddDate(-10, 0, 0)
			s.b.mine(flightsync.OutcomeDraft(s.notes[0], 1, acted, nil, form(1)))
			s.a.mine(flightsync.OutcomeDraft(s.notes[0], 1, declined, nil, form(2)))
		}},
		{"the lead goes, a purser leads", func(s *scene) {
			v, _ := flightsync.FoldStorage(s.ground.store)
			e, _ := v.Member(s.a.State().Me)
			e.Removed = true
			f, _ := v.Member(s.b.State().Me)
			f.Role = passenger.Purser
			s.ground.write(flightsync.Admin, e.Draft(), f.Draft(), flightsync.Amend{Arrival: "BOS", STA: genesis.STA.Add(time.Hour)}.Draft())
		}},
		{"handed in, and again after an entry", func(s *scene) {
			s.a.mine(flightsync.FinDraft())
			s.b.mine(flightsync.FinDraft(), flightsync.SeenDraft(s.notes[0]))
			s.ground.write(flightsync.Admin, flightsync.Verdict{Author: 4, From: 1, To: 2, Code: flightsync.VerdictReceived}.Draft(), flightsync.CloseDraft("in"))
			s.sync()
			s.ground.write(flightsync.Admin, flightsync.SealDraft(s.ground.State().Vector()))
		}},
		{"closed by time alone and opened again: a hand-in from before does not stand", func(s *scene) {
			closes := s.ground.write(flightsync.Admin, flightsync.CloseDraft(flightsync.NoMovement))
			s.sync()
			s.a.mine(flightsync.FinDraft())
			s.b.mine(flightsync.FinDraft())
			s.sync()
			s.ground.write(flightsync.Admin, flightsync.ReopenDraft(closes))
			s.sync()
			v, _ := flightsync.FoldStorage(s.b.store)
			s.a.mine(flightsync.ReopenDraft(closes), flightsync.FinDraft())
			s.b.mine(flightsync.OutcomeDraft(s.notes[0], 1, acted, nil, form(1)), flightsync.FinDraft(v.Reopened...))
		}},
		{"a close that no reopening names", func(s *scene) {
			closes := s.ground.write(flightsync.Admin, flightsync.CloseDraft("cancelled"), flightsync.CloseDraft(flightsync.NoMovement))
			s.ground.write(flightsync.Admin, flightsync.ReopenDraft(closes[1:]))
		}},
		{"a sealed flight stays closed", func(s *scene) {
			closes := s.ground.write(flightsync.Admin, flightsync.CloseDraft(flightsync.NoMovement))
			s.ground.write(flightsync.Admin, flightsync.SealDraft(s.ground.State().Vector()), flightsync.ReopenDraft(closes))
		}},
		{"a copied store: the branch counts like any lane", func(s *scene) {
			c := s.a.clone("copy of tablet A")
			s.ids[c.name] = s.ids[s.a.name]
			s.a.mine(flightsync.OutcomeDraft(s.notes[0], 1, acted, nil, form(1)))
			d := c.mine(flightsync.OutcomeDraft(s.notes[0], 1, declined, nil, form(2)))
			c.mine(flightsync.OutcomeDraft(s.notes[0], 1, asleep, d, form(3)))
			s.sync()
			s.all(c, "", 0)
		}},
	} {
		s := newScene(t)
		c.do(s)
		s.sync()
		v, err := flightsync.FoldStorage(s.ground.store)
		if err != nil {
			t.Fatal(err)
		}
		if sums := v.Sums(); !sums.Close() {
			t.Errorf("%s: sums do not close: %+v", c.name, sums)
		}
		f := folded{Name: c.name, View: viewOf(v)}
		for _, o := range s.ground.ops() {
			f.Ops = append(f.Ops, opOf{o.Dot.String(), o.Raw()})
		}
		all = append(all, f)
	}
	vector(t, "fold.json", all)
}
