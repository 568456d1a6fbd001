package flightops

import (
	"cmp"
	"io"
	"iter"
	"regexp"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// Booking is one row of a bookings CSV: one passenger on one flight, with the schedule of the
// flight. The columns are in docs/formats.md.
type Booking struct {
	File       string
	Line       int
	Key        passenger.FlightKey // date from STD, attempt 1
	Arrival    string              // IATA
	STD, STA   time.Time           // UTC
	Locator    string
	Surname    string // without one in the file, read from FullName
	Given      string
	Title      string
	FullName   string // as the customer writes it, any script; "" when not said
	Order      int    // n-th of the same name within flight and locator, from 1
	Cabin      string // F, C, W, Y or ""
	Seat       passenger.Seat
	Tier       string
	SSRs       []SSR // codes only
	CustomerID string
	Accounts   []ground.Account // told by the customer
	Minor      bool             // under 18 possible
}

// Row returns the booking as ground keeps it.
func (b Booking) Row() ground.ManifestRow {
	return ground.ManifestRow{
		Line: b.Line, Locator: b.Locator, Surname: b.Surname, Given: b.Given, Title: b.Title, Order: b.Order, Cabin: b.Cabin,
		Seat: b.Seat, Tier: b.Tier, CustomerID: b.CustomerID, Accounts: b.Accounts, Assistance: Assistance(Entry{SSRs: b.SSRs}), Minor: b.Minor,
	}
}

// DecodeBookings reads a bookings or manifest CSV row by row, in the order of the file: UTF-8
// with or without BOM, "," or ";" by the header, quoted newlines. Each step yields a booking,
// or a refusal and a zero booking. The reader is read as far as the loop goes; the sequence
// can be used once.
func DecodeBookings(file string, r io.Reader) iter.Seq2[Booking, *RowError] {
	return func(yield func(Booking, *RowError) bool) {
		t, wrong := openTable(file, r, []string{"flight", "origin", "destination", "std", "sta"})
		if wrong == nil && !t.has("surname") && !t.has("name_full") {
			wrong = t.refuse(1, "header", "the header has neither the column surname nor name_full")
		}
		if wrong != nil {
			yield(Booking{}, wrong)
			return
		}
		seen := map[string]int{}
		for {
			row, wrong := t.next()
			if row == nil && wrong == nil {
				return
			}
			var b Booking
			if row != nil {
				if b, wrong = row.booking(); wrong == nil {
					k := strings.Join([]string{b.Key.String(), b.Locator, strings.ToUpper(b.Surname), strings.ToUpper(b.Given)}, "\x00")
					seen[k]++
					b.Order = seen[k]
				}
			}
			if !yield(b, wrong) {
				return
			}
		}
	}
}

// rounded matches a long id that a spreadsheet turned into 5.70306E+17.
var rounded = regexp.MustCompile(`^\d[.,]\d+[Ee]\+\d+$`)

func (t *table) has(column string) bool { _, ok := t.columns[column]; return ok }

func (r *row) booking() (Booking, *RowError) {
	b := Booking{File: r.file, Line: r.no, Locator: strings.ToUpper(r.short("locator")), Surname: r.short("surname"), Given: r.short("given"),
		Title: r.short("title"), FullName: r.short("name_full"), Tier: r.short("tier"), CustomerID: r.short("customer_id")}
	var err error
	if b.Key.Carrier, b.Key.Number, b.Key.Suffix, err = passenger.ParseDesignator(r.get("flight")); err != nil {
		r.bad("flight", passenger.Public(err))
	}
	b.Key.Carrier, b.Key.Attempt = Carrier(b.Key.Carrier), 1
	b.Key.Departure, b.Arrival = r.airport("origin"), r.airport("destination")
	b.STD, b.STA = r.instant("std"), r.instant("sta")
	b.Key.Date = b.STD.Format(time.DateOnly)
	if !b.STA.After(b.STD) || b.STA.Sub(b.STD) > day {
		r.bad("sta", "the arrival must be later than the departure, by at most 24 hours; mind the offsets")
	}
	if b.Locator != "" && !locatorRE.MatchString(b.Locator) {
		r.bad("locator", "a locator has letters and digits only")
	}
	if b.Surname == "" && b.FullName == "" {
		r.bad("surname", "a name is needed: surname or name_full")
	}
	if b.Surname == "" {
		b.nameFromFull()
	}
	if rounded.MatchString(b.CustomerID) {
		r.bad("customer_id", "a spreadsheet rounded the id; export the column as text")
	}
	b.Cabin = r.cabin()
	if b.Seat, err = passenger.ParseSeat(r.get("seat")); err != nil {
		r.bad("seat", passenger.Public(err))
	}
	r.services(&b)
	b.Accounts = r.accounts()
	switch strings.ToUpper(b.Title) {
	case "CHD", "MSTR", "MISS", "INF":
		b.Minor = true
	}
	if r.wrong != nil {
		return Booking{}, r.wrong
	}
	return b, nil
}

// nameFromFull fills in what the columns of the name leave open. A given name that stands in
// front of the full name leaves the surname.
func (b *Booking) nameFromFull() {
	surname, given, title := splitFullName(b.FullName)
	if rest, ok := strings.CutPrefix(b.FullName, b.Given+" "); ok && b.Given != "" {
		surname, given = rest, b.Given
	}
	b.Surname, b.Given, b.Title = surname, cmp.Or(b.Given, given), cmp.Or(b.Title, title)
}

func (r *row) airport(column string) string {
	a, err := LookupAirport(strings.ToUpper(r.get(column)))
	if err != nil {
		r.bad(column, passenger.Public(err))
	}
	return a.IATA
}

// instant reads a time with its offset; without one a schedule would be guessed.
func (r *row) instant(column string) time.Time {
	t, err := time.Parse(time.RFC3339, r.get(column))
	if err != nil || t.Year() < 2000 || t.Year() > 2200 {
		r.bad(column, "a time reads 2026-11-21T09:40:00Z or 2026-11-21T10:40:00+01:00")
		return time.Time{}
	}
	return t.UTC()
}

func (r *row) cabin() string {
	switch strings.ToLower(r.get("cabin")) {
	case "":
		return ""
	case "f", "first":
		return "F"
	case "c", "j", "business":
		return "C"
	case "w", "premium", "premium economy":
		return "W"
	case "y", "economy":
		return "Y"
	}
	r.bad("cabin", "a cabin is F, C, W or Y, or first, business, premium or economy")
	return ""
}

// services reads SSR codes; documents and contacts are dropped.
func (r *row) services(b *Booking) {
	for code := range strings.FieldsSeq(strings.ToUpper(r.get("ssr"))) {
		m := codeRE.FindStringSubmatch(code)
		switch {
		case m == nil || m[2] != code:
			r.bad("ssr", "codes of four letters, with blanks between them: WCHR VGML")
			return
		case forbidden(code):
			continue
		case code == "CHLD" || code == "UMNR" || code == "CHML":
			b.Minor = true
		}
		b.SSRs = append(b.SSRs, SSR{Code: code})
	}
}

// accounts reads "x:12345 whatsapp:3161…": channel and the platform's id.
func (r *row) accounts() (out []ground.Account) {
	for h := range strings.FieldsSeq(r.get("handles")) {
		channel, id, ok := strings.Cut(h, ":")
		c, err := passenger.ParseChannel(strings.ToLower(channel))
		switch {
		case !ok || id == "":
			r.bad("handles", "accounts are written channel:id, with blanks between them")
			return nil
		case err != nil:
			r.bad("handles", passenger.Public(err))
			return nil
		case rounded.MatchString(id):
			r.bad("handles", "a spreadsheet rounded an account id; export the column as text")
			return nil
		case len(id) > MaxFieldRunes*4:
			r.bad("handles", "an account id is too long")
			return nil
		}
		out = append(out, ground.Account{Channel: c, ID: id})
	}
	return out
}
