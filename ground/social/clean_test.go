package social

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestClean(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"plain", "My meal was cold", "My meal was cold"},
		{"markup stays text", "<b>cold</b> & <script>", "<b>cold</b> & <script>"},
		{"line ends", "a\r\nb\rc\u2028d\u0085e", "a\nb\nc\nd\ne"},
		{"controls", "a\x00b\x1b[31mc\x7f\u0090", "ab[31mc"},
		{"tab", "a\tb", "a b"},
		{"bidi", "a\u202Eb\u2066c\u2069\u200F\u061Cd", "abcd"},
		{"byte order mark and tags", "\uFEFFa\U000E0041\U000E007Fb", "ab"},
		{"zero width space, soft hyphen", "a\u200Bb\u00ADc\u2060", "abc"},
		{"private use and unassigned", "a\uE000b\U000E0FFFc", "abc"},
		{"NFC", "cafe\u0301", "caf\u00E9"},
		{"composition after a drop", "e\u200B\u0301", "\u00E9"},
		{"zalgo", "e" + strings.Repeat("\u0316", 50), "e" + strings.Repeat("\u0316", MaxMarks)},
		{"joiner in Persian", "\u0645\u06CC\u200C\u062E", "\u0645\u06CC\u200C\u062E"},
		{"joiner in Latin", "pass\u200Cword\u200D", "password"},
		{"family emoji", "\U0001F468\u200D\U0001F469\u200D\U0001F467", "\U0001F468\u200D\U0001F469\u200D\U0001F467"},
		{"heart on fire", "\u2764\uFE0F\u200D\U0001F525", "\u2764\uFE0F\u200D\U0001F525"},
		{"bad bytes", "a\xffb", "a\uFFFDb"},
		{"only invisible", "\u200B\u202E ", ""},
		{"too many lines", strings.Repeat("x\n", 50), strings.TrimSpace(strings.Repeat("x\n", MaxLines))},
		{"too many characters", strings.Repeat("\U0001F468\u200D\U0001F469\u200D\U0001F467", 2100), strings.Repeat("\U0001F468\u200D\U0001F469\u200D\U0001F467", MaxGraphemes)},
		{"Japanese", "遅延について\n説明がない", "遅延について\n説明がない"},
	}
	for _, tt := range tests {
		if got := Clean(tt.in); got != tt.want {
			t.Errorf("%s: Clean(%q) = %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
	if got, want := CleanLine(" Jan\n  de\tVries "), "Jan de Vries"; got != want {
		t.Errorf("CleanLine = %q, want %q", got, want)
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"cold meal", "e\u0301\u200B\u0301", "\u0915\u094D\u200D\u0937", "a\r\nb\u202E", "\U0001F468\u200D\U0001F469", "\u034F\u0316\u0301\u200D"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s)
		if again := Clean(got); again != got {
			t.Errorf("Clean is not idempotent: %q, then %q", got, again)
		}
		if !utf8.ValidString(got) || !norm.NFC.IsNormalString(got) {
			t.Errorf("Clean(%q) = %q is not NFC UTF-8", s, got)
		}
		if strings.ContainsAny(got, "\r\t\x00\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069\u200E\u200F\u061C\uFEFF") {
			t.Errorf("Clean(%q) = %q keeps a control", s, got)
		}
	})
}
