package followup

import (
	"context"
	"fmt"
	"slices"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// TabletLine says what one tablet of a flight has reported.
type TabletLine struct {
	Tablet   passenger.TabletID `json:"tablet"`
	Name     string             `json:"name"`
	Role     passenger.Role     `json:"role"`
	Zone     string             `json:"zone"`
	Issued   uint64             `json:"issued"`
	OnGround uint64             `json:"on_ground"`
	HandedIn bool               `json:"handed_in"`
	// Anyway is why it was handed in although Alone entries were on no other device; "" when none were.
	Anyway passenger.HandInReason `json:"handed_in_anyway,omitempty"`
	Alone  int                    `json:"alone,omitempty"`
	// Gone is "lost", "revoked" or "replaced" of a device that has no access any more; MayHold, that
	// entries which ground has never seen may still be on it; Review, how many wait for a person.
	Gone    string `json:"gone,omitempty"`
	MayHold bool   `json:"may_hold,omitempty"`
	Review  int    `json:"review,omitempty"`
	// WrittenOff is why a person stopped waiting for it.
	WrittenOff string `json:"written_off,omitempty"`

	LastAt string `json:"last_at,omitempty"`
}

// Report is the reconciliation report of one flight.
type Report struct {
	Flight   string `json:"flight"`
	Stage    string `json:"stage"`
	Revision int    `json:"revision"`
	flightsync.Sums
	OpsIssued      uint64          `json:"ops_issued"`
	OpsOnGround    uint64          `json:"ops_on_ground"`
	FollowUps      int             `json:"follow_ups"`
	Open           int             `json:"follow_ups_open"`
	Gestures       int             `json:"gestures"`
	Recorded       int             `json:"recorded"` // outcome and resolve ops on ground, superseded ones too
	Late           int             `json:"late"`     // verdicts given after the seal
	Quarantined    int             `json:"quarantined"`
	Tablets        []TabletLine    `json:"tablets"`
	Waiting        []Waiting       `json:"waiting,omitempty"`        // amber
	Contradictions []Contradiction `json:"contradictions,omitempty"` // red
	SumsClose      bool            `json:"sums_close"`
}

// Waiting is a tablet that a flight waits for: for entries that it holds, for a person to decide
// about entries of it that are held on ground, for what a device without access may still have (Gone)
// or, with none of these, for its hand-in.
type Waiting struct {
	Tablet string // its name
	Holds  int
	Review int              // entries that wait for a person
	Gone   passenger.Access // why its access ended; it may hold entries
}

func (w Waiting) String() string {
	switch {
	case w.Review > 0:
		return fmt.Sprintf("%d entries of tablet %s wait for a decision: its access had ended", w.Review, w.Tablet)
	case w.Gone != "":
		return fmt.Sprintf("tablet %s was %s and may hold entries", w.Tablet, gone[w.Gone])
	case w.Holds == 0:
		return fmt.Sprintf("tablet %s has not handed in", w.Tablet)
	}
	return fmt.Sprintf("tablet %s still holds %d entries", w.Tablet, w.Holds)
}

var gone = map[passenger.Access]string{passenger.AccessLost: "lost", passenger.AccessRevoked: "revoked", passenger.AccessReplaced: "replaced by another device"}

// MarshalText implements [encoding.TextMarshaler].
func (w Waiting) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// Report makes the report of a flight as it stands now. Errors: not_found.
func (s *Service) Report(ctx context.Context, id passenger.FlightID) (r Report, err error) {
	err = s.Store.Read(ctx, func(tx ground.Tx) error {
		r, err = report(ctx, tx, id)
		return err
	})
	return r, err
}

func report(ctx context.Context, tx ground.Tx, id passenger.FlightID) (Report, error) {
	f, err := tx.Flight(ctx, id)
	if err != nil {
		return Report{}, err
	}
	v, err := flightsync.FoldStorage(tx.Lanes(ctx, id))
	if err != nil {
		return Report{}, err
	}
	r := Report{Flight: f.Key.String(), Stage: string(f.Stage), Revision: f.Revision, Sums: v.Sums(), Quarantined: len(v.Quarantine)}
	for _, x := range v.Verdicts {
		if x.Code == flightsync.VerdictLate {
			r.Late++
		}
	}
	if err := r.tablets(ctx, tx, id, v, f); err != nil {
		return r, err
	}
	if err := r.recorded(tx.Lanes(ctx, id), v); err != nil {
		return r, err
	}
	if err := r.work(ctx, tx, id, v); err != nil {
		return r, err
	}
	if err := r.books(ctx, tx, f, v); err != nil {
		return r, err
	}
	if !r.Sums.Close() {
		r.red("sums", "", "", "")
	}
	r.SumsClose = len(r.Contradictions) == 0 && r.OpsIssued == r.OpsOnGround &&
		!slices.ContainsFunc(r.Waiting, func(w Waiting) bool { return w.Gone != "" || w.Review > 0 })
	return r, nil
}

func (r *Report) red(what string, of, says, other any) {
	r.Contradictions = append(r.Contradictions, Contradiction{what, fmt.Sprint(of), fmt.Sprint(says), fmt.Sprint(other)})
}

func (r *Report) tablets(ctx context.Context, tx ground.Tx, id passenger.FlightID, v *flightsync.View, f ground.Flight) error {
	cs, err := tx.Crossings(ctx, id)
	if err != nil {
		return err
	}
	st, err := tx.Lanes(ctx, id).State()
	if err != nil {
		return err
	}
	last := map[passenger.TabletID]flightsync.Author{} // the standing incarnation of each tablet
	for _, c := range cs {
		if !c.FirstAt.IsZero() {
			last[c.Tablet] = max(last[c.Tablet], c.Author)
		}
	}
	for _, c := range cs {
		if overtaken(c, cs) {
			continue
		}
		t, err := tx.Tablet(ctx, c.Tablet)
		if err != nil {
			return err
		}
		e, _ := v.Member(c.Author)
		seq, fin := v.Fins[c.Author]
		line := TabletLine{Tablet: c.Tablet, Name: t.Name, Role: e.Role, Zone: e.Zone, Issued: c.Issued, OnGround: v.Vector.Of(c.Author), HandedIn: fin}
		if line.Anyway, line.Alone, err = anyway(tx.Lanes(ctx, id), flightsync.Dot{Author: c.Author, Seq: seq}); err != nil {
			return err
		}
		access, may, review, err := c.Stays(ctx, tx, st, v)
		if err != nil {
			return err
		}
		line.MayHold, line.Review, line.WrittenOff = may, review, c.SettledWhy
		if access.Held() {
			line.Gone = string(access)
		}
		if !c.LastAt.IsZero() {
			line.LastAt = c.LastAt.UTC().Format("2006-01-02T15:04:05Z")
		}
		r.Tablets = append(r.Tablets, line)
		r.OpsIssued += c.Issued
		r.OpsOnGround += line.OnGround
		if c.OnGround != line.OnGround {
			r.red("register", t.Name, c.OnGround, line.OnGround)
		}
		over := f.Stage == passenger.Closed || f.Stage == passenger.Sealed
		switch {
		case c.Issued > line.OnGround:
			r.Waiting = append(r.Waiting, Waiting{Tablet: t.Name, Holds: int(c.Issued - line.OnGround)})
		case may:
			r.Waiting = append(r.Waiting, Waiting{Tablet: t.Name, Gone: access})
		case over && !fin && !c.FirstAt.IsZero() && line.Gone == "" && c.SettledAt.IsZero() && c.Author == last[c.Tablet]:
			r.Waiting = append(r.Waiting, Waiting{Tablet: t.Name})
		}
		if review > 0 {
			r.Waiting = append(r.Waiting, Waiting{Tablet: t.Name, Review: review})
		}
	}
	return nil
}

// overtaken reports whether an index was reserved for a tablet that got another one instead, after
// the database came from a backup.
func overtaken(c ground.Crossing, cs []ground.Crossing) bool {
	free := flightsync.Incarnation{}
	return c.Incarnation == free && c.FirstAt.IsZero() && slices.ContainsFunc(cs, func(x ground.Crossing) bool {
		return x.Tablet == c.Tablet && x.Author > c.Author && x.Incarnation != free
	})
}

// anyway reads from a fin why it was written although entries were on no other device. A dot
// without a number is no fin.
func anyway(s flightsync.Storage, fin flightsync.Dot) (reason passenger.HandInReason, alone int, err error) {
	if fin.Seq == 0 {
		return "", 0, nil
	}
	err = s.Ops(fin.Author, fin.Seq, func(o flightsync.Op) bool {
		// One that cannot be read hands in all the same, and gives no reason.
		reason, alone, _ = flightsync.ReadFin(o)
		return false
	})
	return reason, alone, err
}

// recorded counts what people recorded, whatever superseded it later.
func (r *Report) recorded(s flightsync.Storage, v *flightsync.View) error {
	for a := range v.Vector {
		if err := s.Ops(flightsync.Author(a), 1, func(o flightsync.Op) bool {
			if k := o.Header.Kind; k == flightsync.KindOutcome || k == flightsync.KindResolve {
				r.Recorded++
			}
			return true
		}); err != nil {
			return err
		}
	}
	return nil
}

func (r *Report) work(ctx context.Context, tx ground.Tx, id passenger.FlightID, v *flightsync.View) error {
	fs, err := tx.FollowUpsOn(ctx, id)
	if err != nil {
		return err
	}
	for _, f := range fs {
		r.FollowUps++
		if f.ClosedAt.IsZero() {
			r.Open++
		}
	}
	rows, err := tx.Gestures(ctx, id)
	if err != nil {
		return err
	}
	registered := map[flightsync.Dot]bool{}
	for _, g := range rows {
		registered[g.Dot] = true
		if !g.Voided {
			r.Gestures++
		}
	}
	for _, g := range v.Gestures {
		if !registered[g.Dot] {
			r.red("gesture-missing", g.Dot, "", "")
		}
		delete(registered, g.Dot)
	}
	for d := range registered {
		r.red("gesture-invented", d, "", "")
	}
	return nil
}

// books holds what ground keeps of the flight's loops against the flight's own ops.
func (r *Report) books(ctx context.Context, tx ground.Tx, f ground.Flight, v *flightsync.View) error {
	lfs, err := tx.LoopFlightsOn(ctx, f.ID)
	if err != nil {
		return err
	}
	owned := map[flightsync.Dot]bool{}
	seen := map[passenger.LoopID]bool{}
	for _, lf := range lfs {
		if seen[lf.Loop] {
			r.red("loop-twice", "", "", "")
		}
		seen[lf.Loop] = true
		n, ok := v.Note(lf.Note)
		if !ok {
			r.red("note-missing", lf.Note, "", "")
			continue
		}
		owned[lf.Note] = true
		if (n.Retracted == "") != (lf.Retracted == "") {
			r.red("taken-back", lf.Note, "", "")
		}
		if f.Stage == passenger.Sealed && lf.Outcome != n.Bucket() {
			r.red("booked", lf.Note, lf.Outcome, n.Bucket())
		}
	}
	for _, n := range v.Notes {
		// A replaced note has no row of its own any more: its loop's row names the newer one.
		if !owned[n.Dot] && n.Retracted == "" && !n.Erased {
			r.red("note-unbooked", n.Dot, "", "")
		}
	}
	return nil
}
