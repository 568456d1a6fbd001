package tablet

import (
	"strings"
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
)

// TestFullDisk: with no room the notes are read, an entry is refused with the reason and never
// shown as saved; with room it goes on.
func TestFullDisk(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	second := f.Note(note(2, "2A"))
	w.sync(a)
	w.record(a, dot, acted)
	full := w.reopenFull(a)
	p := w.page(full)
	if !p.Ready || len(p.Cards) != 2 || p.Pending != 1 {
		t.Fatalf("on a full disk: %+v", p)
	}
	e := w.entry(second, acted)
	_, err := full.Record(t.Context(), e)
	if passenger.CodeOf(err) != passenger.Unavailable || !strings.Contains(passenger.Public(err), "storage full") {
		t.Errorf("recorded on a full disk: %v", err)
	}
	for _, card := range w.page(full).Cards {
		if card.Dot == second && card.Outcome != nil {
			t.Error("an entry that was refused is shown")
		}
	}
	full.Close()
	a = w.open(a.Dir)
	if _, err := a.Record(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	w.sync(a)
	if n, _ := f.View().Note(second); len(n.Heads) != 1 {
		t.Errorf("ground: %+v", n.Heads)
	}
}
