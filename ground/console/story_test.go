package console_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// has fails for each text that the page lacks; one that begins with "!" must not be there.
func (b *browser) has(p page, want ...string) {
	b.Helper()
	for _, x := range want {
		not, forbidden := strings.CutPrefix(x, "!")
		switch {
		case forbidden && strings.Contains(p.body, not):
			b.Errorf("page holds %q:\n%s", not, p.body)
		case !forbidden && !strings.Contains(p.body, x):
			b.Errorf("page lacks %q:\n%s", x, p.body)
		}
	}
}

// confirmed takes a case as far as a confirmed person who said yes.
func (b *browser) confirmed(id passenger.CaseID, person ground.Person) {
	b.Helper()
	path := "/case/" + id.String()
	if got := b.done(path+"/link", url.Values{"person": {person.ID.String()}, "decision": {"confirm"}}); got != path+"#identity" {
		b.Errorf("link leads to %s", got)
	}
	b.done(path+"/consent", url.Values{"answer": {"yes"}, "words": {"Sure, please tell them"}})
}

// TestOneComplaintFromPostToReceipt walks the whole loop by the pages' own forms.
func TestOneComplaintFromPostToReceipt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	agent := w.user("nora", "social")
	id := w.caseOf(passenger.X, "p100")
	path := "/case/" + id.String()

	inbox := agent.get("/")
	agent.has(inbox, `data-test="case-row"`, "ANNA DE VRIES", "ice cold", `href="`+path+`"`, "Meal", "▲")

	p := agent.get(path)
	agent.has(p, `data-test="tell-crew"`, `data-test="link-confirm"`, "KL0643", `data-test="because"`, `data-reason="identity"`, "Confirm first whom", "Nothing was told", "Meal not as it should be")
	agent.confirmed(id, w.personOf("100"))
	p = agent.get(path)
	agent.has(p, `data-state="linked"`, `data-answer="yes"`, "Sure, please tell them", "KL0641/2026-11-21/AMS", "Ms A. de Vries", ">4C<", `data-test="release"`, "!data-test=\"missing\"", "Offer first choice of meal", "Bied als eerste keus")

	p = agent.get(path + "/preview?edit=1&do=d.apologise&words=Vegetarian+meal&moment=boarding&priority=2&private=1")
	agent.has(p, "Say sorry, briefly and in person", "Vegetarian meal", "At boarding", "In a quiet moment", "!Offer first choice of meal", "!<html")
	if got := agent.done(path+"/flag", url.Values{"edit": {"1"}, "do": {"d.meal_first", "d.ask"}, "not": {"n.promise_money"}, "moment": {"meal"}, "priority": {"1"}, "words": {"Vegetarian meal"}}); got != path+"#track" {
		t.Errorf("flag leads to %s", got)
	}
	p = agent.get(path)
	agent.has(p, "The note is on its way", `data-step="compiled" data-done="true"`, `data-step="delivered" data-done="false"`, `data-test="recall"`)
	if again := agent.get(path); strings.Contains(again.body, `data-test="said"`) {
		t.Error("what a form did is said twice")
	}

	tab := w.tablet("T1", first, passenger.Lead)
	tab.sync()
	tab.record(passenger.Feedback{Outcome: passenger.Acted, Reaction: passenger.Pleased})
	tab.sync()
	p = agent.get(path)
	agent.has(p, `data-step="delivered" data-done="true"`, `data-step="seen" data-done="true"`, `data-step="outcome" data-done="true"`, `data-step="reconciled" data-done="false"`)

	flight := "/flight/" + w.flightRow(first).ID.String()
	ops := w.user("gerrit", "ground")
	ops.has(ops.get(flight), `data-test="sum-compiled">1<`, `data-test="sum-acted">1<`, "Ms A. de Vries", `data-mark="in-contact"`, "!/case/")
	w.clock.add(13 * time.Hour)
	w.must(w.dispatch.Move(w.ctx, first, ground.MovementUpdate{Fact: flightsync.MovementFact{Word: passenger.In, At: w.clock.now()}}))
	ops = w.signIn("gerrit") // thirteen hours: the shift is over
	ops.has(ops.get(flight), `data-test="waiting"`, "has not handed in", `data-test="seal"`)
	ops.has(ops.get("/flights?q=kl0641"), `data-test="waiting"`, "0 of 1")
	tab.write(flightsync.FinDraft())
	tab.sync()
	ops.has(ops.get(flight), `data-close="true"`, `data-stage="sealed"`, `data-test="revision"`, "!data-test=\"seal\"")
	ops.has(ops.get("/flights?show=over"), "1 of 1", "closes")

	if _, _, err := w.followups.ImportAnswers(w.ctx, []ground.PastAnswer{{Lang: "en", Question: "An ice cold vegetarian meal", Answer: "Hi Bob, <b>sorry</b> for the meal."},
		{Lang: "en", Question: "Where is my bag", Answer: "We look for the bag."}}, nil); err != nil {
		t.Fatal(err)
	}
	agent = w.signIn("nora")
	p = agent.get("/followups")
	agent.has(p, `data-test="followup-row"`, "KL0641/2026-11-21/AMS")
	p = agent.get(path)
	agent.has(p, `data-step="reconciled" data-done="true"`, `data-test="reply-text"`, "Our crew on KL0641 spoke with you",
		`data-test="past-answer"`, "Hi [name], &lt;b&gt;sorry&lt;/b&gt; for the meal.", "ice", "!look for the bag")
	if strings.Index(p.body, `data-test="reply-text"`) > strings.Index(p.body, `data-test="past"`) {
		t.Error("past answers stand before the draft of facts")
	}
	_, rest, _ := strings.Cut(p.body, `data-followup="`)
	number, _, _ := strings.Cut(rest, `"`)
	if got := ops.post("/followup/"+number, url.Values{"how": {"reply"}, "reply": {"x"}}); got.status != 403 {
		t.Errorf("ground operations close a follow-up of the social team: %d", got.status)
	}
	agent.has(agent.get("/receipt/"+id.String()), `data-proven="false"`)
	agent.done("/followup/"+number, url.Values{"how": {"reply"}, "reply": {"Dear Anna,\r\nsorry again."}, "next": {path}})
	agent.has(agent.get(path), `data-step="replied" data-done="true"`, `data-test="reply"`, "Dear Anna,\nsorry again.", `data-test="case-closed"`)
	agent.has(agent.get("/receipt/"+id.String()), `data-proven="true"`, "proven", "Acted", "The customer was answered", "!Anna", "!Vries", "!meal", "!Vegetarian")

	var audit []ground.AuditRow
	w.read(func(tx ground.Tx) (err error) { audit, err = tx.AuditRows(w.ctx, id.String(), 0); return err })
	views := 0
	for _, a := range audit {
		if a.Act == "view-case" {
			views++
			if a.Actor != "nora" || a.Role != "social" {
				t.Errorf("view-case by %q as %q", a.Actor, a.Role)
			}
		}
	}
	if views != 2 { // two sittings, thirteen hours apart
		t.Errorf("%d looks at the case are audited, want 2", views)
	}
	for _, secret := range []string{"Vries", "VRIES", "annadevries", "ice cold", "Dear Anna"} {
		if strings.Contains(w.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// TestRecall takes a note back that one tablet has seen and another not.
func TestRecall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	agent := w.user("nora", "social")
	id := w.caseOf(passenger.X, "p101")
	path := "/case/" + id.String()
	agent.confirmed(id, w.personOf("101"))
	agent.done(path+"/flag", nil)
	seen, late := w.tablet("T1", first, passenger.Lead), w.tablet("T2", first, passenger.Cabin)
	seen.sync()
	late.sync()
	seen.record(passenger.Feedback{Outcome: passenger.Acted})
	seen.sync()
	agent.done(path+"/recall", nil)
	agent.has(agent.get(path), `data-state="already-seen"`, `data-state="not-yet-reached"`, `data-test="loop-end"`, "Recalled", "!data-test=\"recall\"")
	late.sync()
	late.sync()
	agent.has(agent.get(path), `data-state="removed"`)
	if p := agent.post(path+"/recall", nil); p.status != 409 {
		t.Errorf("a second recall: status %d, want 409", p.status)
	}
}

// TestDesk sends what is missing to the note desk and takes the decision there.
func TestDesk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	agent := w.user("nora", "social")
	id := w.caseOf(passenger.X, "h1")
	path := "/case/" + id.String()
	agent.has(agent.get("/desk"), `data-test="empty"`)
	agent.done(path+"/flag", nil)
	agent.has(agent.get("/desk"), `data-reason="identity"`, `data-test="desk-case"`, "!data-test=\"desk-done\"", "no deadline")
	agent.confirmed(id, w.personOf("104"))
	p := agent.get("/desk")
	agent.has(p, `data-reason="sensitive"`, `data-test="desk-done"`, "health")
	_, rest, _ := strings.Cut(p.body, `action="/desk/`)
	item, _, _ := strings.Cut(rest, `"`)
	if p := agent.post("/desk/"+item, url.Values{"decision": {"perhaps"}}); p.status != 400 {
		t.Errorf("an unknown decision: %d", p.status)
	}
	if got := agent.done("/desk/"+item, url.Values{"decision": {"refused"}, "next": {"//evil.example/"}}); got != "/" {
		t.Errorf("a form leads to %q", got)
	}
	agent.has(agent.get(path), "Refused at the note desk", `data-test="loop-end"`)
}

// TestEventNote tells a whole flight of a disruption and covers a waiting case.
func TestEventNote(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	agent := w.user("nora", "social")
	id := w.caseOf(passenger.X, "p102")
	agent.done("/case/"+id.String()+"/link", url.Values{"person": {w.personOf("102").ID.String()}, "decision": {"confirm"}})
	agent.done("/case/"+id.String()+"/flag", nil)
	flight := "/flight/" + w.flightRow(first).ID.String()
	p := agent.get(flight)
	agent.has(p, `data-test="event-form"`, "Delay")
	_, rest, _ := strings.Cut(p.body, `name="loop" value="`)
	loop, _, _ := strings.Cut(rest, `"`)
	for name, form := range map[string]url.Values{
		"no cases": {"designator": {"KL1234"}, "day": {"2026-11-14"}}, "no day": {"designator": {"KL1234"}, "day": {"soon"}, "loop": {loop}},
		"no flight": {"designator": {"??"}, "day": {"2026-11-14"}, "loop": {loop}}, "no loop": {"designator": {"KL1234"}, "day": {"2026-11-14"}, "loop": {"x"}},
	} {
		if got := agent.post(flight+"/event", form).status; got != 400 {
			t.Errorf("%s: status %d, want 400", name, got)
		}
	}
	agent.done(flight+"/event", url.Values{"designator": {"kl1234"}, "day": {"2026-11-14"}, "loop": {loop}})
	agent.has(agent.get(flight), "Whole flight", "1 case", `data-test="sum-compiled">1<`)
	agent.has(agent.get("/case/"+id.String()), "Covered by a note for the whole flight", "!data-test=\"recall\"")
}
