package console

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/followup"
	"github.com/cabinloop/cabinloop/internal/web"
	"github.com/cabinloop/cabinloop/passenger"
)

// followUpRow is one line of a group.
type followUpRow struct {
	ground.FollowUp
	Due Due
}

// followUpGroup holds the follow-ups of one flight and cause.
type followUpGroup struct {
	Flight string // key
	Path   string
	Cause  string
	Rows   []followUpRow
	Over   int // of them past their deadline
}

type followUpsPage struct {
	base
	Queue  string // mine, social, ground, all
	Queues []string
	Groups []followUpGroup
	Counts map[string]int
	Over   int
	Total  int
	Pages  pager
}

// queues are the owner queues, as the list's views.
var queues = []string{"social", "ground", "all"}

func (s *server) followUps(w http.ResponseWriter, r *http.Request) error {
	p := &followUpsPage{base: s.page(r, "followups", "followups.title"), Queue: r.URL.Query().Get("queue"), Queues: queues, Counts: map[string]int{}}
	if !slices.Contains(queues, p.Queue) {
		p.Queue = "all"
		if len(p.User.Roles) == 1 && slices.Contains(queues, p.User.Roles[0]) {
			p.Queue = p.User.Roles[0]
		}
	}
	ctx := r.Context()
	var open []ground.FollowUp
	if err := s.Store.Read(ctx, func(tx ground.Tx) (err error) {
		open, err = tx.ListFollowUps(ctx, true)
		return err
	}); err != nil {
		return err
	}
	var mine []ground.FollowUp
	for _, f := range open {
		p.Counts["all"]++
		p.Counts[f.Queue]++
		if p.Queue == "all" || p.Queue == f.Queue {
			mine = append(mine, f)
			p.Over += boolInt(f.Deadline.Before(p.Now))
		}
	}
	p.Total = len(mine)
	p.Pages = newPager(r, len(mine), rowsPerPage)
	p.group(mine[p.Pages.From:p.Pages.To])
	return web.Render(w, s.tmpl, "followups", p)
}

// group gathers follow-ups by flight and cause, the group with the first deadline on top.
func (p *followUpsPage) group(fs []ground.FollowUp) {
	at := map[string]int{}
	for _, f := range fs {
		i, ok := at[f.GroupKey]
		if !ok {
			i = len(p.Groups)
			at[f.GroupKey] = i
			flight, _, _ := strings.Cut(f.GroupKey, " ")
			g := followUpGroup{Flight: flight, Cause: f.Cause}
			if f.Flight != (passenger.FlightID{}) {
				g.Path = "/flight/" + f.Flight.String()
			}
			p.Groups = append(p.Groups, g)
		}
		row := followUpRow{f, p.Due(f.Deadline, 2*time.Hour)}
		p.Groups[i].Rows = append(p.Groups[i].Rows, row)
		p.Groups[i].Over += boolInt(row.Due.Level == "over")
	}
}

// followUpForm closes one follow-up.
type followUpForm struct {
	base
	FollowUp    ground.FollowUp
	Due         Due
	NoneReasons []string
	Draft       string
	Past        []followup.Suggestion // answers to like questions, below the draft
	MayClose    bool
	Next        string // where closing leads
}

func (s *server) draft(ctx context.Context, f *followUpForm) (err error) {
	f.NoneReasons = followup.NoneReasons
	f.MayClose = slices.Contains(f.User.Roles, f.FollowUp.Queue) && f.FollowUp.ClosedAt.IsZero()
	f.Next = "/followups"
	if f.FollowUp.Cause == "reply" && f.MayClose {
		if f.Draft, err = s.FollowUps.Draft(ctx, f.FollowUp.Case); err != nil {
			return err
		}
		f.Past, err = s.FollowUps.Past(ctx, f.FollowUp.Case)
	}
	return err
}

// Owned reports whether the follow-up is about a case.
func (f *followUpForm) HasCase() bool { return f.FollowUp.Case != (passenger.CaseID{}) }

type followUpPage struct {
	base
	Form followUpForm
}

func (s *server) followUp(r *http.Request) (f ground.FollowUp, err error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return f, notFound("console.followUp")
	}
	err = s.Store.Read(r.Context(), func(tx ground.Tx) (err error) {
		f, err = tx.FollowUp(r.Context(), id)
		return err
	})
	return f, err
}

func (s *server) followUpPage(w http.ResponseWriter, r *http.Request) error {
	f, err := s.followUp(r)
	if err != nil {
		return err
	}
	p := &followUpPage{base: s.page(r, "followups", "followup.title")}
	p.Form = followUpForm{base: p.base, FollowUp: f, Due: p.Due(f.Deadline, 2*time.Hour)}
	if err := s.draft(r.Context(), &p.Form); err != nil {
		return err
	}
	return web.Render(w, s.tmpl, "followup", p)
}

func (s *server) closeFollowUp(w http.ResponseWriter, r *http.Request) error {
	f, err := s.followUp(r)
	if err != nil {
		return err
	}
	u, _ := userOf(r)
	if !slices.Contains(u.Roles, f.Queue) {
		return passenger.Errorf(passenger.Forbidden, "console.closeFollowUp", "this follow-up belongs to another team's queue")
	}
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	a := followup.Answer{By: u.Name, Role: f.Queue, Result: strings.TrimSpace(r.PostForm.Get("result"))}
	if r.PostForm.Get("how") == "none" {
		if a.NoneReason = r.PostForm.Get("none"); a.NoneReason == "" {
			return passenger.Errorf(passenger.Invalid, "console.closeFollowUp", "choose why nobody is answered")
		}
	} else {
		a.Reply = strings.ReplaceAll(strings.TrimSpace(r.PostForm.Get("reply")), "\r\n", "\n")
	}
	if err := s.FollowUps.Close(r.Context(), f.ID, a); err != nil {
		return err
	}
	return s.done(w, r, "said.followup", localPath(r.PostForm.Get("next")))
}
