package followup

import (
	"context"
	"strings"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// draftWords are the sentences of a reply draft, by language: a greeting, one for each
// outcome, and a farewell. A draft is made of facts that ops prove; a person sends it.
var draftWords = map[string]map[string]string{
	"en": {
		"hello": "Thank you for flying with us again.", "acted": "Our crew on %1 spoke with you about it and acted on it.",
		"declined": "Our crew on %1 offered to make it right; you preferred not to.", "not-possible": "On %1 our crew could not get to it; we are sorry.",
		"other": "We have looked into what happened on %1.", "gesture": "They gave you a small attention on board.", "bye": "If anything is left to solve, just write back here.",
	},
	"nl": {
		"hello": "Fijn dat u weer met ons vloog.", "acted": "Onze bemanning op %1 heeft er met u over gesproken en iets gedaan.",
		"declined": "Onze bemanning op %1 bood aan het goed te maken; u had daar geen behoefte aan.", "not-possible": "Op %1 lukte het onze bemanning niet; dat spijt ons.",
		"other": "We hebben bekeken wat er op %1 is gebeurd.", "gesture": "U kreeg aan boord een kleine attentie.", "bye": "Is er nog iets op te lossen, antwoord dan gerust hier.",
	},
}

// Draft makes a reply draft of facts for the loop of a case, in its language when the words
// exist, else in English. Errors: not_found.
func (s *Service) Draft(ctx context.Context, id passenger.CaseID) (text string, err error) {
	r, err := s.Receipt(ctx, id)
	if err != nil {
		return "", err
	}
	lang := "en"
	if err := s.Store.Read(ctx, func(tx ground.Tx) error {
		c, err := tx.Case(ctx, id)
		if _, ok := draftWords[c.Lang]; ok {
			lang = c.Lang
		}
		return err
	}); err != nil {
		return "", err
	}
	w := draftWords[lang]
	out := []string{w["hello"]}
	for _, n := range r.Notes {
		if n.Retracted != "" || !n.Seen {
			continue
		}
		words, ok := w[string(n.Outcome)]
		if !ok {
			words = w["other"]
		}
		designator, _, _ := strings.Cut(n.Flight, "/")
		out = append(out, strings.ReplaceAll(words, "%1", designator))
	}
	for _, g := range r.Gestures {
		if !g.Voided && g.Code != passenger.Apology {
			out = append(out, w["gesture"])
			break
		}
	}
	return strings.Join(append(out, w["bye"]), " "), nil
}
