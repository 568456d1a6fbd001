package console

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/internal/web"
	"github.com/cabinloop/cabinloop/passenger"
)

// identity is one person who may be the affected one.
type identity struct {
	ground.Link
	Name    string
	Tier    string
	Percent int
	Flights []string // the next ones
}

type casePage struct {
	base
	Case       ground.Case
	Due        Due
	Posts      []ground.StoredPost
	Identities []identity
	Linked     *identity
	Consent    ground.ConsentRecord
	Loop       *ground.Loop
	Desk       []ground.DeskItem // open ones
	Replies    []ground.Reply
	Tell       tell
	Track      track
	FollowUp   *followUpForm // the open one that answers the customer
	Others     []ground.FollowUp
	Focus      bool // the release button has the focus: the page was opened by its key
}

func caseID(r *http.Request) (passenger.CaseID, error) {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return id, notFound("console.case")
	}
	return id, nil
}

func casePath(id passenger.CaseID) string { return "/case/" + id.String() }

func (s *server) casePage(w http.ResponseWriter, r *http.Request) error {
	id, err := caseID(r)
	if err != nil {
		return err
	}
	if err := s.audited(r, id); err != nil {
		return err
	}
	p := &casePage{base: s.page(r, "inbox", ""), Focus: r.URL.Query().Get("key") == "f"}
	ctx := r.Context()
	if err := s.Store.Read(ctx, func(tx ground.Tx) error { return p.load(ctx, tx, id) }); err != nil {
		return err
	}
	p.Title = p.Word("topic", p.Case.Topic)
	edits, err := readEdits(r.URL.Query())
	if err != nil {
		return err
	}
	edited := r.URL.Query().Has("edit")
	if p.Loop != nil && !edited {
		edits = p.Loop.Edits
	}
	if p.May("flag") {
		if p.Tell, err = s.tell(ctx, p.base, p.Case, p.Loop, edits); err != nil {
			return err
		}
	}
	if p.Track, err = s.track(ctx, p.base, p.Case, p.Loop); err != nil {
		return err
	}
	if p.FollowUp != nil {
		if err := s.draft(ctx, p.FollowUp); err != nil {
			return err
		}
		p.FollowUp.Next = casePath(id)
	}
	return web.Render(w, s.tmpl, "case", p)
}

// audited writes that the user opened the case, before anything of it is shown. A page that
// refreshes is the same look.
func (s *server) audited(r *http.Request, id passenger.CaseID) error {
	by := actor(r, "cases")
	key, now := by.Name+" "+id.String(), s.Now()
	if s.views.known(key, now) {
		return nil
	}
	ctx := r.Context()
	if err := s.Store.InTx(ctx, func(tx ground.Tx) error {
		if _, err := tx.Case(ctx, id); err != nil {
			return err
		}
		return tx.Audit(ctx, ground.AuditRow{Actor: by.Name, Role: by.Role, Act: "view-case", Object: id.String(), Result: "shown"})
	}); err != nil {
		return err
	}
	s.views.add(key, now)
	return nil
}

func (p *casePage) load(ctx context.Context, tx ground.Tx, id passenger.CaseID) (err error) {
	p.Identities, p.Linked, p.Loop, p.Desk, p.FollowUp, p.Others = nil, nil, nil, nil, nil, nil
	if p.Case, err = tx.Case(ctx, id); err != nil {
		return err
	}
	p.Due = p.base.Due(p.Case.DueAt, 5*time.Minute)
	if p.Posts, err = tx.CasePosts(ctx, id); err != nil {
		return err
	}
	if p.Replies, err = tx.Replies(ctx, id); err != nil {
		return err
	}
	if err := p.people(ctx, tx, id); err != nil {
		return err
	}
	loop, ok, err := tx.LoopOfCase(ctx, id)
	if err != nil || !ok {
		return err
	}
	p.Loop = &loop
	if p.Desk, err = tx.OpenDeskItems(ctx, &loop.ID); err != nil {
		return err
	}
	fs, err := tx.FollowUpsOfLoop(ctx, loop.ID)
	if err != nil {
		return err
	}
	for _, f := range fs {
		switch {
		case f.Cause == "reply" && f.ClosedAt.IsZero():
			p.FollowUp = &followUpForm{base: p.base, FollowUp: f, Due: p.base.Due(f.Deadline, 2*time.Hour)}
		default:
			p.Others = append(p.Others, f)
		}
	}
	return nil
}

// people names who may be the affected person; there are a handful.
func (p *casePage) people(ctx context.Context, tx ground.Tx, id passenger.CaseID) error {
	links, err := tx.Links(ctx, id)
	if err != nil {
		return err
	}
	for _, l := range links {
		person, err := tx.Person(ctx, l.Person)
		if passenger.CodeOf(err) == passenger.NotFound {
			continue // erased
		}
		if err != nil {
			return err
		}
		x := identity{Link: l, Name: strings.TrimSpace(spelled(person.Title) + " " + spelled(person.Given) + " " + spelled(person.Surname)), Tier: person.Tier, Percent: int(l.Score*100 + .5)}
		if !person.ErasedAt.IsZero() {
			continue
		}
		flights, _, err := tx.FlightsOf(ctx, l.Person, p.Now)
		if err != nil {
			return err
		}
		for _, f := range flights[:min(len(flights), 2)] {
			x.Flights = append(x.Flights, f.Key.Designator()+" "+p.base.Clock(f.STD)+" "+f.Key.Departure+"–"+f.Arrival)
		}
		p.Identities = append(p.Identities, x)
	}
	slices.SortStableFunc(p.Identities, func(a, b identity) int { return rank(a.State) - rank(b.State) })
	if len(p.Identities) > 0 && p.Identities[0].State == ground.Linked {
		p.Linked = &p.Identities[0]
		p.Consent, err = tx.Consent(ctx, p.Linked.Person)
	}
	return err
}

func rank(s ground.LinkState) int {
	return slices.Index([]ground.LinkState{ground.Linked, ground.LinkCandidate, ground.LinkRejected}, s)
}

// sign is one thing that the classification saw.
type sign struct{ Kind, Words string }

// Because says what decided the classification: words that please or displease, and words of a
// topic.
func (p *casePage) Because() []sign {
	var out []sign
	for _, x := range p.Case.Because {
		kind, words, ok := strings.Cut(x, ": ")
		switch {
		case strings.HasPrefix(x, "-"):
			out = append(out, sign{p.T("because.negative"), x[1:]})
		case strings.HasPrefix(x, "+"):
			out = append(out, sign{p.T("because.positive"), x[1:]})
		case ok:
			out = append(out, sign{p.Word("topic", kind), words})
		default:
			out = append(out, sign{p.T("because.sign"), x})
		}
	}
	return out
}

// spelled writes a name in capitals, as passenger messages have it, as people do.
func spelled(name string) string {
	if strings.ToUpper(name) != name {
		return name
	}
	words := strings.Fields(strings.ToLower(name))
	for i, w := range words {
		r := []rune(w)
		r[0] = unicode.ToUpper(r[0])
		words[i] = string(r)
	}
	return strings.Join(words, " ")
}

// Held reports whether the privacy lamp is on.
func (p *casePage) Held() bool { return len(p.Case.Held) > 0 }
