package flightops

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/manifest"
	"github.com/cabinloop/cabinloop/passenger"
)

// about is what one PIL, PSM, PTM or PFS says of travellers who are on the list already. It
// never brings anybody onto it.
type about struct {
	Heading
	aside bool // the list keeps its age
	says  []saying
}

// saying is what a message says of one traveller.
type saying struct {
	Name
	longer  []Name // other readings of it, the longest last
	line    int
	locator string         // "" when not said
	seat    passenger.Seat // "" leaves it
	codes   []SSR          // help and meals beside those known
	onward  string         // "" leaves it
	gone    bool           // was not on board
}

// abouts collects the messages that speak of travellers by name, seat lists first: a final sales
// message comes last, after the door is closed.
func abouts(res Result) (out []about) {
	for _, l := range res.Seats {
		u := about{Heading: l.Heading, aside: l.SentAt.IsZero()}
		for _, s := range l.Seats {
			u.says = append(u.says, saying{Name: s.Name, longer: s.Longer, line: s.Line, seat: s.Seat, codes: s.SSRs})
		}
		out = append(out, u)
	}
	for _, l := range res.Services {
		u := about{Heading: l.Heading, aside: true}
		for _, p := range l.Passengers {
			u.says = append(u.says, saying{Name: p.Name, line: p.Line, seat: p.Seat, codes: p.SSRs, onward: p.Onward})
		}
		out = append(out, u)
	}
	for _, l := range res.Transfers {
		u := about{Heading: l.Heading, aside: true}
		for _, t := range l.Transfers {
			for _, n := range t.Names {
				u.says = append(u.says, saying{Name: n, line: t.Line, onward: t.Onward(l.Arrival)})
			}
		}
		out = append(out, u)
	}
	for _, l := range res.Finals {
		u := about{Heading: l.Heading, aside: true}
		for _, x := range l.Finals {
			if x.OffBoard() {
				u.says = append(u.says, saying{Name: x.Name, line: x.Line, locator: x.Locator, gone: true})
			}
		}
		out = append(out, u)
	}
	return out
}

// named applies one such message to the list of its flight. Somebody whom the list does not
// know, or knows twice under one name, is left as they are, with a warning.
func (f Feed) named(ctx context.Context, u about, received time.Time, rep *ground.ImportReport) error {
	for _, w := range u.Warnings {
		rep.Warn(w.File, w.Line, w.Text)
	}
	flight, err := f.resolve(ctx, u.Flight)
	if err != nil {
		return ours(err, u.File, u.Line, rep)
	}
	var rows []ground.ManifestRow
	var warnings []ground.ImportError
	known := false
	if err := f.Store.Read(ctx, func(tx ground.Tx) error {
		rows, warnings = nil, nil
		if known, err = tx.HasReceipt(ctx, u.Key); err != nil || known {
			return err
		}
		rows, warnings, err = u.rows(ctx, tx, flight.ID)
		return err
	}); err != nil {
		return ours(err, u.File, u.Line, rep)
	}
	if known {
		rep.Duplicate++
		return nil
	}
	rep.Warnings = append(rep.Warnings, warnings...)
	if f.DryRun {
		rep.Taken++
		return nil
	}
	if len(rows) == 0 { // nothing to change; the list keeps its age
		err := f.Store.InTx(ctx, func(tx ground.Tx) error { _, err := tx.Receipt(ctx, u.Key); return err })
		if err == nil {
			rep.Taken++
		}
		return err
	}
	res, err := f.Dispatch.ApplyManifest(ctx, ground.ManifestUpdate{Key: flight.Key, At: written(u.SentAt, received), Sent: !u.SentAt.IsZero(), Rank: ground.MaxRank, Aside: u.aside, Rows: rows, Receipt: u.Key})
	if err != nil {
		return ours(err, u.File, u.Line, rep)
	}
	count(res, 1, rep)
	return nil
}

// rows makes the rows that bring the travellers of a flight to what the message says.
func (u about) rows(ctx context.Context, tx ground.Tx, id passenger.FlightID) (rows []ground.ManifestRow, warnings []ground.ImportError, err error) {
	list, err := tx.Travellers(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	list = slices.DeleteFunc(list, func(t ground.Traveller) bool { return t.Removed })
	if len(list) == 0 {
		return nil, nil, passenger.Errorf(passenger.NotFound, "flightops.Feed", "nobody is on the list of the flight yet; send its list first, then this message again")
	}
	byName := map[string][]ground.Traveller{}
	for _, t := range list {
		for _, k := range uniq(manifest.Letters(t.Surname, t.Given), manifest.Letters(t.Surname, t.Given, t.Title)) {
			byName[k] = append(byName[k], t)
		}
	}
	taken := map[passenger.TravellerNo]bool{}
	for _, s := range u.says {
		var fit []ground.Traveller
		for i := len(s.longer) - 1; i >= 0 && len(fit) == 0; i-- {
			fit = fits(byName, s, s.longer[i])
		}
		if len(fit) == 0 {
			fit = fits(byName, s, s.Name)
		}
		switch {
		case len(fit) == 0:
			warnings = append(warnings, ground.ImportError{File: u.File, Line: s.line, Reason: "names somebody who is not on the list; nothing was changed for them"})
			continue
		case len(fit) > 1 || taken[fit[0].No]:
			warnings = append(warnings, ground.ImportError{File: u.File, Line: s.line, Reason: "the name fits more than one; nothing was changed for them"})
			continue
		}
		t := fit[0]
		taken[t.No] = true
		rows = append(rows, s.row(t))
	}
	return rows, warnings, nil
}

// fits returns whom a name may mean, by what is said of the locator.
func fits(byName map[string][]ground.Traveller, s saying, n Name) (fit []ground.Traveller) {
	for _, k := range uniq(manifest.Letters(n.Surname, n.Given), manifest.Letters(n.Surname, n.Raw)) {
		for _, t := range byName[k] {
			if s.locator != "" && !bookedBy(t, s.locator) || slices.ContainsFunc(fit, func(x ground.Traveller) bool { return x.No == t.No }) {
				continue
			}
			fit = append(fit, t)
		}
	}
	return fit
}

// bookedBy reports whether one of a traveller's locators is this, or none is known.
func bookedBy(t ground.Traveller, locator string) bool {
	return slices.ContainsFunc(append([]string{t.SourceKey}, t.Facts.Keys...), func(k string) bool {
		have, _, _ := strings.Cut(k, "|")
		return have == "" || have == locator
	})
}

// row names a traveller as the list does, with what the message says.
func (s saying) row(t ground.Traveller) ground.ManifestRow {
	locator, _, _ := strings.Cut(t.SourceKey, "|")
	order, _ := strconv.Atoi(t.SourceKey[strings.LastIndexByte(t.SourceKey, '|')+1:])
	r := ground.ManifestRow{Line: s.line, Locator: locator, Surname: t.Surname, Given: t.Given, Title: t.Title, Order: order, Partial: true, Off: s.gone,
		Seat: s.seat, Onward: s.onward, Assistance: Assistance(Entry{SSRs: s.codes})}
	for _, c := range s.codes {
		r.Minor = r.Minor || c.Code == "CHLD" || c.Code == "UMNR" || c.Code == "CHML"
	}
	return r
}

func uniq(keys ...string) []string { return slices.Compact(keys) }
