package cases

import (
	"strings"

	"github.com/cabinloop/cabinloop/internal/lexicon"
)

// terms are words by language and label, comma separated; "*" as in package lexicon. The
// words under language "" hold for every language.
type terms map[string]map[string]string

// lexicons are compiled terms, one for each language and one of all for [Unknown].
type lexicons map[string]*lexicon.Lexicon

func (t terms) compile() lexicons {
	out := lexicons{}
	for lang := range t {
		if lang != "" {
			out[lang] = t.of(lang)
		}
	}
	out[Unknown] = t.of("")
	return out
}

// of compiles the words of one language and those of every language; of "" it compiles all.
func (t terms) of(lang string) *lexicon.Lexicon {
	all := map[string][]string{}
	for l, labels := range t {
		if l == "" || l == lang || lang == "" {
			for label, words := range labels {
				all[label] = append(all[label], strings.Split(words, ",")...)
			}
		}
	}
	return lexicon.Compile(all)
}

// in returns the lexicon of a language. One without words of its own gets all there are:
// better a wrong sign than none.
func (l lexicons) in(lang string) *lexicon.Lexicon {
	if x, ok := l[lang]; ok {
		return x
	}
	return l[Unknown]
}

var (
	sentimentWords = sentimentTerms.compile()
	topicWords     = topicTerms.compile()
	severityWords  = severityTerms.compile()
)
