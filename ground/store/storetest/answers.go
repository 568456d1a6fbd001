package storetest

import (
	"fmt"

	"github.com/cabinloop/cabinloop/ground"
)

func (s *suite) pastAnswers() {
	answer := func(n int, lang string, terms ...string) ground.PastAnswer {
		return ground.PastAnswer{Key: fmt.Sprint("k", n), Lang: lang, Question: "q", Answer: fmt.Sprint("a", n), Terms: terms, At: s.now}
	}
	s.write(func(tx ground.Tx) error {
		for _, a := range []ground.PastAnswer{answer(1, "en", "cold", "meal"), answer(2, "en", "meal", "late", "bag"), answer(3, "nl", "cold", "meal"), answer(4, "en", "seat")} {
			if ok, err := tx.InsertAnswer(s.ctx, a); err != nil || !ok {
				return fmt.Errorf("answer %s: %v, %v", a.Key, ok, err)
			}
		}
		again := answer(1, "en", "other")
		if ok, err := tx.InsertAnswer(s.ctx, again); err != nil || ok {
			return fmt.Errorf("a known key counts as new: %v", err)
		}
		return nil
	})
	s.read(func(tx ground.Tx) error {
		p, err := tx.AnswersLike(s.ctx, "en", []string{"cold", "meal", "meal", "never"})
		s.same("pool", ground.AnswerPool{Total: 3, Holding: map[string]int{"cold": 1, "meal": 2},
			Found: []ground.PastAnswer{answer(1, "en", "cold", "meal"), answer(2, "en", "meal", "late", "bag")}}, p)
		if err != nil {
			return err
		}
		p, err = tx.AnswersLike(s.ctx, "en", []string{"other"})
		s.same("terms of a refused answer", ground.AnswerPool{Total: 3, Holding: map[string]int{}}, p)
		if err != nil {
			return err
		}
		p, err = tx.AnswersLike(s.ctx, "ja", []string{"cold"})
		s.same("a language without answers", ground.AnswerPool{Holding: map[string]int{}}, p)
		return err
	})
}
