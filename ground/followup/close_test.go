package followup

import (
	"strings"
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
)

func TestAnswersAreComplete(t *testing.T) {
	for _, tc := range []struct {
		name, cause string
		a           Answer
		want        passenger.Code
	}{
		{"reply", "reply", Answer{Reply: "We are sorry."}, ""},
		{"none with a reason", "reply", Answer{NoneReason: "settled-on-board"}, ""},
		{"neither", "reply", Answer{}, passenger.Invalid},
		{"blank reply", "reply", Answer{Reply: " \n"}, passenger.Invalid},
		{"result instead of a reply", "reply", Answer{Result: "done"}, passenger.Invalid},
		{"reason that is none", "reply", Answer{NoneReason: "too busy"}, passenger.Invalid},
		{"reply too long", "reply", Answer{Reply: strings.Repeat("a", maxReplyRunes+1)}, passenger.TooMuch},
		{"longest reply", "reply", Answer{Reply: strings.Repeat("é", maxReplyRunes)}, ""},
		{"result", "disputed", Answer{Result: "asked the lead purser"}, ""},
		{"no result", "disputed", Answer{Reply: "We are sorry."}, passenger.Invalid},
	} {
		if got := passenger.CodeOf(tc.a.validate(tc.cause)); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestDraftWordsAreComplete(t *testing.T) {
	for lang, words := range draftWords {
		for id := range draftWords["en"] {
			if words[id] == "" {
				t.Errorf("%s: no words for %s", lang, id)
			}
			if strings.Contains(draftWords["en"][id], "%1") != strings.Contains(words[id], "%1") {
				t.Errorf("%s: %s names the flight in one language only", lang, id)
			}
		}
	}
}
