package console

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/dispatch"
	"github.com/cabinloop/cabinloop/ground/followup"
	"github.com/cabinloop/cabinloop/internal/web"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// state is one state of one page, with what a reader must find or (with "!") not find.
type state struct {
	name, template string
	page           func(b base) any
	want           []string
}

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func someNote() passenger.Note {
	return passenger.Note{Traveller: 1, Name: "Ms A. de Vries", Seat: "4C", Tier: "Platinum", Happened: []passenger.Phrase{{Code: "h.meal", Args: []string{"KL0643", "2026-11-12"}}},
		Do: []passenger.Phrase{{Code: "d.ask"}}, DoNot: []passenger.Phrase{{Code: "n.promise_money"}}, Why: []passenger.PhraseCode{"w.tier"}, Words: "Vegetarian", Priority: 1, Moment: passenger.AtMeal, Private: true, Expires: noon}
}

func someTell(b base, change func(*tell)) tell {
	n := someNote()
	t := tell{base: b, CaseID: uuid.New(), Preview: dispatch.Preview{Note: n, Flight: "KL0641/2026-11-21/AMS", Departs: noon, Reach: "own"}, Written: true, Cards: []card{b.card("en", n), b.card("nl", n)},
		Do: choices("do", b.Lang(), []passenger.PhraseCode{"d.ask"}), DoNot: choices("not", b.Lang(), nil), Moments: passenger.Moments, Open: true, Edits: ground.Edits{Moment: passenger.AtMeal, Priority: 1}}
	change(&t)
	return t
}

func someFlight(change func(*ground.Flight)) ground.Flight {
	f := ground.Flight{Key: passenger.FlightKey{Carrier: "KL", Number: 641, Date: "2026-11-21", Departure: "AMS", Attempt: 1}, Arrival: "JFK", STD: noon.Add(time.Hour), STA: noon.Add(9 * time.Hour), Stage: passenger.Open, ListAt: noon.Add(-9 * time.Hour)}
	change(&f)
	return f
}

var states = []state{
	{"recall, every fate of a tablet", "track", func(b base) any {
		return track{base: b, Flagged: true, State: ground.LoopEnded, End: "recalled", Flight: "/flight/x", Reason: passenger.Asleep, Reaction: passenger.Neutral,
			Recalled: []recallLine{{"T1", "removed"}, {"T2", "not-yet-reached"}, {"T3", "already-seen"}}, Steps: steps(b, nil, ""), Log: []ground.Transition{{To: "ended", Role: "social", Evidence: "recalled", At: noon}}}
	}, []string{`data-state="removed"`, `data-state="not-yet-reached"`, `data-state="already-seen"`, `data-test="loop-end"`}},
	{"declined and closed without an answer", "track", func(b base) any {
		log := []ground.Transition{{To: "flagged", Role: "social", At: noon}, {To: "declined", Role: "crew", At: noon, Evidence: "F note 3.1"}, {To: "closed", Role: "social", At: noon, Evidence: "not-wanted"}}
		return track{base: b, Flagged: true, State: ground.LoopClosed, Event: true, Steps: steps(b, log, "F"), Log: log, MayRecall: true}
	}, []string{`class="done branch" data-test="track-step" data-step="outcome"`, `data-test="recall"`}},
	{"partner", "preview", func(b base) any { return someTell(b, func(t *tell) { t.Preview.Reach = "partner" }) }, []string{"Ms A. de Vries", `data-test="preview-nl"`, `data-test="preview-en"`}},
	{"no reach", "preview", func(b base) any {
		return someTell(b, func(t *tell) { t.Preview.Reach, t.Missing, t.Preview.Flight = "none", "no-reach", "" })
	}, []string{`data-reason="no-reach"`}},
	{"no words", "preview", func(b base) any {
		return someTell(b, func(t *tell) { t.Written, t.Cards, t.Missing, t.Reasons = false, nil, "crew-topic", []string{"x"} })
	}, []string{`data-test="no-words"`, `data-reason="crew-topic"`}},
	{"a flight in trouble", "flight", func(b base) any {
		f := someFlight(func(f *ground.Flight) {
			f.Stage, f.ListDoubt, f.Revision, f.ClosedAt = passenger.Closed, "aircraft", 2, noon
		})
		p := &flightPage{base: b, Flight: f, MaySeal: true, MayReopen: true, MayEvent: true, Names: true, Day: "2026-11-21"}
		p.Report = followup.Report{OpsIssued: 3, OpsOnGround: 2, Waiting: []followup.Waiting{{Tablet: "T2", Holds: 1}, {Tablet: "T3"}}, Contradictions: []followup.Contradiction{{What: "note-unbooked", Of: "3.1"}, {What: "booked", Of: "3.2", Says: "acted", Other: "disputed"}}}
		p.Report.Sums = flightsync.Sums{Compiled: 3, Delivered: 1, Seen: 1, Acted: 1}
		p.Equations = equations(p.Report.Sums)
		for _, m := range []string{"handed-in", "holds", "waiting", "never", "in-contact"} {
			p.Tablets = append(p.Tablets, tabletRow{TabletLine: followup.TabletLine{Name: "T " + m, Role: passenger.Lead, Zone: "A"}, Mark: m, Lacks: 2})
		}
		p.Tablets[0].Anyway, p.Tablets[0].Alone, p.Tablets[3].Gone = passenger.TabletFailing, 1, "lost"
		n := someNote()
		p.Notes = []noteRow{{NoteView: flightsync.NoteView{Note: n, Retracted: flightsync.RetractMoved}, Bucket: "withdrawn", Says: []string{"x"}, Case: uuid.New()},
			{NoteView: flightsync.NoteView{Note: passenger.Note{Event: true, Cases: 3}}, Bucket: "disputed"}, {NoteView: flightsync.NoteView{Note: n, Erased: true}, Bucket: "not-possible", Reason: passenger.NoStock}}
		p.Offer = []eventCase{{Case: ground.Case{Topic: passenger.TopicDelay, Flight: "KL1234", Excerpt: "late"}}}
		return p
	}, []string{`data-test="contradiction"`, `data-test="waiting"`, `class="eq bad"`, "≠", `data-mark="holds"`, `data-test="hand-in-why"`, `data-test="seal"`, `data-test="reopen"`, `data-test="event-form"`}},
	{"a flight before an administrator", "flight", func(b base) any {
		p := &flightPage{base: b, Flight: someFlight(func(f *ground.Flight) { f.ListAt = time.Time{} }), Equations: equations(flightsync.Sums{})}
		n := someNote()
		n.Name = ""
		p.Notes = []noteRow{{NoteView: flightsync.NoteView{Note: n}, Bucket: "not-seen"}}
		return p
	}, []string{"4C", "!Vries"}},
	{"an empty flight", "flight", func(b base) any {
		return &flightPage{base: b, MayEvent: true, Flight: someFlight(func(f *ground.Flight) { f.Movement = passenger.Cancelled })}
	}, []string{`data-test="no-offer"`}},
	{"the board", "flights", func(b base) any {
		p := &flightsPage{base: b, Show: "over", Search: "KL", Tabs: tabs, Counts: map[string]int{"all": 5}, Pages: pager{Page: 2, Last: 3}}
		for _, change := range []func(*ground.Flight){func(f *ground.Flight) { f.ListDoubt = "gap" }, func(f *ground.Flight) { f.Movement = passenger.Diverted },
			func(f *ground.Flight) { f.OnBlockAt, f.Stage, f.Revision = noon, passenger.Sealed, 1 }, func(f *ground.Flight) { f.Stage = passenger.Closed }, func(f *ground.Flight) { f.STD = noon.Add(-time.Hour); f.ListAt = time.Time{} }} {
			f := someFlight(change)
			p.Rows = append(p.Rows, flightRow{Flight: f, Phase: phaseOf(f)})
		}
		p.Rows[0].Report.Contradictions, p.Rows[0].Report.Open, p.Rows[0].Standing, p.Rows[0].NoEnd = []followup.Contradiction{{What: "sums"}}, 1, 3, 1
		p.Rows[1].Report.Waiting, p.Rows[1].Report.Tablets = make([]followup.Waiting, 2), []followup.TabletLine{{}}
		return p
	}, []string{`data-test="contradiction"`, `data-test="waiting"`, `data-test="list-doubt"`, `data-test="next-page"`, `href="/flights?q=KL&amp;show=moving"`}},
	{"an empty board", "flights", func(b base) any { return &flightsPage{base: b, Tabs: tabs, Show: "all", Counts: map[string]int{}} }, []string{`data-test="empty"`}},
	{"a receipt with everything", "receipt", func(b base) any {
		end := noon
		return &receiptPage{b, followup.Receipt{State: ground.LoopClosed, End: "not-wanted", EndedAt: &end, NoneReason: "not-wanted", Steps: []followup.Step{{At: noon, Role: "rule", To: "closed", Evidence: "not-wanted"}},
			Notes:    []followup.NoteLine{{Flight: "KL0641/2026-11-21/AMS", FlightID: "x", Note: "3.1", Event: true, Bucket: "not-possible", Reason: passenger.Asleep, Reaction: passenger.Pleased, Retracted: flightsync.RetractSettled, Final: true}},
			Gestures: []followup.GestureLine{{Code: passenger.Miles, Quantity: 2, Op: "5.1", Voided: true}}, FollowUps: []followup.FollowUpLine{{Cause: "reply", Queue: "social", ClosedAt: &end, Result: "not-wanted"}, {Cause: "disputed", Queue: "ground"}}, Proven: true}}
	}, []string{`data-proven="true"`, "5.1"}},
	{"follow-ups", "followups", func(b base) any {
		p := &followUpsPage{base: b, Queue: "ground", Queues: queues, Counts: map[string]int{}, Over: 1, Pages: pager{Page: 1, Last: 1}}
		p.group([]ground.FollowUp{{Cause: "disputed", Queue: "ground", GroupKey: "KL0641/2026-11-21/AMS disputed", Flight: passenger.FlightID{1}, Deadline: noon.Add(-time.Hour), Escalated: true}, {Cause: "second-gesture", Queue: "ground", Deadline: noon.Add(99 * time.Hour)}})
		return p
	}, []string{`data-test="overdue"`, `class="due over"`, `href="/flight/0100000000000000"`}},
	{"a follow-up of ground", "followup", func(b base) any {
		return &followUpPage{b, followUpForm{base: b, FollowUp: ground.FollowUp{Cause: "displeased", Queue: "ground", Case: uuid.New()}, MayClose: true}}
	}, []string{`data-test="result-text"`, `data-test="followup-close"`}},
	{"a follow-up that is closed", "followup", func(b base) any {
		return &followUpPage{b, followUpForm{base: b, FollowUp: ground.FollowUp{Cause: "reply", Queue: "social", ClosedAt: noon, Result: "replied"}}}
	}, []string{`data-test="followup-closed"`}},
	{"a follow-up of another queue", "followup", func(b base) any {
		return &followUpPage{b, followUpForm{base: b, FollowUp: ground.FollowUp{Cause: "question", Queue: "social"}}}
	}, []string{"!followup-close"}},
	{"desk", "desk", func(b base) any {
		return &deskPage{base: b, Total: 200, Pages: pager{Page: 1, Last: 2}, Rows: []deskRow{{DeskItem: ground.DeskItem{Reason: "minor-possible"}, Due: b.Due(noon.Add(time.Hour), 2*time.Hour)}, {DeskItem: ground.DeskItem{Reason: "consent"}, ByCase: true, Reasons: []string{"x", "y"}}}}
	}, []string{`class="due soon"`, `data-test="next-page"`}},
	{"news", "news", func(b base) any { return newsPage{base: b, New: 99, More: true} }, []string{`data-test="news"`}},
}

func TestEveryStateOfEveryPage(t *testing.T) {
	t.Parallel()
	m := messages(t)
	assets, err := web.NewAssets(sub(assetFiles, "assets"))
	if err != nil {
		t.Fatal(err)
	}
	tmpl, err := parse(assets)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range states {
		for _, lang := range m.Languages() {
			t.Run(s.template+": "+s.name+" in "+lang, func(t *testing.T) {
				b := base{Words: m.In(lang), all: m, Now: noon, SignedIn: true, Keys: true, Title: "x", Path: "/", User: ground.User{Name: "nora", Roles: []string{"social", "ground", "admin"}}}
				var out bytes.Buffer
				if err := tmpl.ExecuteTemplate(&out, s.template, s.page(b)); err != nil {
					t.Fatal(err)
				}
				body := out.String()
				for _, x := range append(s.want, "!⟦", "!ZgotmplZ", "!<no value>", "!%!") {
					not, forbidden := strings.CutPrefix(x, "!")
					if forbidden && strings.Contains(body, not) || !forbidden && !strings.Contains(body, x) {
						t.Errorf("want %q in:\n%s", x, body)
					}
				}
			})
		}
	}
}
