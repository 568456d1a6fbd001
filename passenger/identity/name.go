package identity

import (
	"slices"
	"strings"
	"unicode"

	"github.com/mozillazg/go-unidecode"
	"github.com/xrash/smetrics"
)

// titles are words in front of names that are no names.
var titles = []string{"MR", "MRS", "MS", "MISS", "DR", "PROF", "MSTR", "HERR", "FRAU", "DHR", "MEVR", "MME", "SR", "SRA"}

// nameWords transliterates a name, in capitals, without titles and initials, words sorted.
func nameWords(name string) []string {
	words := strings.FieldsFunc(strings.ToUpper(unidecode.Unidecode(name)), func(r rune) bool { return r != '\'' && !unicode.IsLetter(r) })
	out := words[:0]
	for _, w := range words {
		w = strings.ReplaceAll(w, "'", "")
		if len(w) > 1 && !slices.Contains(titles, w) {
			out = append(out, w)
		}
	}
	slices.Sort(out)
	return out
}

// likeness compares two names of [nameWords], 0 to 1. Each word of the shorter name must find
// its own like word in the longer one; a single word is no name and counts half.
func likeness(a, b []string) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	if slices.Equal(a, b) {
		if len(a) == 1 {
			return 0.5
		}
		return 1
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) == 1 {
		return 0
	}
	for _, w := range a {
		// Words that differ in both of their first letters are not alike; this spares the rest.
		if !slices.ContainsFunc(b, func(v string) bool { return v[0] == w[0] || v[1] == w[1] }) {
			return 0
		}
	}
	used := make([]bool, len(b))
	sum := 0.0
	for _, w := range a {
		best, at := 0.0, -1
		for i, v := range b {
			if used[i] {
				continue
			}
			if s := jaroWinkler(w, v); s > best {
				best, at = s, i
			}
		}
		if at < 0 || best < nameFloor {
			return 0 // one word is somebody else's
		}
		used[at] = true
		sum += best
	}
	// Words left over (a second given name) cost a little.
	words := sum/float64(len(a)) - 0.02*float64(len(b)-len(a))
	return max(words, min(0.99, jaroWinkler(strings.Join(a, " "), strings.Join(b, " "))))
}

func jaroWinkler(a, b string) float64 {
	if a == b {
		return 1
	}
	if a == "" || b == "" {
		return 0
	}
	return min(1, max(0, smetrics.JaroWinkler(a, b, 0.7, 4)))
}

// handleKey reduces a handle to letters: "@Janneke_Jansen82" is "JANNEKEJANSEN".
func handleKey(handle string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, strings.ToUpper(unidecode.Unidecode(handle)))
}

// minHandle is the shortest handle that says something; arbitrary.
const minHandle = 8

// handleKeys are the handles people make of a name of given and family words.
func handleKeys(words []string) []string {
	if len(words) != 2 {
		if len(words) < 2 {
			return nil
		}
		return []string{strings.Join(words, "")}
	}
	return []string{words[0] + words[1], words[1] + words[0]}
}
