package followup

import (
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
