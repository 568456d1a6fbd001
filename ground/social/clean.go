package social

import (
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
	"golang.org/x/text/unicode/norm"
)

// Clean makes a post's text safe to show next to other text. In order: line ends become "\n",
// invisible and direction-changing characters go (controls, bidi controls, tag characters,
// U+FEFF, unassigned and private ones), joiners stay only where a script or an emoji needs
// them, marks per character are at most [MaxMarks], the form is NFC, and at most
// [MaxGraphemes] characters and [MaxLines] lines stay.
//
// Clean(Clean(s)) == Clean(s). It does not escape markup: html/template does, at the page.
// Bytes that are no UTF-8 become U+FFFD.
func Clean(text string) string {
	text = lineEnds.Replace(strings.ToValidUTF8(text, "\uFFFD"))
	text = strings.Map(visible, text)
	text = capMarks(joiners(text))
	text = strings.TrimSpace(capMarks(norm.NFC.String(text)))
	return strings.TrimSpace(firstLines(firstGraphemes(text, MaxGraphemes), MaxLines))
}

// CleanLine is [Clean] for a name or a handle: one line, at most [MaxNameRunes] characters.
func CleanLine(text string) string {
	text = strings.Join(strings.Fields(Clean(text)), " ")
	return strings.TrimSpace(firstGraphemes(text, MaxNameRunes))
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\u0085", "\n", "\v", "\n", "\f", "\n", "\t", " ")

// visible maps what may not stay to -1. Of the format characters (Cf) only the joiners and
// the Arabic and Syriac number and abbreviation signs, which have a shape, stay.
func visible(r rune) rune {
	switch {
	case r == '\n' || r == zwj || r == zwnj:
		return r
	case r >= 0x0600 && r <= 0x0605, r == 0x06DD, r == 0x070F, r == 0x08E2:
		return r
	case r == 0x034F: // combining grapheme joiner: invisible, only reorders marks
		return -1
	case unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z):
		return r
	}
	return -1
}

func capMarks(s string) string {
	n := 0
	return strings.Map(func(r rune) rune {
		if !unicode.Is(unicode.M, r) {
			n = 0
			return r
		}
		if n++; n > MaxMarks {
			return -1
		}
		return r
	}, s)
}

const (
	zwnj = '\u200C'
	zwj  = '\u200D'
)

// joining lists the scripts in which a joiner changes the shape of letters.
var joining = []*unicode.RangeTable{
	unicode.Arabic, unicode.Syriac, unicode.Nko, unicode.Mongolian, unicode.Devanagari, unicode.Bengali,
	unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada,
	unicode.Malayalam, unicode.Sinhala, unicode.Khmer, unicode.Myanmar, unicode.Tibetan,
}

// joiners drops each joiner that does not stand between two letters of a joining script, or
// (ZWJ only) between two emoji.
func joiners(s string) string {
	if !strings.ContainsAny(s, string([]rune{zwj, zwnj})) {
		return s
	}
	in := []rune(s)
	out := make([]rune, 0, len(in))
	for i, r := range in {
		if r == zwj || r == zwnj {
			if len(out) == 0 || i+1 == len(in) {
				continue
			}
			prev, next := out[len(out)-1], in[i+1]
			script := unicode.In(prev, joining...) && unicode.In(next, joining...)
			emoji := r == zwj && (unicode.In(prev, unicode.So, unicode.Sk) || prev == 0xFE0F) && unicode.Is(unicode.So, next)
			if !script && !emoji {
				continue
			}
		}
		out = append(out, r)
	}
	return string(out)
}

func firstGraphemes(s string, most int) string {
	if len(s) <= most {
		return s
	}
	rest, state, n := s, -1, 0
	for n < most && rest != "" {
		_, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		n++
	}
	return s[:len(s)-len(rest)]
}

func firstLines(s string, most int) string {
	at := 0
	for range most {
		i := strings.IndexByte(s[at:], '\n')
		if i < 0 {
			return s
		}
		at += i + 1
	}
	return s[:at-1]
}
