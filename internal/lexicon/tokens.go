package lexicon

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

var dropRE = regexp.MustCompile(`(?i)\bhttps?://\S+|\bwww\.\S+|@[\p{L}\p{N}_]+`)

// special holds the letters that do not decompose.
var special = map[rune]string{'ß': "ss", 'ı': "i", 'ø': "o", 'æ': "ae", 'œ': "oe", 'ł': "l", 'đ': "d"}

// Tokens folds text and splits it into words. A symbol such as an emoji is a word of its own;
// punctuation ends a word and is dropped. Only the English "'t" joins its word ("can't" is "cant");
// any other apostrophe splits ("l'avion" is "l", "avion"; "I'll" is not "ill").
func Tokens(text string) []string {
	text = dropRE.ReplaceAllString(text, " ")
	var out []string
	var word strings.Builder
	end := func() {
		if word.Len() > 0 {
			out = append(out, word.String())
			word.Reset()
		}
	}
	rs := []rune(norm.NFKD.String(text))
	for i, r := range rs {
		switch {
		case unicode.Is(unicode.M, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			r = unicode.ToLower(r)
			if s, ok := special[r]; ok {
				word.WriteString(s)
			} else {
				word.WriteRune(r)
			}
		case (r == '\'' || r == '’') && word.Len() > 0 && strings.EqualFold(following(rs[i+1:]), "t"):
		case unicode.Is(unicode.So, r):
			end()
			out = append(out, string(r))
		default:
			end()
		}
	}
	end()
	return out
}

// following returns the letters up to the next other character, at most 2 of them.
func following(rs []rune) string {
	n := 0
	for n < len(rs) && n < 2 && unicode.IsLetter(rs[n]) {
		n++
	}
	return string(rs[:n])
}
