package sync

import (
	"slices"
	"testing"
)

// TestProof: ground's signature frees what both sides hold, and nothing else does.
func TestProof(t *testing.T) {
	c := newCrew(t, 2)
	one := c.tablets[0]
	one.write(author(0), SeenDraft(Dot{Notes, 1}), SeenDraft(Dot{Notes, 1}))
	c.tablets[1].write(author(1), SeenDraft(Dot{Notes, 1}))
	c.all()
	freed := func() []uint64 {
		var out []uint64
		for i := range 2 {
			l, _ := one.State().Lane(author(i))
			out = append(out, l.Freed)
		}
		return out
	}
	held := []uint64{one.State().Vector().Of(author(0)), one.State().Vector().Of(author(1))}
	req := one.do(Ask{Peer: one.State().Vector(), Prove: true}).Request
	res := c.ground.do(Answer{Request: *req}).Response
	if len(res.Proof) == 0 || !req.Prove {
		t.Fatalf("asked %v, proof %x", req.Prove, res.Proof)
	}
	plain := c.ground.do(Answer{Request: *one.do(Ask{Peer: one.State().Vector()}).Request}).Response
	if len(plain.Proof) > 0 {
		t.Error("a proof that nobody asked for")
	}
	by := c.tablets[1].do(Answer{Request: *req}).Response
	if len(by.Proof) > 0 {
		t.Error("a tablet proves what only ground can")
	}
	ev := c.answered(res)
	for name, wrong := range map[string]Receive{
		"no proof":            {Peer: res.Have, Asked: req.Have},
		"another signature":   {Peer: res.Have, Asked: req.Have, Proof: append(slices.Clone(res.Proof[:len(res.Proof)-1]), res.Proof[len(res.Proof)-1]^1)},
		"less than signed":    {Peer: slices.Clone(res.Have).Set(author(0), 1), Asked: req.Have, Proof: res.Proof},
		"another question":    {Peer: res.Have, Asked: slices.Clone(req.Have).Set(author(1), 0), Proof: res.Proof},
		"more than there is":  {Peer: res.Have, Asked: slices.Clone(req.Have).Set(author(0), 99), Proof: res.Proof},
		"an answer's vector":  {Peer: res.Have},
		"a frame's signature": {Peer: res.Have, Proof: res.Proof},
	} {
		if one.do(wrong); !slices.Equal(freed(), []uint64{0, 0}) {
			t.Fatalf("%s frees %v", name, freed())
		}
	}
	one.write(author(0), SeenDraft(Dot{Notes, 1})) // after the question: not covered
	ev.Asked, ev.Proof = req.Have, res.Proof
	if ready := one.do(ev); ready.Batch.IsEmpty() || !slices.Equal(freed(), held) {
		t.Fatalf("freed %v, want %v", freed(), held)
	}
	if one.reload(); !slices.Equal(freed(), held) {
		t.Errorf("after a restart %v", freed())
	}
}
