package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/internal/web"
	"github.com/cabinloop/cabinloop/passenger"
)

// filterForm is what the inbox was asked for, as its form has it.
type filterForm struct {
	Status   string // open, closed, all
	Negative bool
	Flagged  bool
	Topic    string
	Lang     string
	Search   string
	Before   string // of a later page: time and id of the last case before it
}

func readFilter(q url.Values) filterForm {
	f := filterForm{Status: q.Get("status"), Negative: q.Get("negative") != "", Flagged: q.Get("flagged") != "",
		Topic: q.Get("topic"), Lang: q.Get("lang"), Search: strings.TrimSpace(q.Get("q")), Before: q.Get("before")}
	if f.Status != "closed" && f.Status != "all" {
		f.Status = "open"
	}
	if !slices.Contains(passenger.Topics, passenger.Topic(f.Topic)) {
		f.Topic = ""
	}
	if len(f.Search) > maxLine {
		f.Search = ""
	}
	return f
}

// Address writes the filter for an address, from the page behind before on.
func (f filterForm) Address(before string) string {
	q := url.Values{}
	set := func(k, v string) {
		if v != "" {
			q.Set(k, v)
		}
	}
	on := func(k string, b bool) {
		if b {
			q.Set(k, "1")
		}
	}
	if f.Status != "open" {
		set("status", f.Status)
	}
	on("negative", f.Negative)
	on("flagged", f.Flagged)
	set("topic", f.Topic)
	set("lang", f.Lang)
	set("q", f.Search)
	set("before", before)
	return "/?" + q.Encode()
}

func (f filterForm) filter() ground.CaseFilter {
	c := ground.CaseFilter{Negative: f.Negative, Flagged: f.Flagged, Lang: f.Lang, Topic: passenger.Topic(f.Topic), Search: f.Search}
	if f.Status != "all" {
		c.Status = ground.CaseStatus(f.Status)
	}
	at, id, _ := strings.Cut(f.Before, "~")
	t, err := time.Parse(time.RFC3339Nano, at)
	cid, err2 := uuid.Parse(id)
	if err == nil && err2 == nil {
		c.Before, c.BeforeID = t, cid
	}
	return c
}

func pageMark(c ground.Case) string {
	return c.LastPostAt.UTC().Format(time.RFC3339Nano) + "~" + c.ID.String()
}

// caseRow is one line of the inbox.
type caseRow struct {
	ground.Case
	Due   Due
	State ground.LoopState // "" when not flagged
}

// News writes the address that counts what is newer than first.
func (p *inboxPage) News() string {
	_, query, _ := strings.Cut(p.Filter.Address(""), "?")
	return "/news?" + query + "&since=" + url.QueryEscape(p.First)
}

type inboxPage struct {
	base
	Filter filterForm
	Rows   []caseRow
	First  string // the mark of the newest row
	Next   string // address of the next page, "" on the last
	Topics []passenger.Topic
	Langs  []string
}

// languages are those that the inbox offers as a filter; others are found by search.
var languages = []string{"en", "nl", "de", "fr", "es", "it", "pt", "ja", "ko", "zh", "ru", "ar", "tr", "no"}

func (s *server) inbox(w http.ResponseWriter, r *http.Request) error {
	p := &inboxPage{base: s.page(r, "inbox", "inbox.title"), Topics: passenger.Topics, Langs: languages}
	if !p.May("cases") {
		http.Redirect(w, r, p.Home(), http.StatusSeeOther)
		return nil
	}
	p.Filter = readFilter(r.URL.Query())
	f := p.Filter.filter()
	f.Limit = casesPerPage + 1
	ctx := r.Context()
	if err := s.Store.Read(ctx, func(tx ground.Tx) error {
		p.Rows = nil
		cs, err := tx.ListCases(ctx, f)
		if err != nil {
			return err
		}
		if len(cs) > casesPerPage {
			cs = cs[:casesPerPage]
			p.Next = p.Filter.Address(pageMark(cs[casesPerPage-1]))
		}
		for _, c := range cs {
			row := caseRow{Case: c, Due: p.Due(c.DueAt, 5*time.Minute)}
			// One look for each of at most a page of rows.
			l, ok, err := tx.LoopOfCase(ctx, c.ID)
			if err != nil {
				return err
			}
			if ok {
				row.State = l.State
			}
			p.Rows = append(p.Rows, row)
		}
		return nil
	}); err != nil {
		return err
	}
	if len(p.Rows) > 0 {
		p.First = pageMark(p.Rows[0].Case)
	}
	return web.Render(w, s.tmpl, "inbox", p)
}

// Marks draws severity as signs, so that it does not hang on colour.
func (c caseRow) Marks() string { return strings.Repeat("▲", max(0, min(int(c.Severity), 3))) }

type newsPage struct {
	base
	Filter filterForm
	Since  string
	New    int
	More   bool // there are more than New
}

// news counts the cases above the newest row of an open inbox.
func (s *server) news(w http.ResponseWriter, r *http.Request) error {
	p := &newsPage{base: s.base(r, ""), Filter: readFilter(r.URL.Query()), Since: r.URL.Query().Get("since")}
	p.Filter.Before = ""
	f := p.Filter.filter()
	f.Limit = maxNews + 1
	at, _, _ := strings.Cut(p.Since, "~")
	since, err := time.Parse(time.RFC3339Nano, at)
	if p.Since != "" && err != nil {
		return passenger.Errorf(passenger.Invalid, "console.news", "the page is old; open the inbox again")
	}
	ctx := r.Context()
	if err := s.Store.Read(ctx, func(tx ground.Tx) error {
		p.New = 0
		cs, err := tx.ListCases(ctx, f)
		for _, c := range cs {
			if c.LastPostAt.After(since) {
				p.New++
			}
		}
		return err
	}); err != nil {
		return err
	}
	if p.New > maxNews {
		p.New, p.More = maxNews, true
	}
	return web.Render(w, s.tmpl, "news", p)
}
