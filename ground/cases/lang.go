package cases

import (
	"slices"
	"strings"
	"unicode"

	"github.com/abadojack/whatlanggo"
)

// Unknown is the language of a text whose language cannot be told; a person picks.
const Unknown = "und"

// languages are those told apart by their words: the nine of the social team and neighbours
// whose words look like them.
var languages = map[whatlanggo.Lang]bool{
	whatlanggo.Eng: true, whatlanggo.Nld: true, whatlanggo.Deu: true, whatlanggo.Fra: true, whatlanggo.Spa: true, whatlanggo.Ita: true,
	whatlanggo.Por: true, whatlanggo.Tur: true, whatlanggo.Pol: true, whatlanggo.Swe: true, whatlanggo.Dan: true, whatlanggo.Nob: true,
	whatlanggo.Rus: true, whatlanggo.Ukr: true, whatlanggo.Ind: true,
}

// minWords is the shortest text judged by whatlanggo alone; arbitrary, below it is mostly wrong.
const minWords = 4

// Language tells the language of a text, as ISO 639-1: the platform's own tag, else the
// script, else common words, else whatlanggo when it is sure, else [Unknown].
func Language(text, platformLang string) string {
	base, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(strings.TrimSpace(platformLang), "_", "-")), "-")
	if len(base) == 2 && base[0] >= 'a' && base[0] <= 'z' && base[1] >= 'a' && base[1] <= 'z' {
		return base
	}
	if l := script(text); l != "" {
		return l
	}
	if l := byWords(text); l != "" {
		return l
	}
	info := whatlanggo.DetectWithOptions(text, whatlanggo.Options{Whitelist: languages})
	if len(strings.Fields(text)) >= minWords && info.IsReliable() {
		if l := info.Lang.Iso6391(); l != "" {
			return l
		}
	}
	return Unknown
}

// script names the language of a script that only one of our languages uses.
func script(text string) string {
	var letters, kana, han, hangul, arabic, hebrew, thai, greek, devanagari int
	for _, r := range text {
		if !unicode.IsLetter(r) {
			continue
		}
		letters++
		switch {
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			kana++
		case unicode.Is(unicode.Han, r):
			han++
		case unicode.Is(unicode.Hangul, r):
			hangul++
		case unicode.Is(unicode.Arabic, r):
			arabic++
		case unicode.Is(unicode.Hebrew, r):
			hebrew++
		case unicode.Is(unicode.Thai, r):
			thai++
		case unicode.Is(unicode.Greek, r):
			greek++
		case unicode.Is(unicode.Devanagari, r):
			devanagari++
		}
	}
	for _, s := range []struct {
		n    int
		lang string
	}{{hangul, "ko"}, {thai, "th"}, {hebrew, "he"}, {greek, "el"}, {arabic, "ar"}, {devanagari, "hi"}} {
		if 3*s.n > letters {
			return s.lang
		}
	}
	if 3*(kana+han) > letters {
		if kana > 0 {
			return "ja"
		}
		return "zh"
	}
	return ""
}

// common are words that hardly occur in the other languages told apart.
var common = map[string]string{
	"en": "of to can our it at great board all they their would there the and you your is was my for with have been this that are not just what why when how thanks please from still hours flight",
	"nl": "het een van niet ik jullie mijn voor met zijn wordt waarom naar maar geen nog vlucht uur heb bij wij uw koffer vertraging",
	"de": "der die das und ist nicht ich mein meine mit auf für wir sie eine einen warum kein keine stunden flug koffer verspätung wurde",
	"fr": "le les des est une pas je vous mon ma avec pour dans sur pourquoi vol heures nous être avez c'est toujours bagage retard",
	"es": "el los las una es mi con por para que no pero porque vuelo horas está muy nos han maleta equipaje gracias retraso llevo",
	"it": "il gli della è un una non mi mio mia con per che sono ma perché volo ore ho nel alla valigia bagaglio ritardo avete ancora",
	"pt": "o os uma não meu minha com por para que mas porque voo horas está muito vocês foi mala bagagem obrigado atraso são ainda",
	"tr": "bir ve bu için çok değil uçuş bavul neden saat uçak hala rötar var yok kayıp valiz benim teşekkürler uçağım",
	"ru": "и не на что рейс мой багаж почему часов вы это с я по",
}

var commonWords = func() map[string][]string {
	out := map[string][]string{}
	for lang, words := range common {
		for w := range strings.FieldsSeq(words) {
			out[w] = append(out[w], lang)
		}
	}
	return out
}()

// byWords counts common words; a language wins with two or more and clearly more than any other.
func byWords(text string) string {
	count := map[string]int{}
	for w := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' }) {
		for _, l := range commonWords[w] {
			count[l]++
		}
	}
	langs := make([]string, 0, len(count))
	for l := range count {
		langs = append(langs, l)
	}
	slices.Sort(langs)
	slices.SortStableFunc(langs, func(a, b string) int { return count[b] - count[a] })
	if len(langs) == 0 || count[langs[0]] < 2 {
		return ""
	}
	if len(langs) > 1 && 2*count[langs[1]] > count[langs[0]]+1 {
		return ""
	}
	return langs[0]
}
