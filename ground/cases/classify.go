package cases

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/cabinloop/cabinloop/internal/lexicon"
	"github.com/cabinloop/cabinloop/passenger"
)

// Sentiments of a [Classification].
const (
	Negative = "negative"
	Neutral  = "neutral"
	Positive = "positive"
)

// Classification is what one text says. Because lists the words and signs that decided, at
// most [maxBecause], as written in the lexicon.
type Classification struct {
	Lang      string // ISO 639-1, "und" when unknown
	Negative  bool   // exactly when Sentiment is negative
	Sentiment string // negative, neutral, positive
	Topic     passenger.Topic
	Severity  passenger.Severity
	Flight    string // designator as KL0641, "" when none is named
	Day       string // named with its year, YYYY-MM-DD; "" when none is
	MonthDay  string // named without a year, --MM-DD, or counted back from the post, -1, for [ResolveDay]; "" when none is
	Because   []string
}

// maxBecause bounds the reasons of a classification; arbitrary, one line of a list.
const maxBecause = 8

// Classify reads one cleaned text. platformLang is the channel's own language tag, "" when
// unknown. Same text, same answer. Safe for concurrent use.
func Classify(text, platformLang string) Classification {
	c := Classification{Lang: Language(text, platformLang)}
	tokens := lexicon.Tokens(text)
	score, because := sentiment(text, tokens, c.Lang)
	switch {
	case score <= negativeFrom:
		c.Sentiment, c.Negative = Negative, true
	case score >= positiveFrom:
		c.Sentiment = Positive
	default:
		c.Sentiment = Neutral
	}
	var why []string
	c.Topic, why = topic(tokens, c.Lang)
	because = append(because, why...)
	c.Severity, why = severity(tokens, c.Lang, c.Topic, c.Negative)
	because = append(because, why...)
	c.Flight = mentionedFlight(text)
	if d := mentionedDay(text, c.Lang); strings.HasPrefix(d, "--") {
		c.MonthDay = d
	} else if c.Day = d; d == "" {
		c.MonthDay = relativeDay(tokens, c.Lang)
	}
	if len(because) > maxBecause {
		because = because[:maxBecause]
	}
	c.Because = because
	return c
}

// The bounds of a sentiment score; a text without any sign scores 0 and is neutral. People who
// write to an airline mostly complain, so one net sign of trouble is enough, and praise asks
// for a plain word. negativeFrom was chosen among five values on labelled posts (docs/classification.md).
const (
	negativeFrom = -0.3
	positiveFrom = 0.9
)

// weights of the labels of the sentiment lexicon. "ask" and "news" are signs of a plain
// question or a shared item: they take away from what is bad and make nothing good; "trouble" words name what went wrong without a judgement.
var weights = map[string]float64{"bad": -2, "trouble": -1, "faint": -0.5, "good": 2, "nice": 1, "thanks": 1.5, "ask": 0.6, "news": 1}

// sentiment sums the signs of a text. A negator before a good word turns it, before a bad word
// takes it away; capitals and repeated marks make what there is louder.
func sentiment(text string, tokens []string, lang string) (score float64, because []string) {
	hits := sentimentWords.in(lang).Find(tokens)
	hits = longest(hits)
	negated := map[int]bool{}
	for _, h := range hits {
		if h.Label == "not" {
			for i := h.At + h.Len; i < h.At+h.Len+3; i++ {
				negated[i] = true
			}
		}
	}
	var bad, good, plain float64
	seen := map[string]bool{}
	for _, h := range hits {
		w, ok := weights[h.Label]
		if !ok {
			if h.Label == "not" {
				bad -= 0.45
			}
			continue
		}
		if seen[h.Term] {
			w /= 2
		}
		mark := "+"
		switch {
		case h.Label == "ask" || h.Label == "news":
			plain += w
			mark = "="
			w = 0
		case w < 0 && negated[h.At] && h.Label != "faint":
			w = 0.3
		case w > 0 && negated[h.At]:
			w = -1.2
		}
		if w < 0 {
			bad += w
			mark = "-"
		} else {
			good += w
		}
		if !seen[h.Term] {
			because = append(because, mark+strings.Trim(h.Term, "*"))
		}
		seen[h.Term] = true
	}
	if bad < 0 && good < 2 {
		if shouts(text) {
			bad -= 0.5
		}
		if strings.Count(text, "!")+strings.Count(text, "！") >= 2 || strings.Contains(text, "?!") || strings.Contains(text, "??") {
			bad -= 0.4
		}
	}
	if good > 0 && bad == 0 && strings.Contains(text, "!") {
		good += 0.4
	}
	score = bad + good
	if score < 0 {
		score = min(0, score+plain)
	}
	return score, because
}

// shouts reports whether two or more longer words stand in capitals, the text not all so.
func shouts(text string) bool {
	n := 0
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if len(w) > 3 && strings.ToUpper(w) == w && strings.ToLower(w) != w {
			n++
		}
	}
	return n >= 2
}

// longest keeps, of hits that overlap, the one that starts first and is longest.
func longest(hits []lexicon.Hit) []lexicon.Hit {
	slices.SortStableFunc(hits, func(a, b lexicon.Hit) int {
		if a.At != b.At {
			return a.At - b.At
		}
		return b.Len*1000 + len(b.Term) - a.Len*1000 - len(a.Term)
	})
	out := hits[:0]
	end := 0
	for _, h := range hits {
		inside := strings.HasPrefix(h.Term, "*") && strings.HasSuffix(h.Term, "*") // several in one run of Japanese
		if h.At >= end || inside {
			out = append(out, h)
			end = max(end, h.At+h.Len)
		}
	}
	return out
}

// topic takes the topic with the most signs; of equals the first of passenger.Topics, which
// puts what crew can act on before what only ground can.
func topic(tokens []string, lang string) (passenger.Topic, []string) {
	count := map[string]float64{}
	because := map[string][]string{}
	for _, h := range topicWords.in(lang).Find(tokens) {
		w := 1 + 0.5*float64(h.Len-1)
		if !slices.Contains(because[h.Label], h.Term) {
			because[h.Label] = append(because[h.Label], h.Term)
			count[h.Label] += w
		} else {
			count[h.Label] += w / 4
		}
	}
	best := passenger.TopicOther
	for _, t := range passenger.Topics {
		if count[string(t)] > count[string(best)] {
			best = t
		}
	}
	if best == passenger.TopicOther {
		return best, nil
	}
	return best, []string{fmt.Sprintf("%s: %s", best, strings.Trim(because[string(best)][0], "*"))}
}

// severity is urgent for what cannot wait (danger, stranded, medical), serious for what cost
// the customer much (cancelled, lost, hours, weeks, never again), else mild.
func severity(tokens []string, lang string, t passenger.Topic, negative bool) (passenger.Severity, []string) {
	out, because := passenger.Mild, []string(nil)
	for _, h := range severityWords.in(lang).Find(tokens) {
		s := passenger.Serious
		if h.Label == "urgent" {
			s = passenger.Urgent
		}
		if s > out {
			out, because = s, []string{h.Label + ": " + strings.Trim(h.Term, "*")}
		}
	}
	if out == passenger.Mild && negative && t == passenger.TopicCancellation {
		return passenger.Serious, []string{"serious: cancelled"}
	}
	if !negative && out == passenger.Serious {
		return passenger.Mild, nil
	}
	return out, because
}
