package subject_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/followup"
	"github.com/cabinloop/cabinloop/ground/subject"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// over lets the flight land, the tablet hand in, and both customers be answered.
func (w *world) over(tab *tablet) {
	w.Helper()
	tab.record("14C", passenger.Feedback{Outcome: passenger.Acted, Words: "smiled at Jansen"})
	tab.record("15A", passenger.Feedback{Outcome: passenger.Declined})
	w.now = w.now.Add(12 * time.Hour)
	w.must(w.dispatch.Move(w.ctx, key, ground.MovementUpdate{Fact: flightsync.MovementFact{Word: passenger.In, At: w.now}}))
	tab.step(flightsync.Write{Author: tab.rep.State().Me, Salts: make([][8]byte, 1), Now: w.now, Drafts: []flightsync.Draft{flightsync.FinDraft()}})
	tab.sync()
	var open []ground.FollowUp
	w.must(w.db.Read(w.ctx, func(tx ground.Tx) (err error) { open, err = tx.ListFollowUps(w.ctx, true); return err }))
	for _, f := range open {
		w.must(w.followup.Close(w.ctx, f.ID, followup.Answer{Reply: "dear Jansen", Result: "done", By: "agent", Role: "social"}))
	}
}

func (w *world) retain(dry bool) map[string]int {
	w.Helper()
	swept, err := w.subject.Retain(w.ctx, subject.DefaultPolicy(), dry, "officer")
	w.must(err)
	out := map[string]int{}
	for _, s := range swept {
		out[s.Kind] = s.Gone
	}
	return out
}

func TestRetention(t *testing.T) {
	onBoth(t, func(w *world) {
		_, his, tab := w.story()
		w.over(tab)
		if r := w.report(); r.Stage != "sealed" || !r.SumsClose {
			t.Fatalf("report: %+v", r)
		}
		check := func(what string, want map[string]int) {
			t.Helper()
			for _, dry := range []bool{true, true, false} {
				got := w.retain(dry)
				for kind, n := range got {
					if n != want[kind] {
						t.Errorf("%s, dry %v: %s %d, want %d", what, dry, kind, n, want[kind])
					}
				}
			}
			for kind, n := range w.retain(false) {
				if n != 0 {
					t.Errorf("%s, again: %s %d", what, kind, n)
				}
			}
		}
		w.must(w.subject.Hold(w.ctx, his, "matter 7", "officer"))
		check("at once", nil)
		w.now = w.now.AddDate(0, 0, 31)
		check("a month later, with a passenger under hold", nil)
		w.now = w.now.AddDate(0, 0, 150)
		check("half a year later", map[string]int{subject.KindRaw: 1, subject.KindCases: 1, subject.KindLoops: 1})
		w.must(w.subject.Release(w.ctx, his, "officer"))
		before := w.report().Sums
		check("without the hold", map[string]int{subject.KindRaw: 1, subject.KindCases: 1, subject.KindLoops: 1, subject.KindFlights: 1})
		if r := w.report(); r.Stage != "purged" || r.Sums != before || !r.SumsClose {
			t.Errorf("after the purge: %+v, before %+v", r, before)
		}
		if w.groundHolds("Jansen") || w.groundHolds("Dewit") || w.groundHolds("smiled") {
			t.Error("the purged flight holds words")
		}
		if taken := w.post(eva, 1); taken.New != 0 {
			t.Error("a post whose text is gone counts as new")
		}
		var audit int
		w.tx(func(tx ground.Tx) error {
			rows, err := tx.AuditRows(w.ctx, "", 0)
			audit = len(rows)
			return err
		})
		w.now = w.now.AddDate(3, 0, 0)
		got := w.retain(false)
		if got[subject.KindPeople] != 2 || got[subject.KindAudit] < audit-4 {
			t.Errorf("three years later: %v of %d audit rows", got, audit)
		}
		w.nowhere([]string{"Jansen", "JANSEN", "DEWIT", "stroopwafel", "windmill_fan", "smiled at"})
	})
}

// TestPolicyIsDocumented compares the table of docs/privacy.md with the program's.
func TestPolicyIsDocumented(t *testing.T) {
	b, err := os.ReadFile("../../docs/privacy.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range subject.DefaultPolicy() {
		if want := fmt.Sprintf("| %s | %d days |", r.Kind, int(r.Keep.Hours()/24)); !strings.Contains(string(b), want) {
			t.Errorf("docs/privacy.md lacks %q", want)
		}
	}
}
