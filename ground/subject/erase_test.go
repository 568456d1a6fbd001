package subject_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/subject"
	"github.com/cabinloop/cabinloop/passenger"
)

// words are what only the first person's data says.
var words = []string{"Jansen", "JANSEN", "QX7K2M", eva.ID}

func TestErasePerson(t *testing.T) {
	onBoth(t, func(w *world) {
		her, _, tab := w.story()
		c := w.caseOf(eva)
		w.must(w.subject.Hold(w.ctx, her, "matter 7", "officer"))
		if _, err := w.subject.Erase(w.ctx, subject.Subject{Person: her}, "officer"); passenger.CodeOf(err) != passenger.Phase || !strings.Contains(passenger.Public(err), "legal hold") {
			t.Fatalf("erasing under a hold: %v", err)
		}
		if _, err := w.subject.Erase(w.ctx, subject.Subject{Account: eva}, "officer"); passenger.CodeOf(err) != passenger.Phase {
			t.Fatalf("erasing the account of somebody under a hold: %v", err)
		}
		w.must(w.subject.Release(w.ctx, her, "officer"))
		st, err := w.subject.Erase(w.ctx, subject.Subject{Person: her}, "officer")
		w.must(err)
		if !st.Ground || st.Done || st.Flights != 1 || st.Tablets != 1 || st.Erased != 0 || st.Copies[0].State != subject.CopyWaiting {
			t.Errorf("at once: %+v", st)
		}
		w.tx(func(tx ground.Tx) error {
			p, err := tx.Person(w.ctx, her)
			if p.Surname != "" || p.CustomerID != "" || len(p.Accounts) > 0 || p.ErasedAt.IsZero() || err != nil {
				t.Errorf("the person: %+v, %v", p, err)
			}
			if posts, err := tx.CasePosts(w.ctx, c); len(posts) > 0 || err != nil {
				t.Errorf("posts: %v, %v", posts, err)
			}
			loop, _, err := tx.LoopOfCase(w.ctx, c)
			if loop.State != ground.LoopEnded || loop.EndReason != ground.EndErased || loop.Edits.Words != "" || err != nil {
				t.Errorf("loop: %+v, %v", loop, err)
			}
			ts, err := tx.Travellers(w.ctx, w.flight().ID)
			if err != nil || len(ts) != 2 || !ts[0].Erased || ts[0].Surname != "" || ts[1].Surname != "DEWIT" {
				t.Errorf("travellers: %+v, %v", ts, err)
			}
			found, err := tx.ListCases(w.ctx, ground.CaseFilter{Search: "stroopwafel"})
			if err != nil || len(found) != 1 {
				t.Errorf("a search finds %d cases, %v; want that of the other person", len(found), err)
			}
			return nil
		})
		for _, x := range words {
			if w.groundHolds(x) {
				t.Errorf("ground's ops hold %q", x)
			}
		}
		tab.sync()
		tab.sync()
		if st, err = w.subject.Erase(w.ctx, subject.Subject{Person: her}, "officer"); err != nil || !st.Done || st.Erased != 1 || st.Last == nil ||
			!strings.HasPrefix(st.String(), "erased on 1 of 1 tablets, last by t1 at 2026-11-21T08:00:00Z") {
			t.Errorf("after the next contact: %+v %v\n%s", st, err, st)
		}
		if r := w.report(); !r.SumsClose || r.Compiled != 2 {
			t.Errorf("report: %+v", r)
		}
		rec, err := w.followup.Receipt(w.ctx, c)
		if err != nil || !rec.Proven || rec.End != ground.EndErased {
			t.Errorf("receipt: %+v, %v", rec, err)
		}
		if n := w.post(eva, 1); n.New != 0 {
			t.Errorf("a post that was erased came again: %+v", n)
		}
		if n := w.post(eva, 7); n.New != 1 {
			t.Errorf("a new post of the account: %+v", n)
		}
		w.nowhere(words)
	})
}

// nowhere checks that no raw file of the world holds words, but for what came in anew.
func (w *world) nowhere(words []string) {
	w.Helper()
	for _, x := range words {
		if strings.Contains(w.log.String(), x) {
			w.Errorf("the log holds %q", x)
		}
	}
	w.must(filepath.WalkDir(w.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		for _, x := range words {
			if x != eva.ID && strings.Contains(string(b), x) {
				w.Errorf("%s holds %q", d.Name(), x)
			}
		}
		return err
	}))
}

func TestEraseAccount(t *testing.T) {
	onBoth(t, func(w *world) {
		her, _, tab := w.story()
		tab.record("14C", passenger.Feedback{Outcome: passenger.Acted, Words: "smiled at the stroopwafel"})
		tab.sync()
		nobody := ground.Account{Channel: passenger.VK, ID: "1"}
		if _, err := w.subject.Erase(w.ctx, subject.Subject{Account: nobody}, "officer"); passenger.CodeOf(err) != passenger.NotFound {
			t.Errorf("erasing an account that nobody knows: %v", err)
		}
		st, err := w.subject.Erase(w.ctx, subject.Subject{Account: eva}, "officer")
		w.must(err)
		if st.Kind != ground.ErasedAccount || !st.Ground || st.Tablets != 1 {
			t.Errorf("status: %+v", st)
		}
		w.tx(func(tx ground.Tx) error {
			p, err := tx.Person(w.ctx, her)
			if p.Surname == "" || len(p.Accounts) > 0 || err != nil {
				t.Errorf("the passenger stays, without the account: %+v, %v", p, err)
			}
			ids, err := tx.CasesOfAccount(w.ctx, eva)
			if len(ids) > 0 || err != nil {
				t.Errorf("cases of the account: %v, %v", ids, err)
			}
			rows, err := tx.AuditRows(w.ctx, "", 0)
			for _, r := range rows {
				if strings.Contains(r.Object+r.Result, eva.ID) {
					t.Errorf("the audit log names the account: %+v", r)
				}
			}
			return err
		})
		if w.groundHolds("smiled") || w.groundHolds("window seat promised to") || !w.groundHolds("Jansen") {
			t.Error("of the account's notes something stays, or the passenger left the list")
		}
		if r := w.report(); !r.SumsClose || r.Acted != 1 {
			t.Errorf("report: %+v", r)
		}
		w.post(eva, 7)
		w.now = w.now.Add(time.Hour)
		if _, err := w.subject.Erase(w.ctx, subject.Subject{Account: eva}, "officer"); err != nil {
			t.Fatalf("erasing an account again, with a new post: %v", err)
		}
		w.tx(func(tx ground.Tx) error {
			ids, err := tx.CasesOfAccount(w.ctx, eva)
			if len(ids) > 0 {
				t.Errorf("the new case stays")
			}
			return err
		})
	})
}

// failing lets n transactions through and refuses those behind them, as a kill would.
type failing struct {
	ground.Store
	left int
}

var errKilled = errors.New("killed")

func (f *failing) InTx(ctx context.Context, fn func(ground.Tx) error) error {
	if f.left--; f.left < 0 {
		return errKilled
	}
	return f.Store.InTx(ctx, fn)
}

// killedFlights dies before the flights are done.
type killedFlights struct{ subject.Flights }

func (killedFlights) EraseOn(context.Context, ground.ErasureFlight) error { return errKilled }

func TestKilledInTheMiddle(t *testing.T) {
	onBoth(t, func(w *world) {
		her, his, tab := w.story()
		s := *w.subject
		s.Store = &failing{w.db, 0}
		if _, err := s.Erase(w.ctx, subject.Subject{Person: her}, "officer"); !errors.Is(err, errKilled) {
			t.Fatalf("killed before anything: %v", err)
		}
		if _, err := w.subject.Status(w.ctx, subject.Subject{Person: her}); passenger.CodeOf(err) != passenger.NotFound {
			t.Errorf("nothing was ordered: %v", err)
		}
		s = *w.subject
		s.Flights = killedFlights{}
		for _, id := range []passenger.PersonID{her, his} {
			if _, err := s.Erase(w.ctx, subject.Subject{Person: id}, "officer"); !errors.Is(err, errKilled) {
				t.Fatalf("killed before the flights: %v", err)
			}
		}
		st, err := w.subject.Status(w.ctx, subject.Subject{Person: her})
		if err != nil || st.Ground || st.Done {
			t.Errorf("half done: %+v, %v", st, err)
		}
		// The server's sweep goes on with both.
		w.must(w.dispatch.Sweep(w.ctx, w.now))
		for _, id := range []passenger.PersonID{her, his} {
			if st, err := w.subject.Status(w.ctx, subject.Subject{Person: id}); err != nil || !st.Ground {
				t.Errorf("after the sweep: %+v, %v", st, err)
			}
		}
		tab.sync()
		if w.groundHolds("Jansen") || w.groundHolds("Dewit") {
			t.Error("a name stays")
		}
		if r := w.report(); !r.SumsClose || r.Compiled != 2 {
			t.Errorf("report: %+v", r)
		}
		w.must(w.subject.Journal.Sync(w.ctx, w.db))
		b, err := os.ReadFile(w.subject.Journal.Path)
		w.must(err)
		if n := strings.Count(string(b), `"person"`); n != 2 {
			t.Errorf("the journal names %d persons, want 2", n)
		}
	})
}

func TestExport(t *testing.T) {
	onBoth(t, func(w *world) {
		her, his, tab := w.story()
		tab.record("14C", passenger.Feedback{Outcome: passenger.Acted, Words: "smiled"})
		tab.sync()
		hers, maybe := w.caseOf(eva), w.caseOf(piet)
		w.tx(func(tx ground.Tx) error { // his case might be about her too
			if err := tx.Audit(w.ctx, ground.AuditRow{Actor: "agent7", Role: "social", Act: "view-case", Object: hers.String(), Result: "shown"}); err != nil {
				return err
			}
			return tx.SetLink(w.ctx, ground.Link{Case: maybe, Person: her, Score: 0.4, Reasons: []string{"name"}, State: ground.LinkCandidate, At: w.now})
		})
		doc, err := w.subject.Export(w.ctx, her, "officer")
		w.must(err)
		b, err := json.Marshal(doc)
		w.must(err)
		for _, x := range []string{"JANSEN", "EVA", "C1", "x:" + eva.ID, "QX7K2M", "14C", "stroopwafel", "yes please", "window seat promised", "smiled", "view-case", "candidate", `"seen_by":["lead"]`, `"flagged"`} {
			if !strings.Contains(string(b), x) {
				t.Errorf("the document lacks %s", x)
			}
		}
		for _, x := range []string{"DEWIT", "QX7K2N", piet.ID, "agent7", tab.id.String(), his.String()} {
			if strings.Contains(string(b), x) {
				t.Errorf("the document holds %s, which is not hers", x)
			}
		}
		if len(doc.Cases) != 2 || len(doc.Cases[0].Posts)+len(doc.Cases[1].Posts) != 1 || len(doc.Flights) != 1 || len(doc.Consents) != 1 {
			t.Errorf("%d cases, %d flights, %d consents", len(doc.Cases), len(doc.Flights), len(doc.Consents))
		}
		again, err := w.subject.Export(w.ctx, her, "officer")
		w.must(err)
		if !slices.ContainsFunc(again.AccessLog, func(a subject.AccessEntry) bool {
			return a.Act == "export" && a.Role == "admin" && a.Object == her.String()
		}) {
			t.Errorf("the export is not in the access log: %+v", again.AccessLog)
		}
	})
}
