package flightops

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cabinloop/cabinloop/passenger/privacy"
)

// splitFullName reads a name as a customer writes it. Which part is the surname is taken from
// how it is written: "Vos, Piet", "VOS/PIET MR", "Piet VOS", "Anna van der Berg", "Vos P.",
// "山田 花子"; two words without any such sign are given name and surname. Anything else ("Ana
// García López", one word) is not guessed: the whole name is the surname, so that the purser
// has nothing wrong to confirm. Words are joined by single blanks.
func splitFullName(full string) (surname, given, title string) {
	words := strings.Fields(full)
	words, title = cutTitle(words)
	full = strings.Join(words, " ")
	if i := strings.IndexAny(full, ",/"); i >= 0 {
		surname, given = strings.TrimSpace(full[:i]), strings.TrimSpace(strings.Trim(full[i:], ",/ "))
		if surname == "" {
			surname, given = given, ""
		}
		return surname, given, title
	}
	if from, to := surnameWords(words); to > from {
		rest := slices.Concat(words[:from], words[to:])
		return strings.Join(words[from:to], " "), strings.Join(rest, " "), title
	}
	return full, "", title
}

// surnameWords says which words are the surname, from and to; equal when nothing tells.
func surnameWords(words []string) (from, to int) {
	n := len(words)
	if n < 2 {
		return 0, 0
	}
	if !slices.ContainsFunc(words, func(w string) bool { return !eastAsian(w) }) {
		return 0, 1 // these scripts write the surname first
	}
	capitals := slices.Collect(func(yield func(int) bool) {
		for i, w := range words {
			if isCapitals(w) && !yield(i) {
				return
			}
		}
	})
	if k := len(capitals); k > 0 && k < n {
		first, last := capitals[0], capitals[k-1]
		if last-first == k-1 && (first == 0 || last == n-1) {
			return first, last + 1
		}
		return 0, 0
	}
	if i := slices.IndexFunc(words[:n-1], privacy.Particle); i >= 0 {
		return i, n // all of it, when the name begins so
	}
	if n > 2 {
		return 0, 0
	}
	if isInitial(words[1]) && !isInitial(words[0]) {
		return 0, 1
	}
	return 1, 2
}

// cutTitle takes a title off: the first word in any letter case, or the last in capitals.
func cutTitle(words []string) ([]string, string) {
	if len(words) < 2 {
		return words, ""
	}
	if t := strings.TrimSuffix(strings.ToUpper(words[0]), "."); slices.Contains(titles, t) {
		return words[1:], t
	}
	if t := words[len(words)-1]; slices.Contains(titles, t) {
		return words[:len(words)-1], t
	}
	return words, ""
}

// isCapitals reports whether a word is written in capitals where that says something: "JP" may
// be two initials.
func isCapitals(w string) bool {
	return utf8.RuneCountInString(w) > 2 && strings.ToUpper(w) == w && strings.ToLower(w) != w
}

func isInitial(w string) bool { return utf8.RuneCountInString(strings.TrimSuffix(w, ".")) == 1 }

func eastAsian(w string) bool {
	for _, r := range w {
		if !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) && r != 'ー' {
			return false
		}
	}
	return true
}
