package privacy_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	"github.com/cabinloop/cabinloop/passenger/privacy"
)

type labelled struct{ category, text string }

func fixture(t *testing.T, lang string) []labelled {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "lamp", lang+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	var out []labelled
	for ln := range strings.Lines(string(b)) {
		if c, text, ok := strings.Cut(strings.TrimSpace(ln), "\t"); ok {
			out = append(out, labelled{c, text})
		}
	}
	return out
}

func TestLampRecall(t *testing.T) {
	t.Parallel()
	for _, lang := range privacy.Measured {
		var held, sensitive, wrong, fine, right int
		for _, l := range fixture(t, lang) {
			v := privacy.Check(l.text, lang)
			if l.category == "ok" {
				fine++
				if v.Hold {
					wrong++
					t.Logf("%s: held without need, %v: %s", lang, v.Because, l.text)
				}
				continue
			}
			sensitive++
			if v.Hold {
				held++
			} else {
				t.Logf("%s: missed, %s: %s", lang, l.category, l.text)
			}
			if slices.Contains(v.Because, privacy.Category(l.category)) {
				right++
			} else {
				t.Logf("%s: %s not among %v: %s", lang, l.category, v.Because, l.text)
			}
		}
		recall, precision := float64(held)/float64(sensitive), float64(held)/float64(max(1, held+wrong))
		t.Logf("%s: recall %.3f (%d of %d), right category %d, precision %.3f (%d of %d plain held)", lang, recall, held, sensitive, right, precision, wrong, fine)
		if sensitive < 20 || fine < 10 {
			t.Errorf("%s: %d sensitive and %d plain sentences do not measure a language", lang, sensitive, fine)
		}
		if recall < privacy.RecallFloor {
			t.Errorf("%s: recall %.3f is below %.2f", lang, recall, privacy.RecallFloor)
		}
		if precision < 0.8 {
			t.Errorf("%s: precision %.3f: the lamp holds nearly everything", lang, precision)
		}
	}
}

func TestOtherLanguagesAreHeld(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"ja", "tr", "ru", "und", "", "xx-YY"} {
		v := privacy.Check("Kaffee kalt", lang)
		if !v.Hold || !slices.Contains(v.Because, privacy.NotMeasured) {
			t.Errorf("%q: %+v, want held as not measured", lang, v)
		}
	}
	if v := privacy.Check("Mijn maaltijd was koud", "nl-BE"); v.Hold {
		t.Errorf("nl-BE: held, %v", v.Because)
	}
	if v := privacy.Check("Ich sitze im Rollstuhl", "en"); !slices.Contains(v.Because, privacy.Health) {
		t.Errorf("German text tagged en: %+v, want health", v)
	}
}

func TestCheckNote(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"happened", "do", "not", "why"} {
		for _, c := range passenger.PhraseCodes(kind) {
			n := passenger.Note{Traveller: 1, Do: []passenger.Phrase{{Code: c, Args: []string{"KL0641", "2026-05-12"}}}, Expires: time.Unix(0, 0)}
			if v := privacy.CheckNote(n); v.Hold {
				t.Errorf("phrase %s is held: %v", c, v.Because)
			}
		}
	}
	for words, want := range map[string]bool{"Kosher meal was missing": true, "Rolstoel was er niet": true, "koffie was koud": false, "": false} {
		if v := privacy.CheckNote(passenger.Note{Words: words}); v.Hold != want {
			t.Errorf("words %q: hold %v, want %v (%v)", words, v.Hold, want, v.Because)
		}
	}
}
