package followup

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/internal/lexicon"
	"github.com/cabinloop/cabinloop/passenger"
	"github.com/cabinloop/cabinloop/passenger/privacy"
)

// Suggestion is a past answer that may help with a case. Because are the words that its
// question shares with this one, the most telling first.
type Suggestion struct {
	Answer  string
	Because []string
}

// Past offers past answers for the reply to a case, in its language, best first, at most
// three. They never replace the draft made of facts. Errors: not_found.
func (s *Service) Past(ctx context.Context, id passenger.CaseID) (out []Suggestion, err error) {
	err = s.Store.Read(ctx, func(tx ground.Tx) error {
		c, err := tx.Case(ctx, id)
		if err != nil {
			return err
		}
		posts, err := tx.CasePosts(ctx, id)
		if err != nil {
			return err
		}
		var texts []string
		for _, p := range posts {
			texts = append(texts, p.Text)
		}
		asked := terms(strings.Join(texts, "\n"))
		pool, err := tx.AnswersLike(ctx, c.Lang, asked)
		out = rank(asked, string(c.Topic), pool)
		return err
	})
	return out, err
}

var unmasked = strings.NewReplacer(privacy.Removed, " ", privacy.MaskedName, " ", privacy.MaskedMail, " ", privacy.MaskedHandle, " ",
	privacy.MaskedNumber, " ", privacy.MaskedReference, " ")

// terms are what a question is found by: its words, each once and at most [maxTerms], without
// numbers, single letters and what was masked. Scripts without blanks give pairs of letters.
func terms(text string) (out []string) {
	seen := map[string]bool{}
	add := func(t string) {
		if !seen[t] && len(out) < maxTerms {
			seen[t] = true
			out = append(out, t)
		}
	}
	for _, w := range lexicon.Tokens(unmasked.Replace(text)) {
		rs := []rune(w)
		switch {
		case !strings.ContainsFunc(w, unicode.IsLetter) || utf8.RuneCountInString(w) == 1:
		case strings.ContainsFunc(w, unspaced):
			for i := range len(rs) - 1 {
				add(string(rs[i : i+2]))
			}
		default:
			add(string(rs[:min(len(rs), maxTermRunes)]))
		}
	}
	return out
}

func unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai)
}

// rank orders the answers found by how well their questions fit, by Okapi BM25 (Robertson and
// Zaragoza 2009) over terms that count once; the same topic counts a quarter more. An answer
// needs two telling terms, or the one that was asked.
func rank(asked []string, topic string, pool ground.AnswerPool) []Suggestion {
	const k1, b, sameTopic = 1.2, 0.75, 1.25
	total := float64(pool.Total)
	weight := map[string]float64{}
	for _, t := range asked {
		if n := float64(pool.Holding[t]); n > 0 && n <= max(2, total/5) && (n < total || total == 1) {
			weight[t] = math.Log(1 + (total-n+0.5)/(n+0.5))
		}
	}
	long := 0
	for _, a := range pool.Found {
		long += len(a.Terms)
	}
	mean := float64(max(long, 1)) / float64(max(len(pool.Found), 1))
	type scored struct {
		Suggestion
		score float64
	}
	var all []scored
	for _, a := range pool.Found {
		var s scored
		s.Answer = a.Answer
		for _, t := range a.Terms {
			if weight[t] > 0 {
				s.Because = append(s.Because, t)
				s.score += weight[t] * (k1 + 1) / (1 + k1*(1-b+b*float64(len(a.Terms))/mean))
			}
		}
		if len(s.Because) < min(2, len(asked)) || len(s.Because) == 0 {
			continue
		}
		if topic != "" && a.Topic == topic {
			s.score *= sameTopic
		}
		slices.SortStableFunc(s.Because, func(x, y string) int { return cmp.Compare(weight[y], weight[x]) })
		s.Because = s.Because[:min(len(s.Because), maxBecause)]
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(x, y scored) int { return cmp.Compare(y.score, x.score) })
	var out []Suggestion
	for _, s := range all {
		same := func(o Suggestion) bool { return o.Answer == s.Answer }
		if len(out) < maxSuggestions && !slices.ContainsFunc(out, same) {
			out = append(out, s.Suggestion)
		}
	}
	return out
}

const (
	// maxSuggestions is what an agent reads at a glance; arbitrary.
	maxSuggestions = 3
	// maxBecause bounds the words shown as reason; arbitrary.
	maxBecause = 4
	// maxTerms bounds the terms of one question; a long post has some fifty words.
	maxTerms = 60
	// maxTermRunes bounds one term; no word of a language is longer.
	maxTermRunes = 40
)
