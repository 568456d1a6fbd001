package console

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/internal/web"
)

type deskRow struct {
	ground.DeskItem
	Due     Due
	Reasons []string
	ByCase  bool // only the case itself can clear it: a person or a consent is missing
}

type deskPage struct {
	base
	Rows  []deskRow
	Total int
	Pages pager
}

// desk lists what is missing before notes can be compiled, the next departure first.
func (s *server) desk(w http.ResponseWriter, r *http.Request) error {
	p := &deskPage{base: s.page(r, "desk", "desk.title")}
	ctx := r.Context()
	var items []ground.DeskItem
	if err := s.Store.Read(ctx, func(tx ground.Tx) (err error) {
		items, err = tx.OpenDeskItems(ctx, nil)
		return err
	}); err != nil {
		return err
	}
	p.Total = len(items)
	p.Pages = newPager(r, len(items), rowsPerPage)
	for _, d := range items[p.Pages.From:p.Pages.To] {
		row := deskRow{DeskItem: d, Due: p.Due(d.Deadline, 6*time.Hour), ByCase: d.Reason == "identity" || d.Reason == "consent"}
		for _, x := range d.Detail {
			row.Reasons = append(row.Reasons, p.Word("held", x))
		}
		p.Rows = append(p.Rows, row)
	}
	return web.Render(w, s.tmpl, "desk", p)
}

func (s *server) decideDesk(w http.ResponseWriter, r *http.Request) error {
	item, err := strconv.ParseInt(r.PathValue("item"), 10, 64)
	if err != nil {
		return notFound("console.decideDesk")
	}
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	decision := r.PostForm.Get("decision")
	if err := s.Cases.DecideDesk(r.Context(), item, decision, actor(r, "desk")); err != nil {
		return err
	}
	return s.done(w, r, "said.desk_"+decision, localPath(r.PostForm.Get("next")))
}

// pager cuts a list into pages.
type pager struct {
	From, To   int
	Page, Last int // from 1
	address    url.URL
}

func newPager(r *http.Request, total, size int) pager {
	p := pager{Page: 1, Last: max(1, (total+size-1)/size), address: url.URL{Path: r.URL.Path, RawQuery: r.URL.RawQuery}}
	if n, err := strconv.Atoi(r.URL.Query().Get("page")); err == nil {
		p.Page = min(max(n, 1), p.Last)
	}
	p.From = (p.Page - 1) * size
	p.To = min(p.From+size, total)
	return p
}

// Prev is the address of the page before this one; "" for none.
func (p pager) Prev() string { return p.at(p.Page - 1) }

// Next is the address of the page behind this one; "" for none.
func (p pager) Next() string { return p.at(p.Page + 1) }

func (p pager) at(page int) string {
	if page < 1 || page > p.Last {
		return ""
	}
	q := p.address.Query()
	q.Set("page", strconv.Itoa(page))
	return p.address.Path + "?" + q.Encode()
}
