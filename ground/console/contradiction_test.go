package console

import (
	"testing"

	"github.com/cabinloop/cabinloop/ground/followup"
)

// TestContradictionInBothLanguages: what does not fit is said in the reader's language, buckets too.
func TestContradictionInBothLanguages(t *testing.T) {
	t.Parallel()
	m := messages(t)
	for _, tc := range []struct {
		c      followup.Contradiction
		en, nl string
	}{
		{followup.Contradiction{What: "sums"}, "the sums of the notes do not close", "de sommen van de notities kloppen niet"},
		{followup.Contradiction{What: "register", Of: "T2", Says: "3", Other: "2"}, "tablet T2: the register says 3 entries on ground, the flight has 2",
			"tablet T2: het register telt 3 regels op de grond, de vlucht heeft er 2"},
		{followup.Contradiction{What: "booked", Of: "3.2", Says: "acted", Other: "never-delivered"}, "note 3.2: booked as “acted”, the crew’s entries say “never delivered”",
			"notitie 3.2: geboekt als “gehandeld”, de regels van de bemanning zeggen “nooit bezorgd”"},
	} {
		for lang, want := range map[string]string{"en": tc.en, "nl": tc.nl} {
			p := &flightPage{base: base{Words: m.In(lang)}}
			if got := p.Contradiction(tc.c); got != want {
				t.Errorf("%s in %s: %q, want %q", tc.c.What, lang, got, want)
			}
		}
	}
}
