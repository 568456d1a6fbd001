package privacy

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxTabletNameRunes bounds the name on a tablet; arbitrary, one line of the card.
const MaxTabletNameRunes = 40

// titles are the titles a tablet shows; others, and those that say "child", are dropped.
var titles = map[string]string{"MR": "Mr", "MRS": "Mrs", "MS": "Ms", "MISS": "Ms", "DR": "Dr", "PROF": "Prof"}

// particles stay small inside a surname of several words.
var particles = []string{"van", "der", "de", "den", "het", "ten", "ter", "von", "zu", "da", "di", "do", "dos", "das", "del", "della", "la", "le", "du", "des", "el", "al", "bin", "ibn", "y", "e", "te", "'t"}

// Particle reports whether a word, as written, is one that may begin a surname of several words
// ("van", "de la"): in small letters, or in capitals in a name that is all capitals.
func Particle(word string) bool {
	return word != "y" && word != "e" && (slices.Contains(particles, word) || strings.ToUpper(word) == word && len(word) > 1 && slices.Contains(particles, strings.ToLower(word)))
}

// TabletName is the least name by which a purser can confirm who sits there: title, first
// initial, surname ("Ms J. Jansen"). Parts may be empty; passenger messages write them in
// capitals. With no surname the given name stands in. At most [MaxTabletNameRunes] characters.
func TabletName(surname, given, title string) string {
	surname, given = plainName(surname), plainName(given)
	var parts []string
	if t := titles[strings.ToUpper(strings.Trim(strings.TrimSpace(title), "."))]; t != "" {
		parts = append(parts, t)
	}
	switch {
	case surname == "":
		surname = given
	case given != "":
		r, _ := utf8.DecodeRuneInString(given)
		parts = append(parts, string(unicode.ToUpper(r))+".")
	}
	if surname == "" {
		return ""
	}
	name := []rune(strings.Join(append(parts, caseName(surname)), " "))
	return strings.TrimSpace(string(name[:min(len(name), MaxTabletNameRunes)]))
}

// plainName keeps letters, marks, hyphens and apostrophes, and single spaces between words.
func plainName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.Is(unicode.M, r), r == '-', r == '\'', r == '’':
			return r
		case unicode.IsSpace(r), r == '.', r == '/':
			return ' '
		}
		return -1
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	return strings.TrimLeftFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' && r != '’' })
}

// caseName writes a name in capitals as people do; a name with small letters stays as it is.
func caseName(s string) string {
	if strings.ToUpper(s) != s || strings.ToLower(s) == s {
		return s
	}
	words := strings.Fields(strings.ToLower(s))
	allSmall := !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(particles, w) })
	for i, w := range words {
		if len(words) > 1 && !allSmall && slices.Contains(particles, w) && i < len(words)-1 {
			continue
		}
		up := true
		words[i] = strings.Map(func(r rune) rune {
			if up && unicode.IsLetter(r) {
				up = false
				return unicode.ToUpper(r)
			}
			if r == '-' || r == '\'' || r == '’' {
				up = true
			}
			return r
		}, w)
	}
	return strings.Join(words, " ")
}
