package followup

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestEveryContradictionIsSaid(t *testing.T) {
	t.Parallel()
	for _, what := range Contradictions {
		s := Contradiction{What: what, Of: "3.1", Says: "acted", Other: "disputed"}.String()
		if s == "" || strings.ContainsAny(s, "{}") {
			t.Errorf("%s is said as %q", what, s)
		}
	}
	if len(contradictionWords) != len(Contradictions) {
		t.Errorf("%d contradictions have words, there are %d", len(contradictionWords), len(Contradictions))
	}
	if s := (Contradiction{What: "booked", Of: "3.2", Says: "acted", Other: "disputed"}).String(); s != `note 3.2: booked as "acted", the ops say "disputed"` {
		t.Error(s)
	}
}

// TestEveryContradictionIsFound: the report names each by a name that is known, and none is left that
// nothing finds.
func TestEveryContradictionIsFound(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("report.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, x := range regexp.MustCompile(`\.red\("([a-z-]+)"`).FindAllSubmatch(text, -1) {
		name := string(x[1])
		if found[name] = true; !slices.Contains(Contradictions, name) {
			t.Errorf("the report finds %q, which has no words", name)
		}
	}
	for _, what := range Contradictions {
		if !found[what] {
			t.Errorf("nothing finds %q", what)
		}
	}
}
