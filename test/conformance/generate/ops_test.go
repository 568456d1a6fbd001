package generate_test

import (
	"encoding/binary"
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// opVector is one op with everything that a reader must make of it.
type opVector struct {
	Name    string         `json:"name"`
	Dot     string         `json:"dot"`
	Raw     hexed          `json:"raw"`
	Header  header         `json:"header"`
	Salt    hexed          `json:"salt,omitempty"`
	Content map[string]any `json:"content"` // null for a stub
	Commit  hexed          `json:"commit"`
	Stub    hexed          `json:"stub"` // the op without its body
}

type header struct {
	Kind      int      `json:"kind"`
	Ms        int      `json:"ms,omitempty"`
	Ctr       int      `json:"ctr,omitempty"`
	Entity    string   `json:"entity,omitempty"`
	Over      []string `json:"over,omitempty"`
	Traveller int      `json:"traveller,omitempty"`
	Flags     int      `json:"flags,omitempty"`
	Nonce     hexed    `json:"nonce,omitempty"`
	Marks     hexed    `json:"marks,omitempty"`
}

func headerOf(h flightsync.Header) header {
	out := header{Kind: int(h.Kind), Ms: int(h.Stamp.Ms), Ctr: int(h.Stamp.Ctr), Traveller: int(h.Traveller), Flags: int(h.Flags), Marks: h.Marks}
	if !h.Entity.IsZero() {
		out.Entity = h.Entity.String()
	}
	for _, d := range h.Over {
		out.Over = append(out.Over, d.String())
	}
	if h.Nonce != ([8]byte{}) {
		out.Nonce = h.Nonce[:]
	}
	return out
}

func vectorOf(name string, o flightsync.Op, content map[string]any) opVector {
	if content == nil && !o.IsStub() {
		content = map[string]any{}
	}
	v := opVector{Name: name, Dot: o.Dot.String(), Raw: o.Raw(), Header: headerOf(o.Header), Content: content, Commit: o.Commit[:], Stub: o.Stub().Raw()}
	if !o.IsStub() {
		v.Salt = o.Body[:flightsync.SaltSize]
	}
	return v
}

type m = map[string]any

// rawOp is an op as another program may write it.
func rawOp(head, body []byte) []byte {
	return append(append(append(binary.AppendUvarint(nil, uint64(len(head))), head...), 0), body...)
}

var salt8 = []byte("saltsalt")

// drafts lists an op of every kind, with its content as it must be read.
func drafts() []struct {
	name    string
	lane    flightsync.Author
	draft   flightsync.Draft
	content m
} {
	const lead = flightsync.FirstTablet
	note := flightsync.Dot{Author: flightsync.Notes, Seq: 1}
	std, sta := genesis.STD.Unix(), genesis.STA.Unix()
	tablet := passenger.TabletID([]byte("tablet-id-00000A"))
	key := publicOf0("tablet A")
	k := flightsync.Fork{Of: 4, At: 1, Start: flightsync.Hash{1, 2, 3}, First: flightsync.Hash{4, 5, 6}}
	full := noteFor(1)
	full.DoNot, full.Words, full.Private = []passenger.Phrase{{Code: "n.discuss"}}, "prefers tea", true
	full.Do = append(full.Do, passenger.Phrase{Code: "d.offer", Args: []string{"2"}})
	event := passenger.Note{Event: true, Cases: 17, Priority: passenger.Second, Moment: passenger.AtBoarding, Happened: []passenger.Phrase{{Code: "h.delay"}},
		Do: []passenger.Phrase{{Code: "d.explain"}}, Expires: genesis.STA}
	phrase := func(code string, args ...any) m {
		if len(args) == 0 {
			return m{"code": code}
		}
		return m{"code": code, "args": args}
	}
	type d = struct {
		name    string
		lane    flightsync.Author
		draft   flightsync.Draft
		content m
	}
	return []d{
		{"genesis", 0, genesis.Draft(), m{"key": "KL0641/2026-11-21/AMS", "arrival": "JFK", "std": std, "sta": sta}},
		{"roster: a tablet", 0, flightsync.RosterEntry{Author: 4, Class: flightsync.TabletLane, Tablet: tablet, Incarnation: flightsync.Incarnation([]byte("inc-A-01")), Key: key, Role: passenger.Lead, Zone: "front"}.Draft(),
			m{"author": 4, "class": 5, "tablet": hexOf(tablet[:]), "incarnation": hexOf([]byte("inc-A-01")), "role": "lead", "zone": "front", "algorithm": 1, "public": hexOf([]byte(key.Bytes))}},
		{"roster: a branch", 0, flightsync.RosterEntry{Author: 6, Class: flightsync.TabletLane, Tablet: tablet, Role: passenger.Lead, Removed: true, Fork: k}.Draft(),
			m{"author": 6, "class": 5, "tablet": hexOf(tablet[:]), "role": "lead", "removed": true, "fork": m{"of": 4, "at": 1, "start": hexOf(k.Start[:]), "first": hexOf(k.First[:])}}},
		{"amend", 0, flightsync.Amend{Arrival: "BOS", STA: genesis.STA.Add(3600e9)}.Draft(), m{"arrival": "BOS", "sta": sta + 3600}},
		{"movement", 0, flightsync.MovementFact{Word: passenger.Off, At: genesis.STD, Station: "AMS"}.Draft(), m{"word": "off", "at": std, "station": "AMS"}},
		{"cut", 0, flightsync.Cut{Author: 5, Seq: 12}.Draft(), m{"author": 5, "seq": 12}},
		{"cut at 0", 0, flightsync.Cut{Author: 5}.Draft(), m{"author": 5}},
		{"erase", 0, flightsync.EraseDraft([]flightsync.Dot{note, {Author: lead, Seq: 300}}), nil},
		{"verdict", 0, flightsync.Verdict{Author: lead, From: 2, To: 5, Code: flightsync.VerdictReceived}.Draft(), m{"author": 4, "from": 2, "to": 5, "code": "received"}},
		{"close", 0, flightsync.CloseDraft("in"), m{"text": "in"}},
		{"seal", 0, flightsync.SealDraft(flightsync.Vector{12, 1, 2, 1, 300}), m{"vector": []int{12, 1, 2, 1, 300}}},
		{"assistance", 1, flightsync.AssistanceDraft(2, "WCHR", flightsync.Dot{Author: 1, Seq: 1}), m{"text": "WCHR"}},
		{"retract", 3, flightsync.RetractDraft(note, 1, flightsync.RetractMoved), m{"text": "moved"}},
		{"page", 2, flightsync.PageDrafts(travellers, flightsync.Dot{Author: 2, Seq: 1})[0], m{"travellers": []m{
			{"no": 1, "name": "Ms J. Jansen", "seat": "14C", "tier": "gold"}, {"no": 2, "name": "Mr P. Boer", "seat": "2A"}, {"no": 3, "name": "Dr A. Ōta", "seat": "31K"}}}},
		{"page: empty", 2, flightsync.PageDrafts(nil, flightsync.Dot{Author: 2, Seq: 1})[0], nil},
		{"change", 2, flightsync.ChangeDraft(flightsync.Traveller{No: 2, Name: "Mr P. Boer", Seat: "14D"}), m{"no": 2, "name": "Mr P. Boer", "seat": "14D"}},
		{"remove", 2, flightsync.RemoveDraft(3), nil},
		{"list-age", 2, flightsync.ListAge{At: boarding, Doubt: "totals"}.Draft(), m{"at": boarding.Unix(), "doubt": "totals"}},
		{"note", 3, flightsync.NoteDraft(full), m{"name": "Ms J. Jansen", "seat": "14C", "tier": "gold", "happened": []m{phrase("h.meal", "KL0641", "2026-05-12")},
			"do": []m{phrase("d.apologise"), phrase("d.offer", "2")}, "do_not": []m{phrase("n.discuss")}, "why": []string{"w.first"}, "words": "prefers tea",
			"priority": 1, "moment": "meal", "private": true, "expires": full.Expires.Unix()}},
		{"note: event", 3, flightsync.NoteDraft(event), m{"event": true, "cases": 17, "happened": []m{phrase("h.delay")}, "do": []m{phrase("d.explain")},
			"priority": 2, "moment": "boarding", "expires": sta}},
		{"seen", lead, flightsync.SeenDraft(note), nil},
		{"outcome", lead, flightsync.OutcomeDraft(note, 1, acted, []flightsync.Dot{{Author: 5, Seq: 7}}, form(1)), m{"outcome": "acted", "reaction": "pleased", "words": "warm meal from business"}},
		{"outcome: not possible", lead, flightsync.OutcomeDraft(note, 1, asleep, nil, form(2)), m{"outcome": "not-possible", "reason": "asleep"}},
		{"gesture", lead, flightsync.Gesture{Code: passenger.Drink, Quantity: 2, PolicyVersion: 1, Traveller: 1, Note: note}.Draft(form(3)),
			m{"code": "drink", "quantity": 2, "policy": 1, "note": "3.1"}},
		{"void", lead, flightsync.VoidDraft(flightsync.Dot{Author: lead, Seq: 4}, 1, form(4)), nil},
		{"seat-now", lead, flightsync.SeatNowDraft(2, "14D", nil, form(5)), m{"text": "14D"}},
		{"claim", lead, flightsync.ClaimDraft(note, 1), nil},
		{"resolve", lead, flightsync.ResolveDraft(note, 1, declined, []flightsync.Dot{{Author: 4, Seq: 2}, {Author: 5, Seq: 1}}, form(6)), m{"outcome": "declined"}},
		{"fin", lead, flightsync.FinDraft(), nil},
		{"fin: anyway", lead, flightsync.FinAnywayDraft(passenger.TabletFailing, 3), m{"reason": "failing", "only": 3}},
		{"a kind of a newer program", lead, flightsync.Draft{Kind: 1000, Flags: flightsync.MustUnderstand, Content: []byte{0x0a, 1, 'x'}}, m{}},
		{"reopen", 0, flightsync.ReopenDraft([]flightsync.Dot{{Author: 0, Seq: 3}, {Author: 0, Seq: 300}}), nil},
		{"fin: of a flight that was opened again", lead, flightsync.FinDraft(flightsync.Dot{Author: 0, Seq: 4}), nil},
	}
}

func TestOps(t *testing.T) {
	g := newGround(t)
	a, _ := g.tablet("tablet A", passenger.Lead)
	g.write(flightsync.Admin, g.entry(flightsync.RosterEntry{Author: 4, Incarnation: a.State().Incarnation}, g.tablets[passenger.TabletID([]byte("tablet-id-00000A"))]).Draft())
	g.now = boarding
	bring(a, g.node)
	var all []opVector
	for _, d := range drafts() {
		by := g.node
		if d.lane >= flightsync.FirstTablet {
			by = a
		}
		dot := by.write(d.lane, d.draft)[0]
		all = append(all, vectorOf(d.name, by.op(dot), d.content))
	}
	g.write(flightsync.Notes, flightsync.NoteDraft(noteFor(1)))
	bring(a, g.node)
	for _, o := range a.ops() {
		if o.Header.Kind == flightsync.KindHave {
			v, _ := flightsync.UnpackVector(o.Content()[2:])
			all = append(all, vectorOf("have", o, m{"vector": v}))
		}
	}
	stub := a.op(flightsync.Dot{Author: 4, Seq: 2}).Stub()
	all = append(all, vectorOf("stub of an outcome", stub, nil))
	newer := rawOp([]byte{8, 65, 0x22, 2, 3, 1, 0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x82, 1, 2, 'h', 'i', 0x8d, 1, 9, 9, 9, 9, 0x90, 1, 7}, salt8)
	o, err := flightsync.ParseOp(flightsync.Dot{Author: 4, Seq: 1}, newer)
	if err != nil || o.Poison != "" {
		t.Fatal(err, o.Poison)
	}
	all = append(all, vectorOf("fields of a newer program, passed over", o, nil))
	vector(t, "ops.json", all)
}

// bring makes one exchange of a tablet with ground without a wire.
func bring(n, g *node) {
	req := n.do(flightsync.Ask{Peer: g.State().Vector()}).Request
	g.do(flightsync.Receive{Runs: req.Runs})
	res := g.do(flightsync.Answer{Request: *req}).Response
	n.do(flightsync.Receive{Runs: res.Runs, Peer: res.Have, Have: true, Salt: n.salt()})
}

func TestPoison(t *testing.T) {
	type poisoned struct {
		Name   string `json:"name"`
		Raw    hexed  `json:"raw,omitempty"`
		Repeat *int   `json:"repeat,omitempty"` // raw ends with so many bytes 0x61 more
		Taken  bool   `json:"taken"`
		Poison string `json:"poison"` // "" for a sound op
		Commit hexed  `json:"commit,omitempty"`
	}
	seen := []byte{8, 65, 0x22, 2, 3, 1}
	sound := rawOp(seen, salt8)
	many := func(n int) *int { return &n }
	var all []poisoned
	for _, p := range []poisoned{
		{Name: "a sound op", Raw: sound},
		{Name: "empty"},
		{Name: "no form byte", Raw: sound[:7]},
		{Name: "a form of neither kind", Raw: append(append([]byte{}, sound[:7]...), 2, 0, 0, 0, 0, 0, 0, 0, 0)},
		{Name: "a salt of seven bytes", Raw: sound[:15]},
		{Name: "a stub with a commit of 15 bytes", Raw: append(append([]byte{}, sound[:7]...), append([]byte{1}, make([]byte, 15)...)...)},
		{Name: "a stub with a commit of 17 bytes", Raw: append(append([]byte{}, sound[:7]...), append([]byte{1}, make([]byte, 17)...)...)},
		{Name: "a header longer than the op", Raw: []byte{200, 1, 8, 65}},
		{Name: "a header's length written longer than needed", Raw: append([]byte{0x86, 0x00}, sound[1:]...)},
		{Name: "an empty header", Raw: rawOp(nil, salt8)},
		{Name: "a header that is no fields", Raw: rawOp([]byte{8}, salt8)},
		{Name: "a header of a group's wire type", Raw: rawOp([]byte{8, 65, 0x4b}, salt8)},
		{Name: "field number 0", Raw: rawOp([]byte{8, 65, 0x02, 0}, salt8)},
		{Name: "kind 0", Raw: rawOp([]byte{8, 0}, salt8)},
		{Name: "a kind of 33 bits", Raw: rawOp([]byte{8, 0x80, 0x80, 0x80, 0x80, 0x10}, salt8)},
		{Name: "a traveller of 33 bits", Raw: rawOp([]byte{8, 65, 0x30, 0x80, 0x80, 0x80, 0x80, 0x10}, salt8)},
		{Name: "an entity of author 64", Raw: rawOp([]byte{8, 65, 0x22, 2, 64, 1}, salt8)},
		{Name: "an entity with sequence number 0", Raw: rawOp([]byte{8, 65, 0x22, 2, 3, 0}, salt8)},
		{Name: "an entity of one number", Raw: rawOp([]byte{8, 65, 0x22, 1, 3}, salt8)},
		{Name: "two dots as the entity: none", Raw: rawOp([]byte{8, 65, 0x22, 4, 3, 1, 3, 2}, salt8)},
		{Name: "a nonce of seven bytes: none", Raw: rawOp([]byte{8, 65, 0x42, 7, 1, 2, 3, 4, 5, 6, 7}, salt8)},
		{Name: "marks of three bytes for one dot: none", Raw: rawOp([]byte{8, 65, 0x2a, 2, 3, 1, 0x4a, 3, 1, 2, 3}, salt8)},
		{Name: "an entity as a number: none", Raw: rawOp([]byte{8, 65, 0x20, 3}, salt8)},
		{Name: "a field written twice: the last counts", Raw: rawOp([]byte{8, 64, 8, 65}, salt8)},
		{Name: "16,384 bytes", Raw: sound, Repeat: many(16384 - len(sound))},
		{Name: "16,385 bytes", Raw: sound, Repeat: many(16385 - len(sound))},
		{Name: "65,536 bytes", Raw: sound, Repeat: many(65536 - len(sound))},
		{Name: "65,537 bytes", Raw: sound, Repeat: many(65537 - len(sound))},
	} {
		raw := append([]byte{}, p.Raw...)
		if p.Repeat != nil {
			for range *p.Repeat {
				raw = append(raw, 'a')
			}
		}
		o, err := flightsync.ParseOp(flightsync.Dot{Author: 4, Seq: 1}, raw)
		if p.Taken = err == nil; p.Taken {
			p.Poison, p.Commit = o.Poison, o.Commit[:]
		}
		all = append(all, p)
	}
	vector(t, "poison.json", all)
}
