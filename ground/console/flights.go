package console

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/followup"
	"github.com/cabinloop/cabinloop/internal/web"
	"github.com/cabinloop/cabinloop/passenger"
)

// flightRow is one line of the flight board.
type flightRow struct {
	ground.Flight
	Report   followup.Report
	Phase    string // moving, soon, later, over
	HandedIn int
	Standing int // notes on board or to come
	NoEnd    int // of them without an outcome
}

type flightsPage struct {
	base
	Show   string // all, moving, coming, over
	Search string
	Rows   []flightRow
	Total  int
	Pages  pager
	Counts map[string]int
	Tabs   []string
}

// tabs are the views of the board.
var tabs = []string{"all", "moving", "coming", "over"}

// phaseOf says in which view a flight is.
func phaseOf(f ground.Flight) string {
	switch {
	case f.Stage == passenger.Closed || f.Stage == passenger.Sealed || f.Stage == passenger.Purged || !f.OnBlockAt.IsZero():
		return "over"
	case f.Movement == passenger.Cancelled:
		return "over"
	case f.Movement != "":
		return "moving"
	}
	return "coming"
}

// flights is the board: what flies, what comes within 72 hours, what landed within 48, and what is not sealed, however old.
func (s *server) flights(w http.ResponseWriter, r *http.Request) error {
	p := &flightsPage{base: s.page(r, "flights", "flights.title"), Show: r.URL.Query().Get("show"), Counts: map[string]int{}, Tabs: tabs,
		Search: strings.ToUpper(strings.Join(strings.Fields(r.URL.Query().Get("q")), ""))}
	if !slices.Contains(tabs, p.Show) {
		p.Show = "all"
	}
	ctx := r.Context()
	all, err := s.list.window(ctx, s.Store, p.Now)
	if err != nil {
		return err
	}
	var picked []ground.Flight
	for _, f := range all {
		if p.Search != "" && !strings.Contains(f.Key.Designator()+" "+f.Key.Departure+" "+f.Arrival, p.Search) {
			continue
		}
		phase := phaseOf(f)
		p.Counts["all"]++
		p.Counts[phase]++
		if p.Show == "all" || p.Show == phase {
			picked = append(picked, f)
		}
	}
	slices.SortFunc(picked, boardOrder)
	p.Total = len(picked)
	p.Pages = newPager(r, len(picked), flightsPerPage)
	picked = picked[p.Pages.From:p.Pages.To]
	var ids []passenger.FlightID
	for _, f := range picked {
		ids = append(ids, f.ID)
	}
	reports, err := s.board.reports(ctx, s.Store, ids)
	if err != nil {
		return err
	}
	for _, f := range picked {
		row := flightRow{Flight: f, Report: reports[f.ID], Phase: phaseOf(f)}
		for _, t := range row.Report.Tablets {
			if t.HandedIn {
				row.HandedIn++
			}
		}
		sums := row.Report.Sums
		row.Standing = sums.Compiled - sums.Withdrawn
		row.NoEnd = sums.NeverDelivered + sums.NotSeen + sums.NoOutcome + sums.Disputed
		p.Rows = append(p.Rows, row)
	}
	return web.Render(w, s.tmpl, "flights", p)
}

// boardOrder puts what flies on top, then what departs next, then what landed last.
func boardOrder(a, b ground.Flight) int {
	order := []string{"moving", "coming", "over"}
	x, y := slices.Index(order, phaseOf(a)), slices.Index(order, phaseOf(b))
	if x != y {
		return x - y
	}
	if phaseOf(a) == "over" {
		a, b = b, a
	}
	return cmp.Or(a.STD.Compare(b.STD), strings.Compare(a.Key.String(), b.Key.String()))
}

// View writes the address of another view of the board.
func (p *flightsPage) View(show string) string {
	q := url.Values{}
	if show != "all" {
		q.Set("show", show)
	}
	if p.Search != "" {
		q.Set("q", p.Search)
	}
	return "/flights?" + q.Encode()
}

// FlightNow says in words where the flight is.
func (b base) FlightNow(f ground.Flight) string {
	switch {
	case f.Movement == passenger.Cancelled:
		return b.T("movement.cancelled")
	case !f.OnBlockAt.IsZero():
		return b.T("flight.landed", "D", b.Ago(f.OnBlockAt))
	case f.Movement != "":
		return b.Word("movement", f.Movement)
	case f.Stage == passenger.Closed || f.Stage == passenger.Sealed:
		return b.T("flight.no_movement")
	case f.STD.Before(b.Now):
		return b.T("flight.late")
	}
	return b.T("flight.departs", "D", b.Span(f.STD.Sub(b.Now)))
}

// Route writes AMS–JFK.
func (b base) Route(f ground.Flight) string { return f.Key.Departure + "–" + f.Arrival }

// listOld is when a list is said to be old: PNL and ADL come up to the last hour.
const listOld = 6 * time.Hour

// ListOld reports whether the list of a flight that has not left yet is old.
func (b base) ListOld(f ground.Flight) bool {
	return !f.ListAt.IsZero() && phaseOf(f) == "coming" && f.STD.Sub(b.Now) < 24*time.Hour && b.Now.Sub(f.ListAt) > listOld
}
