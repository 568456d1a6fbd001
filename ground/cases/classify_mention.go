package cases

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// carriers are the two-character codes taken as a flight number in running text.
const carriers = " 3U 4U 5J 6E 9W A3 A5 AA AC AD AF AH AI AK AM AR AS AT AV AY AZ B6 BA BE BG BI BR BT BW CA CI CM CX CZ D8 DE DL DY EI EK EN ET EW EY F9 FA FI FR FZ G3 GA GF HA HO HU HV HX IB IG IT IZ J2 JL JQ JU KA KC KE KK KL KM KQ KU LA LG LH LO LS LX LY ME MF MH MK MN MS MU NH NK NX NZ OA OK OS OU OZ PC PD PG PK PR PS QF QR RJ RO S7 SA SC SK SN SQ SS SU SV TG TK TO TP TR TS TU U2 UA UK UL UN UO US UX VA VB VF VN VS VX VY W6 WF WN WS WY XQ YP ZB ZH "

// icao maps the three-letter codes people write to the two-character ones.
var icao = map[string]string{"KLM": "KL", "AFR": "AF", "DLH": "LH", "BAW": "BA", "UAL": "UA", "AAL": "AA", "DAL": "DL", "SWA": "WN", "JBU": "B6", "THY": "TK",
	"TAP": "TP", "SAS": "SK", "AUA": "OS", "EZY": "U2", "RYR": "FR", "IBE": "IB", "JAL": "JL", "ANA": "NH", "QFA": "QF", "UAE": "EK", "QTR": "QR", "TRA": "HV"}

var mentionRE = regexp.MustCompile(`(?i)(^|[^\p{L}\p{N}])([A-Z]{3}|[A-Z]{2}|[A-Z]\d|\d[A-Z])([ \-]?)(\d{1,4})([A-Z]?)($|[^\p{L}\p{N}])`)

// mentionedFlight finds the first flight number of a text. Two letters alone are words in
// many languages ("at 10", "so 300"), so a known carrier is asked for, capitals where a space
// stands between, and three digits where the letters are small.
func mentionedFlight(text string) string {
	for len(text) > 0 {
		at := mentionRE.FindStringSubmatchIndex(text)
		if at == nil {
			return ""
		}
		part := func(i int) string { return text[at[2*i]:at[2*i+1]] }
		code, gap, digits, suffix := part(2), part(3), part(4), strings.ToUpper(part(5))
		upper := strings.ToUpper(code)
		ok := code == upper && (gap == "" || len(digits) > 1) || gap == "" && len(digits) >= 3
		if two, known := icao[upper]; known {
			upper, ok = two, true
		}
		if ok && strings.Contains(carriers, " "+upper+" ") {
			if carrier, number, _, err := passenger.ParseDesignator(upper + digits); err == nil {
				return passenger.FlightKey{Carrier: carrier, Number: number, Suffix: suffix}.Designator()
			}
		}
		text = text[at[2*4]:] // go on behind the letters
	}
	return ""
}

// months are the month names of the seven measured languages and Turkish and Russian, by their
// first letters, folded to small letters.
var months = []string{
	"jan|ene|gen|oca|янв", "feb|fév|fev|şub|фев", "mar|maa|mär|mrt|mars|марта|март", "apr|avr|abr|nis|апр", "may|mei|mai|mag|maio|мая", "jun|juin|giu|haz|июн",
	"jul|juil|lug|lui|tem|июл", "aug|aoû|aou|ago|ağu|авг", "sep|set|eyl|сен", "oct|okt|ott|out|eki|окт", "nov|kas|ноя", "dec|dez|déc|dic|ara|дек",
}

var (
	isoDayRE   = regexp.MustCompile(`(?:^|[^\d])(20\d\d)-(\d\d)-(\d\d)(?:$|[^\d])`)
	dayFirstRE = regexp.MustCompile(`(?i)(?:^|[^\p{L}\d])(\d{1,2})(?:st|nd|rd|th|er|e|º|\.)?\s+(?:of\s+|de\s+|di\s+)?(\p{L}{3,10})\.?(?:\s*,?\s*(?:de\s+)?(20\d\d))?`)
	dayLastRE  = regexp.MustCompile(`(?i)(?:^|[^\p{L}\d])(\p{L}{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?(?:\s*,?\s*(20\d\d))?(?:$|[^\p{L}\d:])`)
	numericRE  = regexp.MustCompile(`(?:^|[^\d/.\-])(\d{1,2})([/.\-])(\d{1,2})[/.\-](20\d\d|\d\d)(?:$|[^\d/.\-])`)
	japaneseRE = regexp.MustCompile(`(?:(20\d\d)年)?(\d{1,2})月(\d{1,2})日`)
)

// mentionedDay finds the first day a text names: 2026-05-12, 12 May (2026), May 12, 12/05/2026,
// 5月12日. Without a year it is "--05-12". Of two numbers that could both be the month nothing
// is read, unless the language writes the day first.
func mentionedDay(text, lang string) string {
	if m := isoDayRE.FindStringSubmatch(text); m != nil {
		if d := day(m[1], num(m[2]), num(m[3])); d != "" {
			return d
		}
	}
	if m := japaneseRE.FindStringSubmatch(text); m != nil {
		if d := day(m[1], num(m[2]), num(m[3])); d != "" {
			return d
		}
	}
	for _, m := range dayFirstRE.FindAllStringSubmatch(text, 8) {
		if d := day(m[3], monthOf(m[2]), num(m[1])); d != "" {
			return d
		}
	}
	for _, m := range dayLastRE.FindAllStringSubmatch(text, 8) {
		if d := day(m[3], monthOf(m[1]), num(m[2])); d != "" {
			return d
		}
	}
	if m := numericRE.FindStringSubmatch(text); m != nil {
		a, b, year := num(m[1]), num(m[3]), m[4]
		if len(year) == 2 {
			year = "20" + year
		}
		switch {
		case a > 12, a == b, lang != "en" && lang != Unknown, m[2] != "/":
			return day(year, b, a)
		case b > 12:
			return day(year, a, b)
		}
	}
	return ""
}

func num(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

func monthOf(word string) int {
	word = strings.ToLower(word)
	for i, names := range months {
		for n := range strings.SplitSeq(names, "|") {
			if strings.HasPrefix(word, n) && (len(word) <= len(n)+1 || isMonthName(word)) {
				return i + 1
			}
		}
	}
	return 0
}

// monthNames are the full names; a word that merely begins like one ("March" yes, "marry" no)
// is none.
const monthNames = " january january januari januar janvier enero gennaio janeiro ocak января february februari februar février fevrier febrero febbraio fevereiro şubat февраля " +
	"march maart märz marzo março marco марта april avril abril aprile nisan апреля maggio mayıs june juni juin junio giugno junho haziran июня july juli juillet julio luglio julho temmuz июля " +
	"august augustus août aout agosto ağustos августа september sept septembre septiembre settembre setembro eylül сентября october oktober octobre octubre ottobre outubro ekim октября " +
	"november novembre noviembre novembro kasım ноября december dezember décembre decembre diciembre dicembre dezembro aralık декабря "

func isMonthName(word string) bool { return strings.Contains(monthNames, " "+word+" ") }

func day(year string, month, dom int) string {
	y := 2024 // a leap year, so that 29 February without a year is a day
	if year != "" {
		y = num(year)
	}
	if month < 1 || month > 12 || dom < 1 {
		return ""
	}
	if d := time.Date(y, time.Month(month), dom, 0, 0, 0, 0, time.UTC); d.Day() != dom {
		return ""
	}
	if year == "" {
		return fmt.Sprintf("--%02d-%02d", month, dom)
	}
	return fmt.Sprintf("%04d-%02d-%02d", y, month, dom)
}

// ResolveDay gives the MonthDay of a [Classification] its year: that which brings it nearest to when
// the post was written, the past preferred by a ratio of two, since people complain about what
// was; or the day that it counts back from then. A day with a year stays; "" and what is no day give "".
func ResolveDay(day string, posted time.Time) string {
	if _, err := time.Parse(time.DateOnly, day); err == nil {
		return day
	}
	if !strings.HasPrefix(day, "--") {
		return countedBack(day, posted)
	}
	best, bestAway := "", time.Duration(0)
	for y := posted.Year() - 1; y <= posted.Year()+1; y++ {
		t, err := time.Parse(time.DateOnly, fmt.Sprintf("%04d%s", y, day[1:]))
		if err != nil {
			continue
		}
		away := posted.Sub(t)
		if away < 0 {
			away = -2 * away
		}
		if best == "" || away < bestAway {
			best, bestAway = t.Format(time.DateOnly), away
		}
	}
	return best
}
