package cases

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cabinloop/cabinloop/internal/lexicon"
)

// dayTerms are the words for a day counted back from the post. "Last night" is no day: a flight may
// have left before midnight or after it. German "hier" is no French "hier": only a known language is read.
var dayTerms = terms{
	"en": {"0": "today", "1": "yesterday,yday", "2": "day before yesterday"},
	"nl": {"0": "vandaag", "1": "gisteren,gister", "2": "eergisteren"},
	"de": {"0": "heute", "1": "gestern", "2": "vorgestern"},
	"fr": {"0": "aujourd hui", "1": "hier", "2": "avant hier"},
	"es": {"0": "hoy", "1": "ayer", "2": "anteayer,antes de ayer,antier"},
	"it": {"0": "oggi", "1": "ieri", "2": "l altro ieri,altro ieri,avantieri"},
	"pt": {"0": "hoje", "1": "ontem", "2": "anteontem,antes de ontem"},
	"tr": {"0": "bugun", "1": "dun,dunku", "2": "evvelsi gun,onceki gun"},
	"ru": {"0": "сегодня", "1": "вчера,вчерашн*", "2": "позавчера"},
	"ja": {"0": "*今日*,*本日*,*きょう*", "1": "*昨日*,*きのう*", "2": "*一昨日*,*おととい*"},
	"ko": {"0": "*오늘*", "1": "*어제*", "2": "*그저께*,*그제*,*엊그제*"},
	"zh": {"0": "*今天*,*今日*", "1": "*昨天*,*昨日*,*尋日*,*寻日*", "2": "*前天*,*前日*"},
}

var dayWords = dayTerms.compile()

// relativeDay finds a day that a text counts back from the post: "-0", "-1", "-2", or "" for none. Of
// several the earliest counts: what went wrong yesterday may still not be answered today.
func relativeDay(tokens []string, lang string) string {
	if _, known := dayTerms[lang]; !known {
		return ""
	}
	longest := map[int]lexicon.Hit{} // "一昨日" is not "昨日", nor "avant-hier" "hier"
	for _, h := range dayWords[lang].Find(tokens) {
		end := h.At + h.Len
		if old, ok := longest[end]; !ok || utf8.RuneCountInString(h.Term) > utf8.RuneCountInString(old.Term) {
			longest[end] = h
		}
	}
	ago := ""
	for _, h := range longest {
		ago = max(ago, h.Label)
	}
	if ago == "" {
		return ""
	}
	return "-" + ago
}

// countedBack gives a [relativeDay] of a post its date, UTC; "" for what is none.
func countedBack(day string, posted time.Time) string {
	var ago int
	if n, err := fmt.Sscanf(strings.TrimPrefix(day, "-"), "%1d", &ago); n != 1 || err != nil {
		return ""
	}
	return posted.UTC().AddDate(0, 0, -ago).Format(time.DateOnly)
}
