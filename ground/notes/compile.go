package notes

import (
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	"github.com/cabinloop/cabinloop/passenger/privacy"
)

// Compile makes the note of one case for one traveller of one flight, or says why there is
// none. The note is valid ([passenger.Note.Validate]) and belongs to the caller.
func Compile(in Input) (passenger.Note, *Refusal) {
	if r := allowed(in); r != nil {
		return passenger.Note{}, r
	}
	p := planFor(in)
	if in.Edits != nil && len(in.Edits.Do) > 0 {
		p.do = slices.Clone(in.Edits.Do)
	}
	if len(p.do) == 0 {
		return passenger.Note{}, &Refusal{Code: NothingToDo, Reasons: []string{"crew can do nothing about this topic on a flight of this length and cabin"}}
	}
	if _, err := time.Parse(time.DateOnly, in.Complaint.Day); err != nil && in.Complaint.Day != "" {
		return passenger.Note{}, &Refusal{Code: BadInput, Reasons: []string{"the day of the complaint cannot be read; write it as 2026-05-12"}, Desk: true}
	}
	n := passenger.Note{
		Traveller: in.Traveller.No,
		Name:      privacy.TabletName(in.Traveller.Surname, in.Traveller.Given, in.Traveller.Title),
		Seat:      in.Traveller.Seat, Tier: in.Traveller.Tier,
		Happened: []passenger.Phrase{happened(p, in.Complaint)},
		Priority: priority(in), Moment: p.moment, Private: p.private,
		Why:     why(in, p),
		Expires: in.Flight.STA.Add(passenger.NoteLifeAfterSTA).UTC(),
	}
	do, doNot := p.do, p.doNot
	if in.Settled {
		do, doNot = []passenger.PhraseCode{"d.acknowledge"}, []passenger.PhraseCode{"n.promise_money"}
		n.Priority = passenger.Third
	}
	if e := in.Edits; e != nil {
		if len(e.Do) > 0 && !in.Settled { // settled while the edits waited: acknowledge only
			do = e.Do
		}
		if len(e.DoNot) > 0 {
			doNot = e.DoNot
		}
		if e.Moment != "" {
			n.Moment = e.Moment
		}
		if e.Priority != 0 {
			n.Priority = e.Priority
		}
		n.Words, n.Private = e.Words, n.Private || e.Private
	}
	if n.Private {
		doNot = append(slices.Clone(doNot), "n.public")
	}
	n.Do = phrases(do)
	n.DoNot = phrases(append(slices.Clone(doNot), "n.mention_social"))
	if r := check(n, in); r != nil {
		return passenger.Note{}, r
	}
	return n, nil
}

// allowed applies what must hold before anything is written. What no person at the desk can
// change comes first.
func allowed(in Input) *Refusal {
	switch {
	case in.Consent == passenger.ConsentNo:
		return &Refusal{Code: ConsentNo, Reasons: []string{"the passenger said that crew may not know"}}
	case in.Reach != ReachOwn && in.Reach != ReachPartner:
		return &Refusal{Code: NoReach, Reasons: []string{"no tablet of ours or of a partner is on this flight"}}
	case in.Topic == passenger.TopicCrew && in.Flight.CrewOfComplaint:
		return &Refusal{Code: CrewTopic, Reasons: []string{"someone of the crew of the complaint is on this flight"}}
	case in.Topic == passenger.TopicCrew && (in.Edits == nil || len(in.Edits.Do) == 0):
		return &Refusal{Code: CrewTopic, Reasons: []string{"a complaint about crew becomes no note by itself; choose what crew should do"}, Desk: true}
	case !in.Traveller.IdentitySure:
		return &Refusal{Code: IdentityUnsure, Reasons: []string{"a person must confirm that this traveller is the person of the case"}, Desk: true}
	case in.Traveller.MinorPossible:
		return &Refusal{Code: MinorPossible, Reasons: []string{"the traveller may be under 18; a person must clear the note"}, Desk: true}
	case in.Consent != passenger.ConsentYes && !in.NotAskedAllowed:
		return &Refusal{Code: ConsentNotAsked, Reasons: []string{"ask whether the crew of the next flight may know"}, Desk: true}
	}
	return nil
}

// check holds the finished note against its own rules and the lamp.
func check(n passenger.Note, in Input) *Refusal {
	for _, l := range []struct {
		kind    string
		phrases []passenger.Phrase
	}{{"do", n.Do}, {"not", n.DoNot}} {
		codes := passenger.PhraseCodes(l.kind)
		for _, p := range l.phrases {
			if !slices.Contains(codes, p.Code) {
				return &Refusal{Code: BadInput, Reasons: []string{"the edits name a phrase that is no " + l.kind + " phrase"}, Desk: true}
			}
		}
	}
	switch {
	case len(n.Do) > maxDo:
		return &Refusal{Code: BadInput, Reasons: []string{"a note asks for at most three things"}, Desk: true}
	case !slices.Contains(passenger.Moments, n.Moment):
		return &Refusal{Code: BadInput, Reasons: []string{"the edits name no service moment"}, Desk: true}
	}
	if err := n.Validate(); err != nil {
		return &Refusal{Code: BadInput, Reasons: []string{passenger.Public(err)}, Desk: true}
	}
	if v := privacy.CheckNote(n); v.Hold && !in.Cleared {
		r := &Refusal{Code: Sensitive, Desk: true}
		for _, c := range v.Because {
			r.Reasons = append(r.Reasons, string(c))
		}
		return r
	}
	return nil
}

// happened says what is known: flight and day, one of them, or neither.
func happened(p plan, c Complaint) passenger.Phrase {
	carrier, number, suffix, err := passenger.ParseDesignator(c.Designator)
	flight := passenger.FlightKey{Carrier: carrier, Number: number, Suffix: suffix}.Designator()
	switch known := p.flight && err == nil; {
	case known && c.Day != "":
		return passenger.Phrase{Code: p.happened, Args: []string{flight, c.Day}}
	case known:
		return passenger.Phrase{Code: p.happened + ".flight", Args: []string{flight}}
	case c.Day == "":
		return passenger.Phrase{Code: p.happened + ".any"}
	case p.flight:
		return passenger.Phrase{Code: p.happened + ".day", Args: []string{c.Day}}
	}
	return passenger.Phrase{Code: p.happened, Args: []string{c.Day}}
}

// priority follows the severity; a disrupted traveller with a connection is one step up.
func priority(in Input) passenger.Priority {
	p := passenger.Third
	switch {
	case in.Severity >= passenger.Urgent:
		p = passenger.First
	case in.Severity >= passenger.Serious:
		p = passenger.Second
	}
	if in.Onward && (in.Topic == passenger.TopicDelay || in.Topic == passenger.TopicCancellation) {
		p = max(passenger.First, p-1)
	}
	return p
}

func why(in Input, p plan) []passenger.PhraseCode {
	var out []passenger.PhraseCode
	add := func(ok bool, code passenger.PhraseCode) {
		if ok {
			out = append(out, code)
		}
	}
	add(in.MovedFrom, "w.moved")
	add(!in.MovedFrom, "w.next_flight")
	add(in.Severity >= passenger.Serious, "w.serious")
	add(!in.Settled, "w.still_open")
	add(p.onBoard && !in.Settled, "w.topic_on_board")
	add(in.Onward, "w.connection")
	add(in.AgentAsked, "w.agent_asked")
	return out
}

func phrases(codes []passenger.PhraseCode) []passenger.Phrase {
	var out []passenger.Phrase
	seen := map[passenger.PhraseCode]bool{}
	for _, c := range codes {
		if !seen[c] {
			seen[c] = true
			out = append(out, passenger.Phrase{Code: c})
		}
	}
	return out
}
