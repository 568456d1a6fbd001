package tablet

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Flight returns a flight with its notes as the crew may read them now. Errors: not_found,
// invalid for a key that is none, corrupt.
func (a *Agent) Flight(ctx context.Context, key string) (FlightPage, error) {
	if err := alive(ctx); err != nil {
		return FlightPage{}, err
	}
	f, err := a.find("tablet.Flight", key)
	if err != nil {
		return FlightPage{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	rec := f.record()
	now := a.now()
	if rec.Purged != nil {
		return FlightPage{FlightRow: *rec.Purged, Now: now}, nil
	}
	if err := f.use(); err != nil {
		return FlightPage{}, err
	}
	v, err := f.view()
	if err != nil {
		return FlightPage{}, err
	}
	p := FlightPage{FlightRow: f.rowOf(v, rec), List: v.List, Now: now, IsLead: v.isLead()}
	_, p.FinDone = v.Fins[v.me]
	p.OnlyHere, p.Storage = f.onlyHere(v), a.storage(f)
	c := f.cards(v, rec)
	p.Unsure = c.unsure
	for _, n := range v.Notes {
		card := c.card(n)
		if card.Note.Event {
			p.Events = append(p.Events, card)
		} else {
			p.Cards = append(p.Cards, card)
		}
	}
	arrange(p.Cards)
	if !c.hidden {
		p.Others = travellers(v)
	}
	return p, nil
}

// arrange marks what is below the fold and orders the cards as a purser walks.
func arrange(cards []NoteCard) {
	slices.SortStableFunc(cards, func(c, d NoteCard) int {
		return cmp.Or(cmp.Compare(c.Note.Priority, d.Note.Priority), moment(c)-moment(d), bySeat(c.at(), d.at()))
	})
	shown := 0
	for i := range cards {
		if cards[i].Retracted != "" || cards[i].Expired {
			continue
		}
		shown++
		cards[i].More = shown > passenger.MaxNotesPerFlight
	}
	slices.SortStableFunc(cards, func(c, d NoteCard) int {
		return cmp.Or(moment(c)-moment(d), bySeat(c.at(), d.at()))
	})
}

// moment orders by service moment; a word of a newer ground comes with the cruise.
func moment(c NoteCard) int {
	if i := slices.Index(passenger.Moments, c.Note.Moment); i >= 0 {
		return i
	}
	return slices.Index(passenger.Moments, passenger.AtCruise)
}

func (c NoteCard) at() passenger.Seat { return cmp.Or(c.SeatNow, c.Note.Seat) }

func bySeat(a, b passenger.Seat) int {
	switch {
	case a.Less(b):
		return -1
	case b.Less(a):
		return 1
	}
	return 0
}

func travellers(v *folded) []TravellerRow {
	byNo := map[passenger.TravellerNo][]flightsync.Dot{}
	for _, n := range v.Notes {
		if n.Retracted == "" && !n.Erased && !n.Note.Event {
			byNo[n.Note.Traveller] = append(byNo[n.Note.Traveller], n.Dot)
		}
	}
	var out []TravellerRow
	for _, t := range v.Travellers {
		if !t.Removed {
			out = append(out, TravellerRow{t, byNo[t.No]})
		}
	}
	slices.SortStableFunc(out, func(t, u TravellerRow) int { return bySeat(t.At(), u.At()) })
	return out
}

// cards makes the cards of one flight at one time.
type cards struct {
	v       *folded
	peer    flightsync.Vector
	others  map[passenger.TabletID]*other
	now     time.Time
	hidden  bool // the lease is over
	unsure  bool // nobody but this tablet's own clock says what time it is, and it may be wrong
	onBoard bool // between boarding and landing no text goes
}

func (f *flight) cards(v *folded, rec record) cards {
	_, on := v.onBoard()
	now, confirmed := f.agent.time.now()
	end := v.leaseEnd(rec)
	hidden := !now.Before(end)
	return cards{v, f.talk.Peer, f.near(), now, hidden, !confirmed || hidden && !f.agent.time.sure(end), on}
}

func (c cards) mark(d flightsync.Dot) Mark {
	if c.peer.Covers(d) {
		return MarkGround
	}
	if c.v.mine[d.Author] && !withOther(c.others, d) {
		return MarkSaved
	}
	return MarkPeer // another tablet wrote it, or holds it
}

func (c cards) card(n flightsync.NoteView) NoteCard {
	card := NoteCard{Dot: n.Dot, Note: n.Note, Retracted: n.Retracted, Disputed: n.Disputed(), Claimed: len(n.Claimed) > 0}
	if n.Erased && card.Retracted == "" {
		card.Retracted = flightsync.RetractErased
	}
	for by := range c.v.mine {
		card.Seen = card.Seen || slices.Contains(n.SeenBy, by)
	}
	if t, ok := c.v.travs[n.Note.Traveller]; ok && !n.Note.Event {
		if !t.Removed {
			card.Note.Name, card.Note.Seat, card.Note.Tier = t.Name, t.Seat, t.Tier
		}
		card.SeatNow, card.Assistance = t.SeatNow, t.Assistance
	}
	if fb, ok := n.Outcome(); ok {
		card.Outcome = &fb
	}
	for _, h := range n.Heads {
		row := HeadRow{Own: c.v.mine[h.By], Feedback: h.Feedback, At: h.At, Mark: c.mark(h.Dot)}
		if m, ok := c.v.Member(h.By); ok {
			row.Role, row.Zone = m.Role, m.Zone
		}
		card.Heads = append(card.Heads, row)
	}
	for _, g := range c.v.Gestures {
		if g.Note == n.Dot {
			card.Gestures = append(card.Gestures, g)
		}
	}
	c.own(&card)
	c.hide(&card, n.Note.Expires)
	return card
}

// own sets mark and verdict from this tablet's last entry on the note.
func (c cards) own(card *NoteCard) {
	var last flightsync.Dot
	for i := range c.v.own {
		o := &c.v.own[i]
		about := o.Header.Entity == card.Dot && (o.Header.Kind == flightsync.KindOutcome || o.Header.Kind == flightsync.KindResolve)
		for _, g := range card.Gestures {
			about = about || o.Dot == g.Dot || o.Header.Kind == flightsync.KindVoid && o.Header.Entity == g.Dot
		}
		if about && (o.Dot.Author == c.v.me || last.Author != c.v.me) {
			last = o.Dot
		}
	}
	if last.IsZero() {
		return
	}
	card.Mark = c.mark(last)
	for _, v := range c.v.Verdicts {
		if v.Author == last.Author && v.From <= last.Seq && last.Seq <= v.To {
			card.Verdict = v.Code
		}
	}
}

// hide takes the text off a card that may no longer be read. Who sits where stays with a moved
// note; an erased one or one without consent says nothing of anybody.
func (c cards) hide(card *NoteCard, expires time.Time) {
	card.Expired = c.hidden || !c.onBoard && !expires.IsZero() && !c.now.Before(expires)
	if !card.Expired && card.Retracted == "" {
		return
	}
	n := card.Note
	kept := passenger.Note{Event: n.Event, Cases: n.Cases, Traveller: n.Traveller, Priority: n.Priority, Moment: n.Moment, Expires: n.Expires}
	silent := card.Expired || card.Retracted == flightsync.RetractErased || card.Retracted == flightsync.RetractConsent
	if !silent {
		kept.Name, kept.Seat = n.Name, n.Seat
	} else {
		card.SeatNow, card.Assistance = "", nil
	}
	card.Note = kept
}
