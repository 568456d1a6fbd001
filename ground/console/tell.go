package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/dispatch"
	"github.com/cabinloop/cabinloop/internal/web"
	"github.com/cabinloop/cabinloop/passenger"
	"github.com/cabinloop/cabinloop/passenger/privacy"
)

// card is the note as the purser will read it, in one language.
type card struct {
	*web.Words
	Note     passenger.Note
	Happened []string
	Do       []string
	DoNot    []string
	Why      []string
	Moment   string
	Priority string
	Expires  string
}

func (b base) card(lang string, n passenger.Note) card {
	x := b
	x.Words = b.all.In(lang)
	c := card{Words: x.Words, Note: n, Moment: x.Word("moment", n.Moment), Priority: x.Word("priority", int(n.Priority)), Expires: x.Clock(n.Expires)}
	say := func(ps []passenger.Phrase) (out []string) {
		for _, p := range ps {
			out = append(out, p.Words(lang))
		}
		return out
	}
	c.Happened, c.Do, c.DoNot = say(n.Happened), say(n.Do), say(n.DoNot)
	for _, w := range n.Why {
		c.Why = append(c.Why, w.Words(lang))
	}
	return c
}

// privacyWords are the categories of the privacy lamp.
var privacyWords = lampWords()

func lampWords() []string {
	out := []string{string(privacy.NotMeasured)}
	for _, c := range privacy.Categories {
		out = append(out, string(c))
	}
	return out
}

// choice is one phrase of the catalogue in the edit form.
type choice struct {
	Code  passenger.PhraseCode
	Words string
	On    bool
}

// tell is the part of a case page that tells the crew.
type tell struct {
	base
	CaseID  passenger.CaseID
	Preview dispatch.Preview
	Written bool // there are words to show
	Cards   []card
	Missing string
	Reasons []string
	Edits   ground.Edits
	Was     string // the note as compiled without edits, for [readEdits]
	Do      []choice
	DoNot   []choice
	Moments []passenger.Moment
	Open    bool // the note may still be released or changed
	Flagged bool
	State   ground.LoopState
	End     string
}

func (s *server) tell(ctx context.Context, b base, c ground.Case, loop *ground.Loop, edits ground.Edits) (tell, error) {
	t := tell{base: b, CaseID: c.ID, Edits: edits, Moments: passenger.Moments, Open: true}
	if loop != nil {
		t.Flagged, t.State, t.End = true, loop.State, loop.EndReason
		t.Open = !loop.Event && loop.State != ground.LoopReconciled && loop.State != ground.LoopClosed
	}
	if !t.Open {
		return t, nil // a new note would go to a flight that nobody promised
	}
	var err error
	if t.Preview, err = s.Dispatch.Preview(ctx, c.ID, edits); err != nil {
		return t, err
	}
	n := t.Preview.Note
	t.Written = len(n.Happened) > 0
	for _, lang := range b.Languages() {
		t.Cards = append(t.Cards, b.card(lang, n))
	}
	slices.SortStableFunc(t.Cards, func(x, y card) int { // the reader's own language first
		return boolInt(y.Lang() == b.Lang()) - boolInt(x.Lang() == b.Lang())
	})
	t.Missing = t.Preview.Missing
	for _, d := range t.Preview.Detail {
		// Categories of the lamp are words of the page; a refusal's own sentence only helps where
		// the edits are at fault.
		if slices.Contains(privacyWords, d) || t.Missing == "invalid" {
			t.Reasons = append(t.Reasons, b.Word("held", d))
		}
	}
	t.Was = plainForm(t.Preview.Plain)
	t.Do, t.DoNot = choices("do", b.Lang(), codes(n.Do)), choices("not", b.Lang(), codes(n.DoNot))
	if t.Edits.Priority == 0 {
		t.Edits.Priority = n.Priority
	}
	if t.Edits.Moment == "" {
		t.Edits.Moment = n.Moment
	}
	t.Edits.Private = t.Edits.Private || n.Private
	return t, nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func codes(ps []passenger.Phrase) (out []passenger.PhraseCode) {
	for _, p := range ps {
		out = append(out, p.Code)
	}
	return out
}

func choices(kind, lang string, on []passenger.PhraseCode) []choice {
	var out []choice
	for _, c := range passenger.PhraseCodes(kind) {
		out = append(out, choice{c, c.Words(lang), slices.Contains(on, c)})
	}
	slices.SortStableFunc(out, func(a, b choice) int { return strings.Compare(a.Words, b.Words) })
	return out
}

// plainForm is what the edit form of an untouched note sends.
func plainForm(n passenger.Note) string {
	q := url.Values{"moment": {string(n.Moment)}, "priority": {strconv.Itoa(int(n.Priority))}}
	for field, ps := range map[string][]passenger.Phrase{"do": n.Do, "not": n.DoNot} {
		for _, p := range ps {
			q.Add(field, string(p.Code))
		}
	}
	if n.Private {
		q.Set("private", "1")
	}
	return q.Encode()
}

// untouched takes out of the edit form what it was rendered with: what nobody touched is no edit. The
// form lists phrases by their words, the note by what counts: those that stay keep the note's order.
func untouched(q url.Values) url.Values {
	was, err := url.ParseQuery(q.Get("was"))
	if err != nil || len(was) == 0 {
		return q
	}
	out := url.Values{"edit": q["edit"], "words": q["words"]}
	for _, field := range []string{"do", "not"} {
		var ordered []string
		for _, code := range append(slices.Clone(was[field]), slices.Sorted(slices.Values(q[field]))...) {
			if slices.Contains(q[field], code) && !slices.Contains(ordered, code) {
				ordered = append(ordered, code)
			}
		}
		if !slices.Equal(ordered, was[field]) {
			out[field] = ordered
		}
	}
	for _, field := range []string{"moment", "priority", "private"} {
		if q.Get(field) != was.Get(field) {
			out[field] = q[field]
		}
	}
	return out
}

// readEdits reads the edit form. Without its mark "edit" nothing was changed. Errors: invalid.
func readEdits(q url.Values) (e ground.Edits, err error) {
	const op = "console.readEdits"
	if !q.Has("edit") {
		return e, nil
	}
	q = untouched(q)
	for _, l := range []struct {
		kind, field string
		to          *[]passenger.PhraseCode
	}{{"do", "do", &e.Do}, {"not", "not", &e.DoNot}} {
		known := passenger.PhraseCodes(l.kind)
		for _, v := range q[l.field] {
			if !slices.Contains(known, passenger.PhraseCode(v)) {
				return e, passenger.Errorf(passenger.Invalid, op, "a chosen phrase is not in the catalogue; open the page again")
			}
			*l.to = append(*l.to, passenger.PhraseCode(v))
		}
	}
	e.Words = strings.Join(strings.Fields(q.Get("words")), " ")
	if len([]rune(e.Words)) > passenger.MaxFreeWordsRunes {
		return e, passenger.Errorf(passenger.Invalid, op, "free words have at most %d characters", passenger.MaxFreeWordsRunes)
	}
	if m := passenger.Moment(q.Get("moment")); m != "" {
		if !slices.Contains(passenger.Moments, m) {
			return e, passenger.Errorf(passenger.Invalid, op, "choose a service moment of the list")
		}
		e.Moment = m
	}
	if v := q.Get("priority"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < int(passenger.First) || n > int(passenger.Third) {
			return e, passenger.Errorf(passenger.Invalid, op, "a priority is 1, 2 or 3")
		}
		e.Priority = passenger.Priority(n)
	}
	e.Private = q.Get("private") != ""
	return e, nil
}

// preview renders the note as the form has it now.
func (s *server) preview(w http.ResponseWriter, r *http.Request) error {
	id, err := caseID(r)
	if err != nil {
		return err
	}
	edits, err := readEdits(r.URL.Query())
	if err != nil {
		return err
	}
	ctx := r.Context()
	var c ground.Case
	var loop *ground.Loop
	if err := s.Store.Read(ctx, func(tx ground.Tx) (err error) {
		loop = nil
		if c, err = tx.Case(ctx, id); err != nil {
			return err
		}
		l, ok, err := tx.LoopOfCase(ctx, id)
		if ok {
			loop = &l
		}
		return err
	}); err != nil {
		return err
	}
	t, err := s.tell(ctx, s.base(r, ""), c, loop, edits)
	if err != nil {
		return err
	}
	return web.Render(w, s.tmpl, "preview", t)
}
