package lexicon_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/internal/lexicon"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want []string
	}{
		{"VERSPÄTUNG in Straße!", []string{"verspatung", "in", "strasse"}},
		{"I can't, l'avion, qu'il", []string{"i", "cant", "l", "avion", "qu", "il"}},
		{"@airline see https://x.example/a #Fail 😡", []string{"see", "fail", "😡"}},
		{"遅延です。ひどい", []string{"遅延てす", "ひとい"}},
		{"", nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, lexicon.Tokens(tt.in)); diff != "" {
			t.Errorf("Tokens(%q) -want +got\n%s", tt.in, diff)
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	l := lexicon.Compile(map[string][]string{
		"ill": {"*krebs", "heart attack*", "diabet*"}, "late": {"*遅延*", "stuck on the tarmac", "verspät*"},
	})
	tests := []struct {
		in   string
		want []lexicon.Hit
	}{
		{"Brustkrebs", []lexicon.Hit{{"ill", "*krebs", 0, 1}}},
		{"he had heart attacks", []lexicon.Hit{{"ill", "heart attack*", 2, 2}}},
		{"heart of gold", nil},
		{"still stuck on the tarmac", []lexicon.Hit{{"late", "stuck on the tarmac", 1, 4}}},
		{"飛行機が遅延した", []lexicon.Hit{{"late", "*遅延*", 0, 1}}},
		{"diabetic, Verspätung", []lexicon.Hit{{"ill", "diabet*", 0, 1}, {"late", "verspät*", 1, 1}}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, l.Find(lexicon.Tokens(tt.in))); diff != "" {
			t.Errorf("Find(%q) -want +got\n%s", tt.in, diff)
		}
	}
}

func FuzzFind(f *testing.F) {
	l := lexicon.Compile(map[string][]string{"a": {"*x*", "x y*", "*z", "q*"}})
	f.Add("x yy \xff 遅延 z")
	f.Fuzz(func(t *testing.T, s string) {
		toks := lexicon.Tokens(s)
		for _, h := range l.Find(toks) {
			if h.At < 0 || h.At+h.Len > len(toks) {
				t.Errorf("hit %+v outside of %d words", h, len(toks))
			}
		}
	})
}
