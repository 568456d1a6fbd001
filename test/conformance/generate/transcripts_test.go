package generate_test

import (
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

var travellers = []flightsync.Traveller{{No: 1, Name: "Ms J. Jansen", Seat: "14C", Tier: "gold"}, {No: 2, Name: "Mr P. Boer", Seat: "2A"}, {No: 3, Name: "Dr A. Ōta", Seat: "31K"}}

func noteFor(no passenger.TravellerNo) passenger.Note {
	t := travellers[no-1]
	return passenger.Note{Traveller: no, Name: t.Name, Seat: t.Seat, Tier: t.Tier, Priority: passenger.First, Moment: passenger.AtMeal,
		Happened: []passenger.Phrase{{Code: "h.meal", Args: []string{"KL0641", "2026-05-12"}}},
		Do:       []passenger.Phrase{{Code: "d.apologise"}}, Why: []passenger.PhraseCode{"w.first"}, Expires: genesis.STA.Add(12 * time.Hour)}
}

var (
	acted    = passenger.Feedback{Outcome: passenger.Acted, Reaction: passenger.Pleased, Words: "warm meal from business"}
	declined = passenger.Feedback{Outcome: passenger.Declined}
	asleep   = passenger.Feedback{Outcome: passenger.NotPossible, Reason: passenger.Asleep}
)

func form(n byte) [8]byte { return [8]byte{'f', 'o', 'r', 'm', 0, 0, 0, n} }

// load begins a flight with a list and a note, and brings tablet A up to date.
func load(t *testing.T, name string) (*play, *node, flightsync.Dot) {
	p := begin(t, name)
	p.ground.write(flightsync.Manifest, flightsync.PageDrafts(travellers)...)
	p.ground.write(flightsync.Safety, flightsync.AssistanceDraft(2, "WCHR"))
	note := p.ground.write(flightsync.Notes, flightsync.NoteDraft(noteFor(1)))[0]
	p.wrote(p.ground.node, "list, assistance, a note")
	a := p.tablet("tablet A", passenger.Lead)
	p.all(a, "the first: not bound yet", 0)
	return p, a, note
}

func TestExchanges(t *testing.T) {
	var all []transcript

	p, a, note := load(t, "there and back")
	a.mine(flightsync.SeenDraft(note), flightsync.OutcomeDraft(note, 1, acted, nil, form(1)))
	p.wrote(a, "seen and acted, offline")
	p.all(a, "ground takes both", 0)
	p.ground.write(flightsync.Admin, flightsync.Verdict{Author: a.State().Me, From: 2, To: 3, Code: flightsync.VerdictReceived}.Draft())
	p.wrote(p.ground.node, "the verdict")
	p.all(a, "the verdict crosses", 0)
	p.exchange(a, "idle: nothing to say", 0)
	all = append(all, p.transcript)

	p, a, _ = load(t, "small budgets")
	for i := range 5 {
		n := noteFor(passenger.TravellerNo(i%3 + 1))
		n.Priority, n.Words = passenger.Second, "note of a small budget"
		p.ground.write(flightsync.Notes, flightsync.NoteDraft(n))
	}
	p.ground.write(flightsync.Admin, flightsync.MovementFact{Word: passenger.Off, At: boarding.Add(time.Hour), Station: "AMS"}.Draft())
	p.wrote(p.ground.node, "five notes and a movement")
	p.all(a, "as many as fit each time", 300)
	all = append(all, p.transcript)

	p, a, note = load(t, "on board without ground")
	b := p.tablet("tablet B", passenger.Cabin)
	p.all(b, "tablet B is bound", 0)
	p.all(a, "tablet A learns of tablet B", 0)
	b.mine(flightsync.SeenDraft(note), flightsync.OutcomeDraft(note, 1, declined, nil, form(2)))
	p.wrote(b, "tablet B records")
	p.gossip(a, b, "tablet A asks tablet B")
	p.gossip(b, a, "and the other way")
	p.all(a, "tablet A carries tablet B's entries to ground", 0)
	all = append(all, p.transcript)

	vector(t, "exchange.json", all)
}

func TestForks(t *testing.T) {
	p, a, note := load(t, "a copied store: both branches are kept")
	c := a.clone("copy of tablet A")
	p.ids[c.name] = p.ids[a.name]
	p.Steps = append(p.Steps, step{Do: "clone", About: "somebody copies the store of tablet A", Who: a.name, With: c.name})
	a.mine(flightsync.SeenDraft(note), flightsync.OutcomeDraft(note, 1, acted, nil, form(1)))
	p.wrote(a, "the branch that ground sees first")
	c.mine(flightsync.OutcomeDraft(note, 1, declined, nil, form(3)), flightsync.SeatNowDraft(2, "3B", nil, form(4)))
	p.wrote(c, "the other branch")
	p.all(a, "", 0)
	p.all(c, "another history of the same lane: it gets a home, and the copy an index of its own", 0)
	p.all(a, "tablet A learns of the branch", 0)
	c.mine(flightsync.OutcomeDraft(note, 1, asleep, nil, form(5)))
	p.wrote(c, "the copy goes on under its new index")
	p.all(c, "", 0)
	p.all(a, "", 0)
	vector(t, "fork.json", []transcript{p.transcript})
}

func TestRestored(t *testing.T) {
	p, a, note := load(t, "ground comes back from a backup")
	backup := p.ground.clone("ground")
	p.ground.write(flightsync.Notes, flightsync.NoteDraft(noteFor(3)))
	p.wrote(p.ground.node, "a note that the backup will not have")
	p.all(a, "tablet A takes it", 0)
	a.mine(flightsync.OutcomeDraft(note, 1, acted, nil, form(1)))
	p.wrote(a, "")
	p.all(a, "", 0)
	backup.salts = &stream{name: "salts after the backup"}
	backup.now = p.ground.now.Add(time.Hour)
	p.ground.node = backup
	p.Steps = append(p.Steps, step{Do: "restore", About: "ground is as it was before that note", Who: "ground", After: map[string]state{"ground": stateOf(backup)}})
	n := noteFor(2)
	p.ground.write(flightsync.Notes, flightsync.NoteDraft(n))
	p.wrote(p.ground.node, "what ground writes before it hears of the loss")
	p.all(a, "what went out before stays, what was written since moves", 0)
	p.all(a, "", 0)
	vector(t, "restored.json", []transcript{p.transcript})
}

func TestLate(t *testing.T) {
	p, a, note := load(t, "after the seal")
	a.mine(flightsync.OutcomeDraft(note, 1, acted, nil, form(1)), flightsync.FinDraft())
	p.wrote(a, "recorded and handed in")
	p.all(a, "", 0)
	p.ground.write(flightsync.Admin, flightsync.CloseDraft("in"))
	p.ground.write(flightsync.Admin, flightsync.SealDraft(p.ground.State().Vector()))
	p.wrote(p.ground.node, "closed and sealed")
	p.all(a, "the seal frees what it covers", 0)
	a.mine(flightsync.Gesture{Code: passenger.Voucher, Quantity: 1, PolicyVersion: 1, Traveller: 1, Note: note}.Draft(form(6)))
	p.wrote(a, "an entry after the seal")
	p.all(a, "ground takes it, and its receipt frees it", 0)
	a.mine(flightsync.OutcomeDraft(note, 1, declined, []flightsync.Dot{{Author: 4, Seq: 2}}, form(7)), flightsync.SeatNowDraft(1, "1A", nil, form(8)))
	last := a.takeWrote()
	a.wrote = last
	p.wrote(a, "two entries, and then the lease ends")

	l, _ := a.State().Lane(a.State().Me)
	run := flightsync.SealedRun{Author: l.Author, Incarnation: l.Incarnation, Head: l.Head, Sig: l.Points[len(l.Points)-1].Sig}
	for _, o := range last {
		d, _ := flightsync.ParseDot(o.Dot)
		if run.First == 0 {
			run.First = d.Seq
		}
		run.Ops = append(run.Ops, sealFixed(t, "op "+o.Dot, p.ground.pair.Agreer().Public(), []byte(flightsync.SealedInfo), flightsync.SealedAAD(group, d, l.Incarnation), o.Raw))
	}
	client, line := p.ground.client(p.ids[a.name])
	receipts, err := client.Deliver(t.Context(), group, []flightsync.SealedRun{run})
	if err != nil || len(receipts) != 1 || !keys.Verify(p.ground.pair.Signer().Public(), run.ReceiptMessage(group, p.ids[a.name]), receipts[0]) {
		t.Fatalf("%x, %v", receipts, err)
	}
	c := line.last
	c.Headers, c.ResponseHeaders = nil, nil
	p.Steps = append(p.Steps, step{Do: "deliver", About: "the tablet can no longer read them; ground can", Who: a.name, With: "ground", Call: &c, Opened: last,
		After: map[string]state{"ground": stateOf(p.ground.node)}})
	vector(t, "late.json", []transcript{p.transcript})
}
