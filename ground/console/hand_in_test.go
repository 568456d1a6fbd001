package console

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/ground/followup"
	"github.com/cabinloop/cabinloop/passenger"
)

// TestHandInSaysWhy: of each tablet, why it was handed in by force, or what its hand-in waits for.
func TestHandInSaysWhy(t *testing.T) {
	t.Parallel()
	m := messages(t)
	for _, tc := range []struct {
		name   string
		row    tabletRow
		en, nl []string
	}{
		{"handed in as it should", tabletRow{Mark: "handed-in"}, nil, nil},
		{"handed in anyway", tabletRow{Mark: "handed-in", TabletLine: followup.TabletLine{Anyway: passenger.NoTabletInReach, Alone: 2}},
			[]string{"handed in anyway: no other tablet in reach", "2 entries were on no other device"},
			[]string{"toch ingeleverd: geen andere tablet in bereik", "2 regels stonden op geen ander apparaat"}},
		{"for a reason that is none of ours", tabletRow{Mark: "handed-in", TabletLine: followup.TabletLine{Anyway: "<b>new</b>", Alone: 1}},
			[]string{"handed in anyway: <b>new</b>", "1 entry was on no other device"},
			[]string{"toch ingeleverd: <b>new</b>", "1 regel stond op geen ander apparaat"}},
		{"handed in, and lost since", tabletRow{Mark: "handed-in", TabletLine: followup.TabletLine{Gone: "lost"}}, nil, nil},
		{"holds one", tabletRow{Mark: "holds", Lacks: 1}, []string{"1 entry it told of is not here yet; it must come online"}, []string{"1 regel die hij noemde is hier nog niet; hij moet online komen"}},
		{"holds two and is revoked", tabletRow{Mark: "holds", Lacks: 2, TabletLine: followup.TabletLine{Gone: "revoked"}},
			[]string{"2 entries it told of are not here yet; it must come online", "revoked: it cannot report until it is enrolled again"},
			[]string{"2 regels die hij noemde zijn hier nog niet; hij moet online komen", "ingetrokken: hij kan pas melden als hij opnieuw is aangemeld"}},
		{"waits for the crew", tabletRow{Mark: "waiting"}, []string{"every entry it told of is here; the crew has not handed it in"},
			[]string{"alle regels die hij noemde zijn hier; de bemanning heeft hem nog niet ingeleverd"}},
		{"never came and is lost", tabletRow{Mark: "never", TabletLine: followup.TabletLine{Gone: "lost"}}, []string{"reported lost: it will not report any more"},
			[]string{"als verloren gemeld: hij meldt zich niet meer"}},
		{"in contact", tabletRow{Mark: "in-contact"}, nil, nil},
	} {
		for lang, want := range map[string][]string{"en": tc.en, "nl": tc.nl} {
			p := &flightPage{base: base{Words: m.In(lang)}}
			if d := cmp.Diff(want, p.HandIn(tc.row)); d != "" {
				t.Errorf("%s in %s (-want +got)\n%s", tc.name, lang, d)
			}
		}
	}
}
