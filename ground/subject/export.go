package subject

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Export gathers everything held about a person, for the person, and records that it was done.
// Of cases that only might be about them it says that there is a link, and nothing that
// somebody else wrote. Errors: not_found.
func (s *Service) Export(ctx context.Context, id passenger.PersonID, by string) (Document, error) {
	var d Document
	err := s.Store.InTx(ctx, func(tx ground.Tx) error {
		x := exporter{tx: tx, person: id, objects: []string{id.String()}, doc: Document{ExportedAt: tx.Now(), Flights: []FlightEntry{},
			Cases: []CaseEntry{}, Consents: []ConsentEntry{}, AccessLog: []AccessEntry{}}}
		if err := x.run(ctx); err != nil {
			return err
		}
		d = x.doc
		return audit(ctx, tx, by, "export", id.String(), "written")
	})
	return d, err
}

type exporter struct {
	tx      ground.Tx
	person  passenger.PersonID
	objects []string // whose audit rows are about the person
	doc     Document
}

func (x *exporter) run(ctx context.Context) error {
	p, err := x.tx.Person(ctx, x.person)
	if err != nil {
		return err
	}
	x.doc.Person = PersonEntry{ID: p.ID.String(), CustomerID: p.CustomerID, Surname: p.Surname, Given: p.Given, Title: p.Title, Tier: p.Tier, ErasedAt: p.ErasedAt}
	for _, a := range p.Accounts {
		x.doc.Person.Accounts = append(x.doc.Person.Accounts, string(a.Channel)+":"+a.ID)
	}
	if h, ok, err := x.tx.Hold(ctx, x.person); err != nil {
		return err
	} else if ok {
		x.doc.Hold = &HoldEntry{h.Reason, h.At}
	}
	for _, step := range []func(context.Context) error{x.consents, func(ctx context.Context) error { return x.cases(ctx, p.Accounts) }, x.flights, x.access} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (x *exporter) consents(ctx context.Context) error {
	cs, err := x.tx.ConsentHistory(ctx, x.person)
	for _, c := range cs {
		x.doc.Consents = append(x.doc.Consents, ConsentEntry{c.Answer, c.Words, c.Asker, c.At})
	}
	return err
}

// cases adds the cases that the person wrote or that are about them, by time.
func (x *exporter) cases(ctx context.Context, accounts []ground.Account) error {
	whole := map[passenger.CaseID]bool{}
	for _, a := range accounts {
		ids, err := x.tx.CasesOfAccount(ctx, a)
		if err != nil {
			return err
		}
		for _, id := range ids {
			whole[id] = true
		}
	}
	linked, err := x.tx.CasesOfPerson(ctx, x.person)
	if err != nil {
		return err
	}
	loops, err := x.tx.LoopsOfPerson(ctx, x.person)
	if err != nil {
		return err
	}
	for _, l := range loops {
		whole[l.Case] = true
	}
	for _, id := range linked {
		whole[id] = whole[id] || false
	}
	for id := range whole {
		e, err := x.caseEntry(ctx, id, whole[id])
		if err != nil {
			return err
		}
		x.doc.Cases = append(x.doc.Cases, e)
		x.objects = append(x.objects, id.String())
	}
	slices.SortFunc(x.doc.Cases, func(a, b CaseEntry) int { return cmp.Or(a.OpenedAt.Compare(b.OpenedAt), cmp.Compare(a.Case, b.Case)) })
	return nil
}

func (x *exporter) caseEntry(ctx context.Context, id passenger.CaseID, whole bool) (CaseEntry, error) {
	e := CaseEntry{Case: id.String()}
	links, err := x.tx.Links(ctx, id)
	if err != nil {
		return e, err
	}
	for _, l := range links {
		if l.Person == x.person {
			e.Link = &LinkEntry{string(l.State), l.Score, l.Reasons, l.At}
			whole = whole || l.State == ground.Linked
		}
	}
	c, err := x.tx.Case(ctx, id)
	if err != nil {
		return e, err
	}
	e.Channel, e.OpenedAt = string(c.Channel), c.OpenedAt
	if !whole {
		return e, nil
	}
	e.Topic, e.Severity, e.Lang, e.Status, e.ClosedAt, e.Because, e.Held = string(c.Topic), int(c.Severity), c.Lang, string(c.Status), c.ClosedAt, c.Because, c.Held
	posts, err := x.tx.CasePosts(ctx, id)
	if err != nil {
		return e, err
	}
	for _, p := range posts {
		pe := PostEntry{ExternalID: p.ExternalID, Author: p.AuthorName, Handle: p.AuthorHandle, Account: p.AuthorID, Text: p.Text, URL: p.URL, CreatedAt: p.CreatedAt, ArrivedAt: p.ArrivedAt}
		if utf8.Valid(p.Raw) {
			pe.Raw = string(p.Raw)
		} else {
			pe.RawBytes = p.Raw
		}
		e.Posts = append(e.Posts, pe)
	}
	rs, err := x.tx.Replies(ctx, id)
	if err != nil {
		return e, err
	}
	for _, r := range rs {
		e.Replies = append(e.Replies, ReplyEntry{r.Text, r.NoneReason, r.At})
	}
	loops, err := x.tx.LoopsOfCase(ctx, id)
	if err != nil {
		return e, err
	}
	for _, l := range loops {
		le, err := x.loopEntry(ctx, l)
		if err != nil {
			return e, err
		}
		e.Loops = append(e.Loops, le)
		x.objects = append(x.objects, l.ID.String())
	}
	return e, nil
}

func (x *exporter) loopEntry(ctx context.Context, l ground.Loop) (LoopEntry, error) {
	e := LoopEntry{Loop: l.ID.String(), State: string(l.State), End: l.EndReason, FlaggedAt: l.FlaggedAt, EndedAt: l.EndedAt, Words: l.Edits.Words}
	if l.Outcome != (passenger.Feedback{}) {
		e.Outcome = feedback(l.Outcome)
	}
	steps, err := x.tx.Transitions(ctx, l.ID)
	if err != nil {
		return e, err
	}
	for _, t := range steps {
		e.Steps = append(e.Steps, StepEntry{t.At, t.Role, t.To, t.Evidence})
	}
	items, err := x.tx.DeskItemsOf(ctx, l.ID)
	if err != nil {
		return e, err
	}
	for _, d := range items {
		e.Desk = append(e.Desk, DeskEntry{d.Reason, d.Detail, d.Decision, d.OpenedAt})
	}
	fs, err := x.tx.FollowUpsOfLoop(ctx, l.ID)
	if err != nil {
		return e, err
	}
	for _, f := range fs {
		e.FollowUps = append(e.FollowUps, FollowUpEntry{f.Cause, f.Queue, f.Deadline, f.ClosedAt, f.Result})
	}
	gs, err := x.tx.GesturesOfLoop(ctx, l.ID)
	if err != nil {
		return e, err
	}
	for _, g := range gs {
		e.Gestures = append(e.Gestures, GestureEntry{string(g.Code), g.Quantity, g.At, g.Voided})
	}
	lfs, err := x.tx.LoopFlights(ctx, l.ID)
	if err != nil {
		return e, err
	}
	for _, lf := range lfs {
		n, err := x.noteEntry(ctx, lf)
		if err != nil {
			return e, err
		}
		e.Notes = append(e.Notes, n)
	}
	return e, nil
}

// noteEntry reads a note as the crew had it, and what they recorded.
func (x *exporter) noteEntry(ctx context.Context, lf ground.LoopFlight) (NoteEntry, error) {
	f, err := x.tx.Flight(ctx, lf.Flight)
	if err != nil {
		return NoteEntry{}, err
	}
	e := NoteEntry{Flight: f.Key.String(), Note: lf.Note.String(), CreatedAt: lf.CreatedAt, Retracted: string(lf.Retracted)}
	v, err := flightsync.FoldStorage(x.tx.Lanes(ctx, lf.Flight))
	if err != nil {
		return e, err
	}
	n, ok := v.Note(lf.Note)
	if !ok {
		return e, nil
	}
	e.Name, e.Seat, e.Tier, e.Happened, e.Do, e.DoNot, e.Words = n.Note.Name, string(n.Note.Seat), n.Note.Tier, n.Note.Happened, n.Note.Do, n.Note.DoNot, n.Note.Words
	e.Delivered = n.Delivered
	for _, a := range n.SeenBy { // by role, never by device
		if m, ok := v.Member(a); ok && !slices.Contains(e.SeenBy, string(m.Role)) {
			e.SeenBy = append(e.SeenBy, string(m.Role))
		}
	}
	for _, h := range n.Heads {
		e.Recorded = append(e.Recorded, *feedback(h.Feedback))
	}
	return e, nil
}

func feedback(f passenger.Feedback) *OutcomeEntry {
	return &OutcomeEntry{string(f.Outcome), string(f.Reason), string(f.Reaction), f.Words}
}

// flights adds every line of a passenger list.
func (x *exporter) flights(ctx context.Context) error {
	ts, err := x.tx.TravellersOf(ctx, x.person)
	if err != nil {
		return err
	}
	for _, t := range ts {
		f, err := x.tx.Flight(ctx, t.Flight)
		if err != nil {
			return err
		}
		x.doc.Flights = append(x.doc.Flights, FlightEntry{Flight: f.Key.String(), Departure: f.STD, Surname: t.Surname, Given: t.Given, Title: t.Title,
			Booking: strings.Join(append([]string{t.SourceKey}, t.Facts.Keys...), " "), Seat: string(t.Seat), Cabin: t.Cabin, Tier: t.Tier, Assistance: t.Assistance, Onward: t.Onward, MinorPossible: t.Minor,
			Removed: t.Removed, NoShow: t.NoShow})
	}
	slices.SortFunc(x.doc.Flights, func(a, b FlightEntry) int { return a.Departure.Compare(b.Departure) })
	return nil
}

// access adds who saw or decided something about the person: by role, never by name.
func (x *exporter) access(ctx context.Context) error {
	for _, o := range x.objects {
		rows, err := x.tx.AuditRows(ctx, o, 0)
		if err != nil {
			return err
		}
		for _, r := range rows {
			x.doc.AccessLog = append(x.doc.AccessLog, AccessEntry{r.At, r.Role, r.Act, r.Object, r.Result})
		}
	}
	slices.SortStableFunc(x.doc.AccessLog, func(a, b AccessEntry) int { return a.At.Compare(b.At) })
	return nil
}

// Document is everything held about one person.
type Document struct {
	ExportedAt time.Time      `json:"exported_at"`
	Person     PersonEntry    `json:"person"`
	Hold       *HoldEntry     `json:"legal_hold,omitempty"`
	Consents   []ConsentEntry `json:"consents"`
	Flights    []FlightEntry  `json:"flights"`
	Cases      []CaseEntry    `json:"cases"`
	AccessLog  []AccessEntry  `json:"access_log"`
}
