package privacy

import (
	"maps"
	"slices"
	"strings"

	"github.com/cabinloop/cabinloop/internal/lexicon"
	"github.com/cabinloop/cabinloop/passenger"
)

// Category is why the lamp holds a text.
type Category string

// The categories.
const (
	Health     Category = "health"
	Religion   Category = "religion"
	SexualLife Category = "sexual-life"
	Politics   Category = "politics"
	TradeUnion Category = "trade-union"
	Children   Category = "children"
	Staff      Category = "staff"
	// NotMeasured holds every text of a language whose recall was not measured.
	NotMeasured Category = "language not measured"
)

// Categories lists the categories of content.
var Categories = []Category{Health, Religion, SexualLife, Politics, TradeUnion, Children, Staff}

// Verdict is what the lamp says. Hold is true exactly when Because is not empty; Because is
// sorted and belongs to the caller.
type Verdict struct {
	Hold    bool
	Because []Category
}

// Measured lists the languages whose recall on testdata/lamp is at least [RecallFloor], which
// a test checks; every other language is held.
var Measured = []string{"en", "nl", "de", "fr", "es", "it", "pt"}

// RecallFloor is the share of sensitive sentences of the fixture that the lamp must hold
// before a language counts as measured; a decision of the product.
const RecallFloor = 0.95

var lamps = compileLamps()

func compileLamps() map[string]*lexicon.Lexicon {
	out := map[string]*lexicon.Lexicon{}
	for lang, terms := range lampTerms {
		all := map[string][]string{}
		for _, c := range Categories {
			all[string(c)] = append(strings.Split(lampShared[c], ","), strings.Split(terms[c], ",")...)
		}
		out[lang] = lexicon.Compile(all)
	}
	return out
}

// Check runs the lamp on a text of one language ("nl", "nl-BE"). The longer words of every
// other lexicon are looked for as well: people mix languages, and a language tag can be wrong.
// Safe for concurrent use.
func Check(text, lang string) Verdict {
	base, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(lang, "_", "-")), "-")
	because := find(text, base)
	if !slices.Contains(Measured, base) {
		because[NotMeasured] = true
	}
	return verdict(because)
}

// CheckNote runs the lamp on every rendering of a note: the coded phrases in each language
// they exist in, and the free words with the lexicons of all those languages.
func CheckNote(n passenger.Note) Verdict {
	because := find(n.Words, passenger.Languages...)
	for _, lang := range passenger.Languages {
		if !slices.Contains(Measured, lang) {
			because[NotMeasured] = true
		}
		var words []string
		for _, ps := range [][]passenger.Phrase{n.Happened, n.Do, n.DoNot} {
			for _, p := range ps {
				words = append(words, p.Words(lang))
			}
		}
		for _, w := range n.Why {
			words = append(words, w.Words(lang))
		}
		maps.Copy(because, find(strings.Join(words, "\n"), lang))
	}
	return verdict(because)
}

// crossLetters is the length from which a word of another language than the text's own
// counts: shorter ones are ordinary words elsewhere (German "op", Italian "dio").
const crossLetters = 6

func find(text string, langs ...string) map[Category]bool {
	because := map[Category]bool{}
	tokens := lexicon.Tokens(text)
	for lang, lamp := range lamps {
		own := slices.Contains(langs, lang)
		for _, h := range lamp.Find(tokens) {
			if own || len(strings.Trim(h.Term, "*")) >= crossLetters {
				because[Category(h.Label)] = true
			}
		}
	}
	return because
}

func verdict(because map[Category]bool) Verdict {
	return Verdict{Hold: len(because) > 0, Because: slices.Sorted(maps.Keys(because))}
}
