package lexicon

import (
	"slices"
	"strings"
)

// Hit is one term found: its label, the term as written in the lexicon, and where it stands.
type Hit struct {
	Label string
	Term  string
	At    int // index of the first word
	Len   int // in words
}

type entry struct {
	label, term string
	rest        []string // patterns of the words behind the first
}

// Lexicon is a compiled set of terms. Safe for concurrent use.
type Lexicon struct {
	exact, prefix, suffix map[string][]entry
	inside                []string
	insideEntries         map[string][]entry
}

// Compile makes a lexicon of label → terms. Terms are folded as text is; an empty term is
// ignored.
func Compile(terms map[string][]string) *Lexicon {
	l := &Lexicon{exact: map[string][]entry{}, prefix: map[string][]entry{}, suffix: map[string][]entry{}, insideEntries: map[string][]entry{}}
	labels := make([]string, 0, len(terms))
	for label := range terms {
		labels = append(labels, label)
	}
	slices.Sort(labels)
	for _, label := range labels {
		for _, t := range terms[label] {
			l.add(label, t)
		}
	}
	for s := range l.insideEntries {
		l.inside = append(l.inside, s)
	}
	slices.Sort(l.inside)
	return l
}

func (l *Lexicon) add(label, term string) {
	var words []string
	for _, w := range strings.Fields(term) {
		front, back := strings.HasPrefix(w, "*"), strings.HasSuffix(w, "*")
		toks := Tokens(w)
		if len(toks) == 0 {
			continue
		}
		if front {
			toks[0] = "*" + toks[0]
		}
		if back {
			toks[len(toks)-1] += "*"
		}
		words = append(words, toks...)
	}
	if len(words) == 0 {
		return
	}
	first := words[0]
	e := entry{label: label, term: term, rest: words[1:]}
	key := strings.Trim(first, "*")
	switch front, back := strings.HasPrefix(first, "*"), strings.HasSuffix(first, "*"); {
	case front && back:
		l.insideEntries[key] = append(l.insideEntries[key], e)
	case front:
		l.suffix[key] = append(l.suffix[key], e)
	case back:
		l.prefix[key] = append(l.prefix[key], e)
	default:
		l.exact[key] = append(l.exact[key], e)
	}
}

// Find returns every term that stands in the words of [Tokens], in the order of the text.
func (l *Lexicon) Find(tokens []string) []Hit {
	var hits []Hit
	for at, tok := range tokens {
		try := func(es []entry) {
			for _, e := range es {
				if matchRest(e.rest, tokens[at+1:]) {
					hits = append(hits, Hit{e.label, e.term, at, 1 + len(e.rest)})
				}
			}
		}
		try(l.exact[tok])
		if len(tok) > 64 { // no word of a language; a run of Japanese is matched inside below
			tok = tok[:64]
		}
		for n := 1; n <= len(tok); n++ {
			try(l.prefix[tok[:n]])
			try(l.suffix[tok[len(tok)-n:]])
		}
		for _, s := range l.inside {
			if strings.Contains(tokens[at], s) {
				try(l.insideEntries[s])
			}
		}
	}
	return hits
}

func matchRest(rest, tokens []string) bool {
	if len(rest) > len(tokens) {
		return false
	}
	for i, p := range rest {
		key := strings.Trim(p, "*")
		front, back := strings.HasPrefix(p, "*"), strings.HasSuffix(p, "*")
		var ok bool
		switch {
		case front && back:
			ok = strings.Contains(tokens[i], key)
		case front:
			ok = strings.HasSuffix(tokens[i], key)
		case back:
			ok = strings.HasPrefix(tokens[i], key)
		default:
			ok = tokens[i] == key
		}
		if !ok {
			return false
		}
	}
	return true
}
