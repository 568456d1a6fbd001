package generate_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"github.com/cabinloop/cabinloop/crewapi/pack"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

type packed struct {
	Name  string  `json:"name"`
	ID    uint32  `json:"id"`
	Body  hexed   `json:"body"`
	Ops   []hexed `json:"ops,omitempty"`
	Error string  `json:"error,omitempty"` // invalid, too_much, unavailable
}

func TestPacked(t *testing.T) {
	var all []packed
	add := func(name string, id uint32, ops [][]byte, peer ...uint32) {
		t.Helper()
		got, body := pack.Pack(ops, peer...)
		if got != id {
			t.Errorf("%s: packed with id %d, want %d", name, got, id)
		}
		again, err := pack.Unpack(got, body, 0)
		if err != nil || !slices.EqualFunc(again, ops, bytes.Equal) {
			t.Errorf("%s: %v", name, err)
		}
		p := packed{Name: name, ID: got, Body: body}
		for _, o := range ops {
			p.Ops = append(p.Ops, o)
		}
		all = append(all, p)
	}

	p, a, note := load(t, "")
	a.mine(flightsync.SeenDraft(note))
	a.mine(flightsync.OutcomeDraft(note, 1, acted, nil, form(1)))
	for i := range byte(12) {
		n := noteFor(passenger.TravellerNo(i%3 + 1))
		n.Words = "entry of a long lane"
		p.ground.write(flightsync.Notes, flightsync.NoteDraft(n))
		a.mine(flightsync.OutcomeDraft(note, 1, asleep, nil, form(10+i)), flightsync.Gesture{Code: passenger.Drink, Quantity: 1, PolicyVersion: 1, Traveller: 1, Note: note}.Draft(form(40+i)))
	}
	lane := func(n *node, author flightsync.Author, stubs bool) (out [][]byte) {
		_ = n.store.Ops(author, 1, func(o flightsync.Op) bool {
			if stubs && o.Dot.Seq%2 == 0 {
				o = o.Stub()
			}
			out = append(out, o.Raw())
			return true
		})
		return out
	}
	first := pack.UpTo(pack.V1)
	var apart [][]byte
	for _, n := range []uint64{1 << 63, 1<<63 + 1, 1<<63 + 1, 1<<63 - 1, 7, 1<<26 + 6, 1<<27 + 6, 6, math.MaxUint64, 0} {
		head := binary.BigEndian.AppendUint64([]byte{8, 65, 66, 8}, n)
		apart = append(apart, rawOp(head, append(bytes.Clone(salt8), 0x0a, 5, 'a', 'c', 't', 'e', 'd')))
	}
	add("one op without a content", pack.V1, lane(a, 4, false)[1:2], first...)
	add("one outcome: letters alone", pack.V1, lane(a, 4, false)[2:3], first...)
	add("a lane of a tablet: zstd blocks", pack.V1, lane(a, 4, false), first...)
	add("the same with stubs", pack.V1, lane(a, 4, true), first...)
	add("ground's notes: messages within", pack.V1, lane(p.ground.node, flightsync.Notes, false), first...)
	add("ground's list: a page", pack.V1, lane(p.ground.node, flightsync.Manifest, false), first...)
	add("ground's admin lane", pack.V1, lane(p.ground.node, flightsync.Admin, false), first...)
	add("version 2, one outcome", pack.V2, lane(a, 4, false)[2:3])
	add("version 2, a lane of a tablet: nonces counted", pack.V2, lane(a, 4, false))
	add("version 2, the same with stubs", pack.V2, lane(a, 4, true))
	add("version 2, a nonce far away, and back, and twice", pack.V2, apart)
	add("a lane for a peer without dictionary", pack.Plain, lane(a, 4, false), pack.Raw, pack.Plain)
	add("one op for a peer without dictionary", pack.Raw, lane(a, 4, false)[1:2], pack.Raw, pack.Plain)
	add("nothing to win: bytes of no op", pack.Raw, [][]byte{salt8, {}, {1}})
	var kinds [][]byte
	odd := rawOp([]byte{8, 0xe8, 7, 0x38, 1}, append(bytes.Clone(salt8), 0xff, 0xff)) // content that is no fields
	kinds = append(kinds, odd, odd, []byte("not an op at all, kept as it is"), rawOp([]byte{8, 65, 0x22, 2, 0x83, 0x00}, salt8),
		rawOp([]byte{8, 65, 0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x8d, 1, 9, 9, 9, 9}, append(bytes.Clone(salt8), 0x0a, 3, 'a', 'b', 'c', 0x0a, 3, 'a', 'b', 'c', 0x15, 1, 2, 3, 4)))
	for range 8 {
		kinds = append(kinds, kinds[:5]...)
	}
	add("ops of other programs", pack.V1, kinds, first...)
	letters, noise := 0, 0
	for _, p := range all {
		if p.ID == pack.V1 {
			v, _ := binary.Uvarint(p.Body)
			letters, noise = letters+int(v&1), noise+int(v>>1)
		}
	}
	if letters == 0 || letters == 8 || noise == 0 {
		t.Errorf("%d bodies with letters alone: both ways must be there", letters)
	}

	whole := all[2]
	for _, bad := range []packed{
		{Name: "a newer dictionary", ID: 18, Body: whole.Body},
		{Name: "an op longer than the body", ID: pack.Raw, Body: []byte{2, 1}},
		{Name: "no last block", ID: pack.Plain, Body: []byte{0}},
		{Name: "a last block with a size", ID: pack.Plain, Body: []byte{1<<3 | 1, 'a'}},
		{Name: "a reserved block type", ID: pack.Plain, Body: []byte{3<<1 | 1, 'a'}},
		{Name: "bytes behind the last block", ID: pack.Plain, Body: []byte{8<<3 | 1<<1 | 1, 'a', 'b'}},
		{Name: "noise longer than the body", ID: pack.V1, Body: []byte{100, 1}},
		{Name: "cut off", ID: pack.V1, Body: whole.Body[:len(whole.Body)-4]},
	} {
		_, err := pack.Unpack(bad.ID, bad.Body, 0)
		if bad.Error = string(passenger.CodeOf(err)); err == nil {
			t.Errorf("%s is taken", bad.Name)
		}
		all = append(all, bad)
	}
	vector(t, "packed.json", all)
}
