package web

import (
	"strings"
	"unicode"
)

// Text says how much of a text that others wrote a page shows.
type Text struct {
	Max   int  // characters; an ellipsis says that something is cut
	Marks int  // combining marks on one character; more only paint over lines
	Lines bool // keeps line ends; otherwise they become blanks
}

// Clean makes a text fit to be shown: no control or direction marks, no invisible tag
// characters, no tower of combining marks. Escaping is html/template's work, isolation that of
// bdi.
func (t Text) Clean(s string) string {
	var b strings.Builder
	n, marks := 0, 0
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case r == '\n' && t.Lines:
		case r == '\n' || r == '\t':
			r = ' '
		case hidden(r):
			continue
		}
		if unicode.Is(unicode.M, r) {
			if marks++; marks > t.Marks {
				continue
			}
		} else {
			marks = 0
		}
		if n++; n > t.Max {
			return strings.TrimRight(b.String(), " ") + "…"
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

// hidden reports characters that are dropped: controls, direction marks, invisible ones. The
// joiners U+200C and U+200D stay: Persian, Hindi and emoji need them.
func hidden(r rune) bool {
	switch {
	case r == 0x200C || r == 0x200D:
		return false
	case r == 0x061C, r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x206F, r == 0xFEFF,
		r >= 0xE0000 && r <= 0xE007F, r == 0x2028 || r == 0x2029:
		return true
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cs, r) || unicode.Is(unicode.Co, r)
}
