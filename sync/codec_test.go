package sync

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/passenger"
)

// valid holds values for types that not every filling fits.
var valid = map[reflect.Type]any{
	reflect.TypeFor[time.Time]():           t0.Add(time.Hour),
	reflect.TypeFor[passenger.FlightKey](): passenger.FlightKey{Carrier: "KL", Number: 641, Suffix: "A", Date: "2026-11-21", Departure: "AMS", Attempt: 2},
	reflect.TypeFor[passenger.Movement]():  passenger.Off,
	reflect.TypeFor[passenger.Outcome]():   passenger.NotPossible,
	reflect.TypeFor[passenger.Reason]():    passenger.NoStock,
	reflect.TypeFor[passenger.Reaction]():  passenger.Displeased,
	reflect.TypeFor[passenger.Seat]():      passenger.Seat("14C"),
	reflect.TypeFor[Author]():              FirstTablet + 3,
	reflect.TypeFor[Class]():               TabletLane,
}

// filled returns a T in which every exported field, however deep, has a value of its own; a
// new field gets one too, so that a codec that does not know it fails the round trip.
func filled[T any](t *testing.T) T {
	t.Helper()
	var v T
	n := uint64(0)
	var fill func(reflect.Value)
	fill = func(v reflect.Value) {
		n++
		if x, ok := valid[v.Type()]; ok {
			v.Set(reflect.ValueOf(x))
			return
		}
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					fill(v.Field(i))
				}
			}
		case reflect.String:
			v.SetString("w" + strings.Repeat("o", int(n%5)) + string(rune('a'+n%26)))
		case reflect.Bool:
			v.SetBool(true)
		case reflect.Int, reflect.Int64:
			v.SetInt(int64(n + 200))
		case reflect.Uint8:
			v.SetUint(n%200 + 1)
		case reflect.Uint32, reflect.Uint64:
			v.SetUint(n + 3)
		case reflect.Slice:
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
			for i := range v.Len() {
				fill(v.Index(i))
			}
		case reflect.Array:
			for i := range v.Len() {
				fill(v.Index(i))
			}
		default:
			t.Fatalf("no filling for %s: add one", v.Type())
		}
		if v.IsZero() {
			t.Fatalf("%s stays empty", v.Type())
		}
	}
	fill(reflect.ValueOf(&v).Elem())
	return v
}

// viewOf folds the drafts of one author on a flight whose tablet 4 is lead, with a note 3.1.
func viewOf(t *testing.T, a Author, ds ...Draft) *View {
	t.Helper()
	c := newCrew(t, 1)
	c.ground.write(Notes, NoteDraft(testNote(1)))
	c.all()
	n := c.ground
	if a >= FirstTablet {
		n = c.tablets[0]
	}
	n.write(a, ds...)
	v := n.view()
	if len(v.Quarantine) != 0 {
		t.Errorf("quarantine %v", v.Quarantine)
	}
	return v
}

func wantEqual(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-written +read):\n%s", what, diff)
	}
}

var noteDot = Dot{Notes, 1}

func TestEveryFieldSurvives(t *testing.T) {
	tablet := author(0)
	{
		g := filled[Genesis](t)
		wantEqual(t, "genesis", g, Fold([]Op{opOf(g.Draft(), Dot{Admin, 1})}).Genesis)
		a := filled[Amend](t)
		v := viewOf(t, Admin, a.Draft())
		wantEqual(t, "amend", a, Amend{v.Genesis.Arrival, v.Genesis.STD, v.Genesis.STA})
	}
	{
		e := filled[RosterEntry](t)
		v := viewOf(t, Admin, e.Draft())
		got, _ := v.Member(e.Author)
		wantEqual(t, "roster", e, got)
	}
	{
		m := filled[MovementFact](t)
		wantEqual(t, "movement", []MovementFact{m}, viewOf(t, Admin, m.Draft()).Movements)
		wantEqual(t, "movement by hand", []Reported{{m, tablet}}, viewOf(t, tablet, m.Draft()).Reported)
	}
	{
		x := filled[Verdict](t)
		wantEqual(t, "verdict", []Verdict{x}, viewOf(t, Admin, x.Draft()).Verdicts)
		c, err := decodeCut(filled[Cut](t).Draft().Content)
		wantEqual(t, "cut", filled[Cut](t), c)
		if err != nil {
			t.Error(err)
		}
	}
	{
		v := viewOf(t, Admin, CloseDraft("cancelled"), SealDraft(Vector{3, 0, 300, 1 << 40}))
		wantEqual(t, "seal", Vector{3, 0, 300, 1 << 40}, v.Final)
		wantEqual(t, "close", "cancelled", v.Closed)
	}
	{
		tr := filled[Traveller](t)
		for name, d := range map[string]Draft{"page": PageDrafts([]Traveller{tr})[0], "change": ChangeDraft(tr)} {
			got, _ := viewOf(t, Manifest, d).Traveller(tr.No)
			wantEqual(t, name, tr, got.Traveller)
		}
		l := filled[ListAge](t)
		wantEqual(t, "list age", l, viewOf(t, Manifest, l.Draft()).List)
		got, _ := viewOf(t, Safety, AssistanceDraft(1, "WCHR"), AssistanceDraft(1, "BLND")).Traveller(1)
		wantEqual(t, "assistance", []string{"WCHR", "BLND"}, got.Assistance)
	}
	{
		n := filled[passenger.Note](t)
		n.Event = false // with a traveller; the event note has a case of its own
		got, _ := viewOf(t, Notes, NoteDraft(n)).Note(Dot{Notes, 2})
		wantEqual(t, "note", n, got.Note)
		e := n
		e.Event, e.Traveller, e.Priority = true, 0, passenger.First
		got, _ = viewOf(t, Notes, NoteDraft(e)).Note(Dot{Notes, 2})
		wantEqual(t, "event note", e, got.Note)
		if NoteDraft(e).Flags != Urgent || NoteDraft(n).Flags != 0 {
			t.Error("a first-priority note is urgent, others are not")
		}
		for _, r := range []RetractReason{RetractMoved, RetractCancelled, RetractConsent, RetractErased, RetractExpired, RetractRecalled, RetractReplaced, RetractSettled} {
			got, _ := viewOf(t, Safety, RetractDraft(noteDot, 1, r)).Note(noteDot)
			wantEqual(t, "retract", r, got.Retracted)
		}
	}
	{
		fb := filled[passenger.Feedback](t)
		for name, d := range map[string]Draft{"outcome": OutcomeDraft(noteDot, 1, fb, nil, [8]byte{1}), "resolve": ResolveDraft(noteDot, 1, fb, nil, [8]byte{1})} {
			got, _ := viewOf(t, tablet, d).Note(noteDot)
			if len(got.Heads) != 1 || got.Heads[0].Feedback != fb || !got.Heads[0].At.Equal(t0.Add(0)) && got.Heads[0].At.Sub(t0) > time.Second {
				t.Errorf("%s: %+v", name, got.Heads)
			}
		}
		g := filled[Gesture](t)
		v := viewOf(t, tablet, g.Draft([8]byte{1}))
		wantEqual(t, "gesture", []Gesture{g}, []Gesture{v.Gestures[0].Gesture})
		v = viewOf(t, tablet, g.Draft([8]byte{1}), VoidDraft(v.Gestures[0].Dot, g.Traveller, [8]byte{2}))
		wantEqual(t, "void", true, v.Gestures[0].Voided)
	}
	{
		v := viewOf(t, tablet, SeenDraft(noteDot), ClaimDraft(noteDot, 1), SeatNowDraft(1, "21C", nil, [8]byte{1}), FinDraft())
		n, _ := v.Note(noteDot)
		tr, _ := v.Traveller(1)
		wantEqual(t, "seen, claim", [][]Author{{tablet}, {tablet}}, [][]Author{n.SeenBy, n.Claimed})
		wantEqual(t, "seat now", passenger.Seat("21C"), tr.At())
		wantEqual(t, "fin", 1, len(v.Fins))
	}
	{
		s := filled[State](t)
		s.Lanes = []Lane{filled[Lane](t), {Author: 40, Seq: 1}}
		got, err := UnmarshalState(s.Marshal())
		wantEqual(t, "state", s, got)
		if err != nil {
			t.Error(err)
		}
		h := filled[Header](t)
		gotHead, err := decodeHeader(h.encode())
		wantEqual(t, "header", h, gotHead)
		if err != nil {
			t.Error(err)
		}
	}
}

func opOf(d Draft, at Dot) Op {
	return makeOp(at, Header{Kind: d.Kind, Entity: d.Entity, Over: d.Over, Traveller: d.Traveller, Flags: d.Flags, Nonce: d.Nonce}, d.Content...)
}

// Every kind of the matrix is written by some draft above or here: a new kind needs a case.
func TestEveryKindHasAWriter(t *testing.T) {
	written := map[Kind]bool{}
	for _, d := range sampleDrafts() {
		written[d.Kind] = true
	}
	for k := range matrix {
		if !written[k] {
			t.Errorf("no draft writes kind %d", k)
		}
	}
}

func sampleDrafts() []Draft {
	tr := Traveller{No: 1, Name: "Ms J. Jansen", Seat: "14C", Tier: "gold"}
	return append(PageDrafts([]Traveller{tr}, Dot{Manifest, 1}), testGenesis().Draft(), RosterEntry{Author: 4, Class: TabletLane, Role: passenger.Lead}.Draft(),
		Amend{Arrival: "EWR"}.Draft(), MovementFact{Word: passenger.In, At: t0}.Draft(), Cut{Author: 4, Seq: 3}.Draft(), EraseDraft([]Dot{noteDot}),
		Verdict{Author: 4, From: 1, To: 2, Code: VerdictReceived}.Draft(), CloseDraft("in"), ReopenDraft([]Dot{{Admin, 7}}), SealDraft(Vector{1, 2}), AssistanceDraft(1, "WCHR"),
		RetractDraft(noteDot, 1, RetractMoved), ChangeDraft(tr), RemoveDraft(1), ListAge{At: t0, Doubt: "totals"}.Draft(), NoteDraft(testNote(1)),
		haveDraft(Vector{1, 0, 1, 3}), SeenDraft(noteDot), OutcomeDraft(noteDot, 1, acted(), []Dot{{4, 1}}, [8]byte{1}), Gesture{Code: passenger.Drink, Quantity: 1, Traveller: 1, Note: noteDot}.Draft([8]byte{1}),
		VoidDraft(Dot{4, 2}, 1, [8]byte{2}), SeatNowDraft(1, "21C", []Dot{{4, 3}}, [8]byte{3}), ClaimDraft(noteDot, 1), ResolveDraft(noteDot, 1, acted(), nil, [8]byte{4}), FinDraft())
}

func sampleOps() (ops []Op) {
	for i, d := range sampleDrafts() {
		o := opOf(d, Dot{Author(i % 6), uint64(i + 1)})
		ops = append(ops, o, o.Stub())
	}
	return ops
}

func TestOpBytes(t *testing.T) {
	for _, o := range sampleOps() {
		got, err := ParseOp(o.Dot, o.Raw())
		if err != nil || !bytes.Equal(got.Raw(), o.Raw()) || got.Commit != o.Commit || got.IsStub() != o.IsStub() {
			t.Errorf("kind %d: %v", o.Header.Kind, err)
		}
		wantEqual(t, "header", o.Header, got.Header)
	}
	// Fields of a newer writer, of every wire type, are kept as they are.
	head := append(Header{Kind: KindSeen, Entity: noteDot}.encode(), 0xf8, 0x7f, 5, 0xfa, 0x7f, 2, 1, 2, 0xfd, 0x7f, 1, 2, 3, 4, 0xf9, 0x7f, 1, 2, 3, 4, 5, 6, 7, 8)
	raw := append(append([]byte{byte(len(head))}, head...), 0, 1, 2, 3, 4, 5, 6, 7, 8, 0xff)
	o, err := ParseOp(Dot{4, 1}, raw)
	if err != nil || !bytes.Equal(o.Raw(), raw) || o.Header.Entity != noteDot {
		t.Errorf("newer header: %+v, %v", o.Header, err)
	}
	// What cannot be read is an op too, byte for byte.
	for name, tc := range map[string]struct {
		raw    []byte
		poison string
	}{
		"empty":             {nil, "malformed"},
		"no form":           {raw[:1+len(head)], "malformed"},
		"length beyond end": {append([]byte{200, 1}, head...), "malformed"},
		"longer length":     {append([]byte{byte(len(head)) | 0x80, 0}, raw[1:]...), "malformed"},
		"unknown form":      {append(append([]byte{byte(len(head))}, head...), 2), "malformed"},
		"short salt":        {append(append([]byte{byte(len(head))}, head...), 0, 1, 2), "malformed"},
		"short commit":      {append(append([]byte{byte(len(head))}, head...), 1, 1, 2), "malformed"},
		"no kind":           {[]byte{0, 0, 1, 2, 3, 4, 5, 6, 7, 8}, "unreadable"},
		"too large":         {append(append([]byte(nil), raw...), make([]byte, MaxOpBytes)...), "too-large"},
	} {
		o, err := ParseOp(Dot{4, 1}, tc.raw)
		if err != nil || o.Poison != tc.poison || !bytes.Equal(o.Raw(), tc.raw) || o.IsStub() {
			t.Errorf("%s: poison %q, want %q; %v", name, o.Poison, tc.poison, err)
		}
	}
	if _, err := ParseOp(Dot{4, 1}, make([]byte, MaxRawBytes+1)); passenger.CodeOf(err) != passenger.TooMuch {
		t.Errorf("beyond every bound: %v, want too_much", err)
	}
}

func TestFields(t *testing.T) {
	for name, b := range map[string][]byte{
		"field 0": {0}, "group start": {0x0b}, "group end": {0x0c}, "no value": {8}, "long varint": append([]byte{8}, bytes.Repeat([]byte{0x80}, 11)...),
		"no length": {10}, "length beyond end": {10, 2, 1}, "length beyond int": {10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1},
		"half of 64 bits": {9, 1, 2}, "half of 32 bits": {13, 1},
	} {
		if err := fields(b, func(field) error { return nil }); passenger.CodeOf(err) != passenger.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	var w writer
	w.uint(1, 0)
	w.str(2, "")
	w.bytes(3, nil)
	w.bool(4, false)
	if len(w.b) != 0 {
		t.Errorf("zero values take %d bytes", len(w.b))
	}
}

func TestDots(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want Dot
		ok   bool
	}{{"4.17", Dot{4, 17}, true}, {"0.1", Dot{0, 1}, true}, {"4.0", Dot{}, false}, {"", Dot{}, false}, {"4", Dot{}, false}, {"4.1.2", Dot{}, false},
		{" 4.1", Dot{}, false}, {"+4.1", Dot{}, false}, {"04.1", Dot{}, false}, {"4.1x", Dot{}, false}, {"-1.1", Dot{}, false}, {"4294967296.1", Dot{}, false}} {
		if got, ok := ParseDot(tc.in); got != tc.want || ok != tc.ok {
			t.Errorf("ParseDot(%q) = %v, %v; want %v, %v", tc.in, got, ok, tc.want, tc.ok)
		}
	}
	if (Dot{4, 2}).Less(Dot{4, 2}) || !(Dot{4, 2}).Less(Dot{5, 1}) || !(Dot{4, 2}).Less(Dot{4, 3}) || (Dot{5, 1}).Less(Dot{4, 9}) {
		t.Error("order of dots")
	}
}

func TestVectors(t *testing.T) {
	v := Vector{3, 0, 300, math.MaxUint64}
	got, err := UnpackVector(v.Pack())
	wantEqual(t, "packed", v, got)
	if err != nil {
		t.Error(err)
	}
	if v.Of(Nobody) != 0 || v.Covers(Dot{}) || !v.Covers(Dot{2, 300}) || v.Covers(Dot{2, 301}) || v.Covers(Dot{9, 1}) {
		t.Error("what is covered")
	}
	for _, tc := range []struct {
		a, b Vector
		want bool
	}{{nil, nil, true}, {nil, Vector{0, 0}, true}, {Vector{1}, nil, true}, {nil, Vector{1}, false}, {Vector{2, 1}, Vector{1, 2}, false}, {Vector{2, 2}, Vector{1, 2}, true}} {
		if got := tc.a.CoversAll(tc.b); got != tc.want {
			t.Errorf("%v covers %v = %v", tc.a, tc.b, got)
		}
	}
	if _, err := UnpackVector(make([]byte, MaxAuthors+1)); err == nil {
		t.Error("a vector of too many authors is read")
	}
	if _, err := UnpackVector([]byte{0x80}); err == nil {
		t.Error("a cut vector is read")
	}
}

func TestStamps(t *testing.T) {
	at := t0.Add(123 * time.Millisecond)
	s := Stamp{}.next(at)
	if !s.Time().Equal(at) || s.Ctr != 0 {
		t.Errorf("%v is %v", at, s.Time())
	}
	if n := s.next(at.Add(-time.Hour)); n != (Stamp{s.Ms, 1}) {
		t.Errorf("a clock that went back gives %v", n)
	}
	if n := (Stamp{}).next(StampEpoch.AddDate(-30, 0, 0)); n != (Stamp{0, 1}) {
		t.Errorf("before the epoch: %v", n)
	}
}
