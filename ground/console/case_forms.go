package console

import (
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// flag releases the note, or sends what is missing to the note desk.
func (s *server) flag(w http.ResponseWriter, r *http.Request) error {
	id, err := caseID(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	edits, err := readEdits(r.PostForm)
	if err != nil {
		return err
	}
	loop, err := s.Cases.Flag(r.Context(), id, edits, actor(r, "flag"))
	if err != nil {
		return err
	}
	said := "said.flag"
	switch loop.State {
	case ground.LoopDesk:
		said = "said.flag_desk"
	case ground.LoopWaiting:
		said = "said.flag_waiting"
	case ground.LoopEnded:
		said = "said.flag_ended"
	}
	return s.done(w, r, said, casePath(id)+"#track")
}

// link confirms, rejects or undoes that a person is the affected one.
func (s *server) link(w http.ResponseWriter, r *http.Request) error {
	const op = "console.link"
	id, err := caseID(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	person, err := uuid.Parse(r.PostForm.Get("person"))
	if err != nil {
		return passenger.Errorf(passenger.Invalid, op, "the form names no person; open the page again")
	}
	states := map[string]ground.LinkState{"confirm": ground.Linked, "reject": ground.LinkRejected, "undo": ground.LinkCandidate}
	state, ok := states[r.PostForm.Get("decision")]
	if !ok {
		return passenger.Errorf(passenger.Invalid, op, "a link is confirmed, rejected or undone")
	}
	if err := s.Cases.SetLink(r.Context(), id, person, state, actor(r, "flag")); err != nil {
		return err
	}
	return s.done(w, r, "said.link_"+r.PostForm.Get("decision"), casePath(id)+"#identity")
}

// consent records an answer with the words it was given in.
func (s *server) consent(w http.ResponseWriter, r *http.Request) error {
	id, err := caseID(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	words := strings.TrimSpace(r.PostForm.Get("words"))
	if len([]rune(words)) > passenger.MaxWordsRunes {
		return passenger.Errorf(passenger.Invalid, "console.consent", "the words have more than %d characters", passenger.MaxWordsRunes)
	}
	answer := passenger.Consent(r.PostForm.Get("answer"))
	if err := s.Cases.SetConsent(r.Context(), id, answer, words, actor(r, "flag")); err != nil {
		return err
	}
	return s.done(w, r, "said.consent", casePath(id)+"#consent")
}

// recall takes the note of the case's loop back.
func (s *server) recall(w http.ResponseWriter, r *http.Request) error {
	id, err := caseID(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	var loop ground.Loop
	if err := s.Store.Read(ctx, func(tx ground.Tx) error {
		l, ok, err := tx.LoopOfCase(ctx, id)
		if err == nil && !ok {
			err = passenger.Errorf(passenger.Phase, "console.recall", "this case was never flagged; there is nothing to recall")
		}
		loop = l
		return err
	}); err != nil {
		return err
	}
	if err := s.Dispatch.Recall(ctx, loop.ID, actor(r, "flag").Name); err != nil {
		return err
	}
	return s.done(w, r, "said.recall", casePath(id)+"#track")
}
