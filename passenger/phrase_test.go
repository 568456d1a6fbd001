package passenger

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// aboutPersons lists words that judge or describe a person; no note may hold one (PRODUCT
// rule 1). Per language of the catalogue.
var aboutPersons = map[string]string{
	"en": `difficult|drunk|frequent|complain\w*|angry|rude|aggressive|demanding|annoying|troublemaker|rich|poor|old|young|fat|sick|ill|disabled|pregnant|jew\w*|muslim|gay|black|white|foreign\w*|twitter|facebook|tweet|post(?:ed)?|influencer|famous|vip|lies|liar|unreasonable|nervous|crazy`,
	"nl": `lastig\w*|dronken|klager|klaagt|boos|boze|onbeschoft|agressief|veeleisend|irritant|rijk|arm|oud|oude|jong|dik|ziek|gehandicapt|zwanger|joods\w*|moslim|homo|zwart|blank|buitenland\w*|twitter|facebook|tweet|influencer|beroemd|vip|liegt|leugenaar|onredelijk|zenuwachtig|gek`,
}

func TestCatalogue(t *testing.T) {
	t.Parallel()
	kinds := []string{"happened", "do", "not", "why"}
	arg := regexp.MustCompile(`%\d`)
	for code, p := range catalogue {
		if !slices.Contains(kinds, p.kind) {
			t.Errorf("%s: kind %q is none of %v", code, p.kind, kinds)
		}
		if len(p.words) != len(Languages) {
			t.Errorf("%s: has %d languages, want %v", code, len(p.words), Languages)
		}
		for _, lang := range Languages {
			words, ok := p.words[lang]
			if !ok || strings.TrimSpace(words) == "" {
				t.Errorf("%s: no words in %s", code, lang)
				continue
			}
			used := arg.FindAllString(words, -1)
			slices.Sort(used)
			var want []string
			for i := range p.args {
				want = append(want, fmt.Sprintf("%%%d", i+1))
			}
			if !slices.Equal(used, want) {
				t.Errorf("%s in %s uses %v, want each of %v once", code, lang, used, want)
			}
			forbidden := regexp.MustCompile(`(?i)\b(?:` + aboutPersons[lang] + `)\b`)
			if w := forbidden.FindString(words); w != "" {
				t.Errorf("%s in %s speaks about a person: %q", code, lang, w)
			}
			if n := len([]rune(words)); n > 80 {
				t.Errorf("%s in %s has %d characters; a line of the card holds 80", code, lang, n)
			}
		}
	}
	for _, lang := range Languages {
		if aboutPersons[lang] == "" {
			t.Errorf("no forbidden words for %s", lang)
		}
	}
}

func TestPhraseWords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		p        Phrase
		lang, is string
	}{
		{Phrase{"h.meal", []string{"KL0641", "2026-05-12"}}, "en", "Meal not as it should be, KL0641, 12 May"},
		{Phrase{"h.meal", []string{"KL0641", "2026-05-12"}}, "nl", "Maaltijd niet in orde, KL0641, 12 mei"},
		{Phrase{"h.meal.day", []string{"2026-05-12"}}, "nl", "Maaltijd niet in orde, 12 mei"},
		{Phrase{"d.ask", nil}, "xx", "Ask how things are today"},
		{Phrase{"d.from_the_future", []string{"7"}}, "en", "d.from_the_future 7"},
	}
	for _, tt := range tests {
		if got := tt.p.Words(tt.lang); got != tt.is {
			t.Errorf("%v in %s: got %q, want %q", tt.p, tt.lang, got, tt.is)
		}
	}
}
