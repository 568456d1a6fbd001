package sync

import "testing"

func TestReopen(t *testing.T) {
	at := func(seq uint64) Dot { return Dot{Admin, 2 + seq} } // behind genesis and roster
	for name, c := range map[string]struct {
		ds   []Draft
		want string
	}{
		"a close by time is taken back":       {[]Draft{CloseDraft(NoMovement), ReopenDraft([]Dot{at(1)})}, ""},
		"the reopening stands before it":      {[]Draft{ReopenDraft([]Dot{at(2)}), CloseDraft(NoMovement)}, ""},
		"closed again":                        {[]Draft{CloseDraft(NoMovement), ReopenDraft([]Dot{at(1)}), CloseDraft("in")}, "in"},
		"a close that it does not name":       {[]Draft{CloseDraft(NoMovement), CloseDraft("cancelled"), ReopenDraft([]Dot{at(1)})}, "cancelled"},
		"it names what is no close":           {[]Draft{CloseDraft("in"), ReopenDraft([]Dot{at(2), {Notes, 1}})}, "in"},
		"a sealed flight stays closed":        {[]Draft{CloseDraft(NoMovement), ReopenDraft([]Dot{at(1)}), SealDraft(nil)}, NoMovement},
		"a seal is not taken back":            {[]Draft{CloseDraft(NoMovement), SealDraft(nil), ReopenDraft([]Dot{at(1), at(2)})}, NoMovement},
		"an erased reopening still counts":    {[]Draft{CloseDraft(NoMovement), ReopenDraft([]Dot{at(1)}), EraseDraft([]Dot{at(2)})}, ""},
		"it may carry what a newer one tells": {[]Draft{CloseDraft(NoMovement), {Kind: KindReopen, Over: []Dot{at(1)}, Content: []byte{0x0a, 1, 'x'}}}, ""},
	} {
		if v := viewOf(t, Admin, c.ds...); v.Closed != c.want || (v.Closed == "") != (len(v.Closes) == 0) {
			t.Errorf("%s: closed is %q %v, want %q", name, v.Closed, v.Closes, c.want)
		}
	}
}

// A reopening is ground's alone, and a hand-in from before it does not stand.
func TestReopenedFlightIsHandedInAgain(t *testing.T) {
	c := newCrew(t, 2)
	c.all()
	closed := c.ground.write(Admin, CloseDraft(NoMovement))
	c.all()
	c.tablets[0].write(author(0), ReopenDraft(closed), FinDraft())
	c.tablets[1].write(author(1), FinDraft())
	c.all()
	if v := c.ground.view(); v.Closed != NoMovement || len(v.Fins) != 2 {
		t.Fatalf("closed %q, handed in %v, after a tablet's reopening", v.Closed, v.Fins)
	}
	c.ground.write(Admin, ReopenDraft(c.ground.view().Closes))
	c.all()
	c.tablets[0].write(author(0), FinDraft()) // by a program that knows no reopening
	c.tablets[1].write(author(1), FinDraft(c.tablets[1].view().Reopened...))
	c.all()
	for i, n := range append(c.tablets, c.ground) {
		if v := n.view(); v.Closed != "" || len(v.Fins) != 1 || v.Fins[author(1)] == 0 {
			t.Errorf("replica %d: closed %q, handed in %v, want open and the hand-in that knew", i, v.Closed, v.Fins)
		}
	}
}
